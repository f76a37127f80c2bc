#!/usr/bin/env bash
# libcurl 8.23.0 (in pycurl 7.49.0): what it makes of an answer whose head breaks off, and of a kept connection that dies.
#
# Guess:     an answer that ends before its head does (no empty line) is no answer, as one that ends within a body of a
#            known length is none (CURLE_PARTIAL_FILE); and a POST that was sent on a kept connection which then ends
#            without an answer is an error, since the server may have carried it out.
# Behaviour: the first is a success: 204, from "HTTP/1.1 204 No Content" and the connection's end. The second is sent
#            again on a new connection, without a word and without an option against it, and the second one's answer is
#            returned: the server has got it twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pycurl==7.49.0
"$folder/venv/bin/python" - <<'PY'
import socket
import threading

import pycurl

assert "libcurl/8.23.0" in pycurl.version, pycurl.version


def server(*answers):
    """Reads a request for each answer, and ends the connection after those that do not say how long they are."""
    listener, read = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        waiting = list(answers)
        while waiting:
            connection, _ = listener.accept()
            while waiting:
                head = connection.recv(65536)
                if not head:
                    break
                read.append(head.split(b" ")[0].decode())
                answer = waiting.pop(0)
                connection.sendall(answer)
                if b"Content-Length" not in answer:
                    break
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", read


def ask(handle, url, body=None):
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.WRITEFUNCTION, lambda data: None)
    if body is not None:
        handle.setopt(pycurl.POSTFIELDS, body)
    try:
        handle.perform()
    except pycurl.error as error:
        return error.args[0]
    return handle.getinfo(pycurl.RESPONSE_CODE)


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
url, _ = server(b"HTTP/1.1 204 No Content\r\n")
half_head = ask(pycurl.Curl(), url)
url, _ = server(b"HTTP/1.1 204 No Content\r\nServer: any")
half_header = ask(pycurl.Curl(), url)
url, read = server(WHOLE, b"", WHOLE)
kept = pycurl.Curl()
assert ask(kept, url) == 200
posted = ask(kept, url, b"cancel=1")
print("a head that broke off:           ", half_head)
print("a header that broke off:         ", half_header)
print("a POST on a connection that died:", posted, "after", read)
assert half_head == half_header == 204, (half_head, half_header)
assert (posted, read) == (200, ["GET", "POST", "POST"]), (posted, read)
PY
