#!/usr/bin/env bash
# granian 2.8.7, --interface wsgi: what a WSGI application is told of two requests, one valid, one that breaks off.
#
# Guess:     one letter outside of ASCII in a header (obs-text of RFC 9110, allowed; browsers send it where a page sets
#            document.cookie = "name=Gül") costs that letter at most; and wsgi.input tells a body that broke off from one
#            that came to its end.
# Behaviour: the whole header arrives empty: a cookie with such a letter takes the session's cookie along, and a signed-in
#            visitor is nobody. read(n) returns what had come, then b"", exactly as at a body's end (read() returns b""
#            alone): a form that broke off between two fields is a shorter form.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill -- "-${server:-0}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check granian==2.8.7
cat > app.py <<'PY'
def application(environ, start_response):
    pieces = []
    while piece := environ["wsgi.input"].read(4096):
        pieces.append(piece)
    told = repr((environ.get("HTTP_COOKIE"), b"".join(pieces))).encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]
PY
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
setsid venv/bin/granian --interface wsgi --no-ws --port "$port" app:application > granian.log 2>&1 &
server=$!
python3 - "$port" <<'PY'
import socket
import sys
import time

def ask(head, body=b"", breaks_off=False):
    for _ in range(100):
        try:
            connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
            break
        except OSError:
            time.sleep(0.1)
    connection.sendall(head + b"Host: localhost\r\nConnection: close\r\n\r\n" + body)
    if breaks_off:
        connection.shutdown(socket.SHUT_WR)
    got = b""
    while piece := connection.recv(65536):
        got += piece
    return got.partition(b"\r\n\r\n")[2].decode()

plain = ask(b"GET / HTTP/1.1\r\nCookie: sessionid=abc; name=Gul\r\n")
letter = ask("GET / HTTP/1.1\r\nCookie: sessionid=abc; name=Gül\r\n".encode())
chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
whole = ask(chunked, b"3\r\na=1\r\n0\r\n\r\n")
broken = ask(chunked, b"3\r\na=1\r\n", breaks_off=True)
print("cookies in ASCII:     ", plain)
print("one letter outside:   ", letter)
print("a whole body:         ", whole)
print("the same, broken off: ", broken)
assert plain == "('sessionid=abc; name=Gul', b'')", plain
assert letter == "('', b'')", letter
assert whole == broken == "(None, b'a=1')", (whole, broken)
PY
echo "as seen: a letter empties the header, and a broken body is a shorter one"
