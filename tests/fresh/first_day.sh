#!/usr/bin/env bash
# A merchant's first day, timed: from the wheel alone, in a bare Debian 12 without a clone and, once the packages are
# installed by the very steps of deploy/Containerfile, without network. The sandbox is the merchant's Omnitron. One day for
# each way to sign in.
#
#   tests/fresh/first_day.sh [FOLDER]     FOLDER keeps the bare root between runs (not the one of run.sh: less is in it)
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/fresh/root.sh

make --silent wheel
bare_debian ca-certificates
rm -f "$root"/tmp/aftercart-*.whl
cp dist/aftercart-*.whl "$root/tmp/"
before=$(seconds)
if [ ! -e "$root/opt/aftercart" ]; then
    while read -r step; do
        inside network root "$step" >>"$folder/container.log" 2>&1 || { tail -20 "$folder/container.log"; exit 1; }
    done < <(sed -n 's/^RUN //p' deploy/Containerfile)
    echo "first day: the Containerfile's steps took $(($(seconds) - before)) s"
else
    inside network root '/opt/aftercart/bin/pip install --quiet --no-deps --force-reinstall /tmp/aftercart-*.whl' >/dev/null
fi

without_network
for way in link oidc handover; do
    rm -rf "$root/srv/aftercart"
    mkdir -p "$root/srv/aftercart"
    cp tests/fresh/first_day.py tests/identity_provider.py "$root/srv/aftercart/"
    chroot "$root" chown -R aftercart: /srv/aftercart
    inside loopback root "exec su aftercart -s /bin/sh -c 'cd /srv/aftercart && PATH=/opt/aftercart/bin:\$PATH exec python3 first_day.py $way'"
done
