"""The load generator: one thread, plain sockets, requests made beforehand; its CPU is counted to nobody."""

import heapq
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

PATIENCE = 60.0  # seconds until a request counts as lost


@dataclass
class Driven:
    """What came of some requests."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    body_bytes: int = 0

    def percentile(self, share: float) -> float:
        """The latency that this share of the requests stayed below."""
        known = sorted(self.milliseconds)
        return known[min(len(known) - 1, int(share * len(known)))] if known else float("nan")

    @property
    def rate(self) -> float:
        return len(self.milliseconds) / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class _Line:
    """One kept connection, and the request on it."""

    socket: socket.socket
    began: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    whole: int = -1


def request(method: str, path: str, cookie: str, *, token: str = "", body: bytes = b"") -> bytes:
    """A request as the storefront's server sends it."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", "Accept-Language: en-us"]
    lines += [f"Cookie: {cookie}", "X-Requested-With: XMLHttpRequest"]
    if token:
        lines.append(f"X-CSRFToken: {token}")
    if method == "POST":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drive(port: int, requests: Sequence[bytes], *, connections: int = 2, rate: float = 0, seconds: float = 0) -> Driven:
    """Send every request once; or, with `seconds`, round and round so long. `rate`: so many a second, whatever happens
    to the ones before (latency counts from the moment a request was due); 0: each connection as fast as it is answered.
    """
    done = Driven()
    selector = selectors.DefaultSelector()
    idle = [_Line(_connected(port)) for _ in range(connections)]
    for line in idle:
        selector.register(line.socket, selectors.EVENT_READ, line)
    began = time.perf_counter()
    end = began + seconds if seconds else float("inf")
    total = int(rate * seconds) if rate and seconds else len(requests) if not seconds else 1 << 60
    due = [began + index / rate for index in range(total)] if rate else None
    sent = answered = 0
    while answered < total:
        now = time.perf_counter()
        if now > end and not rate:
            total = sent
        while idle and sent < total and (due is None or due[sent] <= now):
            line = idle.pop()
            line.began = due[sent] if due else time.perf_counter()
            line.socket.sendall(requests[sent % len(requests)])
            sent += 1
        if answered >= total:
            break
        wait = max(0.0, due[sent] - now) if due and sent < total and idle else 1.0
        for key, _ in selector.select(wait):
            if _received(key.data, done):
                answered += 1
                idle.append(key.data)
        oldest = heapq.nsmallest(1, (line.began for line in _busy(selector, idle)))
        if oldest and time.perf_counter() - oldest[0] > PATIENCE:
            raise TimeoutError(f"no answer within {PATIENCE:g} s")
    done.seconds = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return done


def _busy(selector: selectors.BaseSelector, idle: list[_Line]) -> list[_Line]:
    resting = {id(line) for line in idle}
    return [key.data for key in selector.get_map().values() if id(key.data) not in resting]


def _connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _received(line: _Line, done: Driven) -> bool:
    """Take what is there; whether the answer is complete."""
    part = line.socket.recv(262_144)
    if not part:
        raise ConnectionError(f"the server hung up: {bytes(line.got[:200])!r}")
    line.got += part
    if line.whole < 0:
        head = line.got.find(b"\r\n\r\n")
        if head < 0:
            return False
        line.whole = head + 4 + _length(bytes(line.got[:head]))
    if len(line.got) < line.whole:
        return False
    done.milliseconds.append((time.perf_counter() - line.began) * 1000)
    done.statuses[int(line.got[9:12])] += 1
    done.body_bytes += line.whole - line.got.find(b"\r\n\r\n") - 4
    del line.got[:]
    line.whole = -1
    return True


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    if head[9:12] == b"204":
        return 0
    raise ValueError(f"an answer without Content-Length: {head[:200]!r}")
