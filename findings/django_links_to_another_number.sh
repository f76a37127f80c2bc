#!/usr/bin/env bash
# Django 5.2.8 (reverse with the `path` converter), requests 2.32.5, httpx 0.28.1.
#
# Guess: `reverse()` makes of an order number such as `a/../b` an address that leads back to this number; what it leaves
# alone can be escaped by hand.
# Seen: `/` and `.` stand in the address as they are, and both clients walk it, as browsers do: the link of order
# `a/../b` opens order `b`, and that of `..` the shop's front page. Escaping does not help: requests makes `..` of
# `%2E%2E` again before it sends. So such a number needs letters of its own in an address, or must not be one.
#
# Exits 1 if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check django==5.2.8 requests==2.32.5 httpx==0.28.1
cat > "$folder/links.py" <<'PYTHON'
import sys
import types

import django
import httpx
import requests
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

urls = types.ModuleType("urls")
sys.modules["urls"] = urls
urls.urlpatterns = [path("orders/<path:number>/", lambda request, number: HttpResponse(number), name="order")]
settings.configure(ROOT_URLCONF="urls", SECRET_KEY="x")
django.setup()
from django.urls import reverse

SHOP = "http://shop.example"
seen = {}
for number in ("INV/2024/001", "a/../b", ".."):
    link = reverse("order", args=[number])
    seen[number] = (link, requests.Request("GET", SHOP + link).prepare().url, str(httpx.URL(SHOP + link)))
    print(f"{number!r}: {seen[number]}")
escaped = requests.Request("GET", f"{SHOP}/orders/%2E%2E/cancel/").prepare().url
print(f"'%2E%2E' is sent as {escaped}")
assert seen == {
    "INV/2024/001": ("/orders/INV/2024/001/", f"{SHOP}/orders/INV/2024/001/", f"{SHOP}/orders/INV/2024/001/"),
    "a/../b": ("/orders/a/../b/", f"{SHOP}/orders/b/", f"{SHOP}/orders/b/"),
    "..": ("/orders/../", f"{SHOP}/", f"{SHOP}/"),
}
assert escaped == f"{SHOP}/orders/../cancel/"
PYTHON
"$folder/venv/bin/python" "$folder/links.py"
