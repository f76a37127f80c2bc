#!/usr/bin/env bash
# channel-app 0.0.158 with omnisdk 0.0.103; and channel-app 0.0.161.
#
# Guess:     An integration that knows that one remote id may be several order items (its cancel asks for all pages of
#            the mappings and cancels each) treats such an item alike everywhere; and its newest release imports with
#            the newest release of the library it is made for.
# Behaviour: For a remote id that is two items (101, 102) it cancels both; it hands no cancellation request over, and
#            says so to `error_reports` alone while the caller gets an empty list; and an item update changes the first
#            item only, without a word. 0.0.161 does not import: the endpoint that it reports its events to is in no
#            published omnisdk, which it asks for without a version.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/look.py" <<'PY'
import json, os, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

seen = []


class Shop(BaseHTTPRequestHandler):
    """As little of the order management system as the three commands ask for."""

    def answer(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or "{}")
        if path.endswith("/integration_actions/"):
            items = [1] if query["content_type_name"] == ["order"] else [101, 102]
            rows = [{"pk": n, "object_id": n, "remote_id": query["remote_id__exact"][0]} for n in items]
            said = {"count": len(rows), "next": None, "previous": None, "results": rows}
        elif path.endswith("/auth/login/"):
            said = {"key": "k"}
        elif path.endswith("/channels/1/"):
            said = {"pk": 1, "is_active": True, "conf": {"cancellation_reason_id": 3}}
        elif path.endswith("/content_types/"):
            said = [{"id": 7, "model": query["model"][0]}]
        else:
            said = {"pk": 9, "id": 9, "local_batch_id": "b", "status": None, "modified_date": "2026-01-01T00:00:00Z"}
            if self.command in ("POST", "PATCH") and "batch" not in path:
                seen.append((self.command, path.removeprefix("/api/v1/channel/1/"), body.get("cancel_items")))
        data = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {"OMNITRON_MODULE": "channel_app.omnitron.integration", "CHANNEL_MODULE": "channel_app.channel.integration"}
from channel_app.core import clients, data, settings


class Memory(dict):
    def set(self, name, value, _expires=None):
        self[name] = str(value).encode()


clients.RedisClient = Memory  # its token is kept here instead of in Redis
settings.OMNITRON_URL, settings.OMNITRON_CHANNEL_ID = f"http://127.0.0.1:{server.server_port}/", 1
settings.OMNITRON_USER = settings.OMNITRON_PASSWORD = "x"
import logging

logging.disable()
with settings.OmnitronIntegration(content_type="order") as shop:
    shop.do_action("create_order_cancel", objects=data.CancelOrderDto("5", ["55"], {"55": "x"}))
    asked = shop.do_action(
        "create_cancellation_requests", objects=data.CancellationRequestDto("55", "x", "r", "", "cancel")
    )
    shop.do_action("update_order_items", objects=data.ChannelUpdateOrderItemDto("55", status="500"))
for command, path, items in seen:
    print(command, path, items)
print("requests answered:", asked)
PY
python3 -m venv "$folder/old"
"$folder/old/bin/pip" install --quiet --disable-pip-version-check channel-app==0.0.158 omnisdk==0.0.103
"$folder/old/bin/python" "$folder/look.py" > "$folder/seen"
python3 -m venv "$folder/new"
"$folder/new/bin/pip" install --quiet --disable-pip-version-check channel-app==0.0.161 omnisdk==0.0.103
"$folder/new/bin/python" -c 'import channel_app.omnitron.integration' 2>&1 | tail -1 | cut -d"(" -f1 >> "$folder/seen" || true
cat "$folder/seen"
diff - "$folder/seen" <<'SEEN'
POST orders/1/cancel/ [101, 102]
POST error_reports/ None
PATCH order_items/101/ None
requests answered: []
ImportError: cannot import name 'ChannelOperationalEventEndpoint' from 'omnisdk.omnitron.endpoints' 
SEEN
