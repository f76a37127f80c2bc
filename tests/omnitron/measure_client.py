"""CPU of this process per call, the answers coming from a child process over kept loopback connections.

python -m tests.omnitron.measure_client
"""

import json
import os
import signal
import socket
import statistics
import time
from collections.abc import Callable

import orjson
import urllib3

from aftercart.omnitron import Omnitron
from tests.omnitron.wire import ORDER, item

ROUNDS, CALLS = 7, 2000


def http(data: object) -> bytes:
    body = json.dumps(data).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: x\r\nVary: Accept\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def page(*rows: object) -> bytes:
    return http({"count": len(rows), "next": None, "previous": None, "results": rows})


ANSWERS = {
    b"/login/": http({"key": "k"}),
    b"/cancel/": http({"pk": 7}),
    b"/order_items/": page(item(71), item(72), item(73)),
    b"/orders/": page(ORDER),
}


def serve(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        if os.fork():  # a process per connection: nothing is shared, nothing waits
            connection.close()
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        while data := connection.recv(65536):
            waiting += data
            head, found, rest = waiting.partition(b"\r\n\r\n")
            length = int((head.lower().partition(b"content-length:")[2].split() or [b"0"])[0])
            if found and len(rest) >= length:
                waiting = rest[length:]
                connection.sendall(next(answer for part, answer in ANSWERS.items() if part in head))
        os._exit(0)


def milliseconds(call: Callable[[], object]) -> float:
    call()
    started = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - started) / CALLS * 1000


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = os.fork()
    if server == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        serve(listener)
    omnitron = Omnitron(url=f"http://127.0.0.1:{port}", username="u", password="p", channel_id=1, timeout=10)
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1)
    calls = {
        "orders(): one GET, one order": omnitron.orders,
        "order(): two GETs, three items": lambda: omnitron.order(number="N1"),
        "cancel(): one POST": lambda: omnitron.cancel(order_pk=7, reasons={71: 1, 72: 1}),
        "for comparison, urllib3's pool: one GET": lambda: orjson.loads(pool.request("GET", "/orders/").data),
    }
    try:
        rounds = [{name: milliseconds(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    for name in calls:
        print(f"{statistics.median(one[name] for one in rounds):.3f} ms  {name}")
    omnitron.close()
    pool.close()


if __name__ == "__main__":
    main()
