#!/usr/bin/env bash
# What the README promises a newcomer, tried: both of its commands on a bare Debian 12, with no network but loopback
# while they run. Needs root, debootstrap and iproute2; packages are installed before the network is taken away.
#
#   tests/fresh/run.sh [FOLDER]     FOLDER keeps the bare root between runs (default: a temporary one, removed again)
set -euo pipefail
cd "$(dirname "$0")/../.."

for needed in debootstrap ip unshare git; do
    command -v "$needed" >/dev/null || { echo "fresh: $needed is missing (apt install debootstrap iproute2 util-linux git)"; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "fresh: must be run as root: it makes a root of its own"; exit 1; }

clone=$(git rev-parse --show-toplevel)
folder=${1:-$(mktemp -d -t aftercart-fresh-XXXXXX)}
root=$folder/root
quiet=aftercart-fresh-$$
finish() {
    ip netns delete "$quiet" 2>/dev/null || true
    [ -n "${1:-}" ] || rm -rf --one-file-system "$folder"
}
trap 'finish "${1:-}"' EXIT

if [ ! -e "$root/.ready" ]; then
    echo "fresh: making a bare Debian 12"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >"$folder/debootstrap.log" 2>&1
    # The security suite comes with the README's own packages, and nothing else.
    echo "deb http://deb.debian.org/debian-security bookworm-security main" >"$root/etc/apt/sources.list.d/security.list"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    chroot "$root" sh -c 'apt-get update -qq && apt-get upgrade -y -qq && apt-get install -y -qq --no-install-recommends \
        git make python3 python3-venv curl' >>"$folder/debootstrap.log" 2>&1
    chroot "$root" useradd --create-home newcomer
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/this-machine.pem" # what it trusts to bring packages
    touch "$root/.ready"
fi

rm -rf "$root/home/newcomer/aftercart"
git clone -q "file://$clone" "$root/home/newcomer/aftercart"
chroot "$root" chown -R newcomer: /home/newcomer/aftercart

# inside NETWORK COMMAND…: as the newcomer, in the bare root, with its own processes and mounts.
inside() {
    local network=$1
    shift
    local enter=()
    [ "$network" = loopback ] && enter=(ip netns exec "$quiet")
    "${enter[@]}" unshare --mount --pid --fork --kill-child bash -c '
        mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm"
        exec chroot "$0" su --login newcomer -c "cd aftercart && $1"' "$root" "export PIP_CERT=/etc/ssl/this-machine.pem; $*"
}

ip netns add "$quiet"
ip -n "$quiet" link set lo up

seconds() { date +%s; }
before=$(seconds)
inside network make install
echo "fresh: make install took $(($(seconds) - before)) s"
inside network make .venv/.installed-dev

before=$(seconds)
# A first visit: wait for the printed facts, open the link's host, cancel an order by the printed curl lines' own way.
inside loopback 'make demo >demo.log 2>&1 & for _ in $(seq 300); do [ -e var/demo.json ] && break; sleep 1; done;
    curl -fsS -o /dev/null http://127.0.0.1:8000/csrf_token/ && echo "fresh: make demo answers" || { cat demo.log; exit 1; }'
echo "fresh: make demo took $(($(seconds) - before)) s, packages installed before"

before=$(seconds)
status=0
inside loopback 'make test' >"$folder/test.log" 2>&1 || status=$?
tail -n "${FRESH_LINES:-40}" "$folder/test.log"
echo "fresh: make test took $(($(seconds) - before)) s and ended with $status"
left=$(chroot "$root" find /tmp -mindepth 1 -maxdepth 1 | tr '\n' ' ')
[ -z "$left" ] || { echo "fresh: left behind in the temporary folder: $left"; status=1; }
exit "$status"
