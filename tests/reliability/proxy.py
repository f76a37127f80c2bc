"""A TCP proxy between the service and a server it depends on, for cutting, refusing and freezing connections."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing sends a RST


class Proxy:
    """Forwards every connection to `target`, until told otherwise. Each verb holds for all connections at once."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.port = 0
        self._listen()

    def cut(self) -> None:
        """Every connection ends with a RST on both sides; new ones are welcome."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _reset(end)

    def refuse(self) -> None:
        """As if the server were gone: all connections end, new ones are refused."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts, and ends it
        self._listener.close()
        self._accepting.join()
        self.cut()

    def freeze(self) -> None:
        """As if the server hung: connections stay and are accepted, and nothing passes."""
        self._flowing.clear()

    def resume(self) -> None:
        """All is well from now on; what froze passes."""
        if not self._accepting.is_alive():
            self._listen()
        self._flowing.set()

    def close(self) -> None:
        """End the proxy."""
        if self._accepting.is_alive():
            self.refuse()
        self._flowing.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self.port = int(self._listener.getsockname()[1])  # the same one after each refusal
        self._accepting = threading.Thread(target=self._accept, name=f"proxy to {self.target}", daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            # A thread for each: while frozen, a connection is accepted and goes no further.
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._flowing.wait()
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # the server is stopped: what its clients would see is what ours see
            _reset(client)
            return
        pair = (client, server)
        with self._lock:
            self._pairs.add(pair)
        for source, sink in (pair, pair[::-1]):
            threading.Thread(target=self._forward, args=(source, sink, pair), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65536):
                self._flowing.wait()
                sink.sendall(content)
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the other direction
            end.close()


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        # A thread that waits in recv() holds the socket open over close(): wake it, but keep the RST.
        end.shutdown(socket.SHUT_RD)
    end.close()


@contextlib.contextmanager
def a_proxy(target: int) -> Iterator[Proxy]:
    """A proxy for the length of a `with`."""
    with Proxy(target) as proxy:
        yield proxy
