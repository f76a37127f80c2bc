# A bare Debian 12 in a folder, and a network namespace with nothing but loopback; to be sourced. `finish` undoes both.
# Needs root, debootstrap and iproute2.
for needed in debootstrap ip unshare git; do
    command -v "$needed" >/dev/null || { echo "fresh: $needed is missing (apt install debootstrap iproute2 util-linux git)"; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "fresh: must be run as root: it makes a root of its own"; exit 1; }

quiet=aftercart-fresh-$$
kept=${1:-}
folder=${kept:-$(mktemp -d -t aftercart-fresh-XXXXXX)}
root=$folder/root

finish() {
    ip netns delete "$quiet" 2>/dev/null || true
    [ -n "$kept" ] || rm -rf --one-file-system "$folder"
}
trap finish EXIT

seconds() { date +%s; }

# bare_debian PACKAGE…: the root, with Debian's security patches and these packages.
bare_debian() {
    [ ! -e "$root/.ready" ] || return 0
    echo "fresh: making a bare Debian 12"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" \
        "$(apt-get indextargets --format '$(SITE) $(RELEASE)' | awk '$2 == "bookworm" { print $1; exit }')" >"$folder/debootstrap.log" 2>&1
    local site
    site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' | awk '$2 == "bookworm-security" { print $1; exit }')
    echo "deb $site bookworm-security main" >"$root/etc/apt/sources.list.d/security.list"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    chroot "$root" sh -c "apt-get update -qq && apt-get upgrade -y -qq && apt-get install -y -qq --no-install-recommends $*" \
        >>"$folder/debootstrap.log" 2>&1
    chroot "$root" useradd --create-home newcomer
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/this-machine.pem" # what this machine trusts to bring packages
    touch "$root/.ready"
}

without_network() {
    ip netns add "$quiet"
    ip -n "$quiet" link set lo up
}

# inside NETWORK USER COMMAND…: in the root, with its own processes and mounts. NETWORK: network or loopback.
inside() {
    local network=$1 user=$2
    shift 2
    local enter=()
    [ "$network" = loopback ] && enter=(ip netns exec "$quiet")
    "${enter[@]}" unshare --mount --pid --fork --kill-child bash -c '
        mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm"
        exec chroot "$0" su --login "$1" -c "$2"' "$root" "$user" "export PIP_CERT=/etc/ssl/this-machine.pem; $*"
}
