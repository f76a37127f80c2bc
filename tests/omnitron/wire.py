"""A server on a real socket that misbehaves exactly as told, byte by byte.

`wire.answer("/orders/", json({...}))` says what happens to requests whose path contains that; several
behaviours are used in turn, the last one for ever. The login works unless told otherwise.
"""

import contextlib
import json as json_library
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

PEM = Path(__file__).with_name("localhost.pem")  # a test certificate of nobody's, valid for 100 years


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> object:
        return json_library.loads(self.body)


Behaviour = Callable[["Wire", socket.socket, Received], bool | None]
"""Does it to the connection; True keeps it open for the next request."""


def raw(data: bytes, *, keep: bool = False) -> Behaviour:
    def behave(wire: "Wire", connection: socket.socket, received: Received) -> bool:
        connection.sendall(data)
        return keep

    return behave


def http(status: int, body: bytes, *headers: str, content_type: str = "application/json") -> Behaviour:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return raw("\r\n".join([*lines, *headers, "", ""]).encode() + body, keep=True)


def json(data: object, status: int = 200, *headers: str) -> Behaviour:
    return http(status, json_library.dumps(data).encode(), *headers)


def html(status: int) -> Behaviour:
    return http(status, b"<html><body>Hello</body></html>", content_type="text/html")


def page(*results: object, count: int | None = None, next_: str | None = None) -> Behaviour:
    total = len(results) if count is None else count
    return json({"count": total, "next": next_, "previous": None, "results": list(results)})


def silence(wire: "Wire", connection: socket.socket, received: Received) -> None:
    wire.stopped.wait(30)


def hang_up(wire: "Wire", connection: socket.socket, received: Received) -> None:
    """Close politely, without a word."""


def reset(wire: "Wire", connection: socket.socket, received: Received) -> None:
    send_reset(connection)


def send_reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(at_once: bytes, slowly: bytes, pause: float = 0.03) -> Behaviour:
    """Never silent for long enough to meet a socket timeout, and never done."""

    def behave(wire: "Wire", connection: socket.socket, received: Received) -> None:
        connection.sendall(at_once)
        for byte in slowly:
            if wire.stopped.wait(pause):
                return
            connection.sendall(bytes([byte]))

    return behave


def after(seconds: float, then: Behaviour) -> Behaviour:
    def behave(wire: "Wire", connection: socket.socket, received: Received) -> bool | None:
        wire.stopped.wait(seconds)
        return then(wire, connection, received)

    return behave


@dataclass
class Wire:
    tls: bool = False
    on_accept: Callable[[socket.socket, int], bool] | None = None  # False: hang up without reading
    received: list[Received] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.stopped = threading.Event()
        self._script: list[tuple[str, list[Behaviour]]] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._context = None
        if self.tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(PEM)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.settimeout(0.2)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        self.answer("/auth/login/", json({"key": "first-key"}))
        self._start(self._accept)

    def answer(self, part_of_path: str, *behaviours: Behaviour) -> None:
        with self._lock:
            self._script.insert(0, (part_of_path, list(behaviours)))

    def asked(self, part_of_path: str) -> list[Received]:
        return [one for one in self.received if part_of_path in one.path]

    def stop(self) -> None:
        self.stopped.set()
        self._listener.close()
        # A throw-away connection wakes accept() where closing alone does not.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=0.2):
            pass
        with self._lock:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            if self.on_accept is not None and not self.on_accept(connection, self.connections):
                connection.close()
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            connection.settimeout(30)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.add(connection)
            waiting = b""
            while not self.stopped.is_set():
                received, waiting = _read(connection, waiting, number)
                if received is None:
                    return
                with self._lock:
                    self.received.append(received)
                    behave = self._next(received.path)
                if not behave(self, connection, received):
                    return
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _next(self, path: str) -> Behaviour:
        for part, behaviours in self._script:
            if part in path:
                return behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
        return json({"detail": "not in the script"}, 404)


def _read(connection: socket.socket, waiting: bytes, number: int) -> tuple[Received | None, bytes]:
    while b"\r\n\r\n" not in waiting:
        data = connection.recv(65536)
        if not data:
            return None, b""
        waiting += data
    head, _, waiting = waiting.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0))
    while len(waiting) < length:
        data = connection.recv(65536)
        if not data:
            return None, b""
        waiting += data
    url = urlsplit(target)
    body, waiting = waiting[:length], waiting[length:]
    return Received(method, url.path, dict(parse_qsl(url.query)), headers, body, number), waiting


@contextlib.contextmanager
def full_backlog():
    """A port that swallows connection attempts: listening, never accepting, its queue full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        time.sleep(0.02)
        try:
            yield listener.getsockname()[1]
        finally:
            for filler in fillers:
                filler.close()


@contextlib.contextmanager
def refusing_port():
    """A port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


ORDER = {
    "pk": 7,
    "number": "N1",
    "channel": 1,
    "status": "400",
    "currency": "try",
    "amount": "30.00",
    "date_placed": "2025-01-01T10:00:00.123456Z",
    "extra_field": {"id": "99"},
}


def item(pk: int, **changes: object) -> dict[str, object]:
    return {"pk": pk, "order": 7, "product": 3, "status": "400", "price": "10.00"} | changes
