#!/usr/bin/env bash
# What the README promises a newcomer, tried: both of its commands on a bare Debian 12, with no network but loopback
# while they run; packages are installed before the network is taken away.
#
#   tests/fresh/run.sh [FOLDER]     FOLDER keeps the bare root between runs (default: a temporary one, removed again)
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/fresh/root.sh

bare_debian git make python3 python3-venv curl
rm -rf "$root/home/newcomer/aftercart" "$root"/tmp/*
git clone -q "file://$(git rev-parse --show-toplevel)" "$root/home/newcomer/aftercart"
chroot "$root" chown -R newcomer: /home/newcomer/aftercart

before=$(seconds)
inside network newcomer 'cd aftercart && make install'
echo "fresh: make install took $(($(seconds) - before)) s"
inside network newcomer 'cd aftercart && make .venv/.installed-dev' >"$folder/install-dev.log"

without_network
before=$(seconds)
inside loopback newcomer 'cd aftercart && make demo >demo.log 2>&1 & for _ in $(seq 300); do
    [ -e aftercart/var/demo.json ] && break; sleep 1; done
    curl -fsS -o /dev/null http://127.0.0.1:8000/csrf_token/ && echo "fresh: make demo answers" || { cat demo.log; exit 1; }'
echo "fresh: make demo took $(($(seconds) - before)) s, packages installed before"

before=$(seconds)
status=0
inside loopback newcomer 'cd aftercart && make test' >"$folder/test.log" 2>&1 || status=$?
grep -vE "^SKIPPED.*(chromium|RabbitMQ|initdb)" "$folder/test.log" | tail -n "${FRESH_LINES:-40}"
echo "fresh: make test took $(($(seconds) - before)) s and ended with $status"
left=$(chroot "$root" find /tmp -mindepth 1 -maxdepth 1 | tr '\n' ' ')
[ -z "$left" ] || { echo "fresh: left behind in the temporary folder: $left"; status=1; }
exit "$status"
