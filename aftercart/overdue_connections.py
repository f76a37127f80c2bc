"""Connections whose client keeps us waiting, found and ended from within the process that serves them.

A server that hands over a body as a blocking stream offers no way to end the wait. The kernel does: it knows when each
connection last moved, and shutting a connection down ends the read. Only Linux tells; elsewhere nothing is ended.
"""

import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import NamedTuple

TCP_INFO = 11  # linux/tcp.h, with `struct tcp_info`: three ages in milliseconds begin at byte 44
AGES_AT, LENGTH = 44, 60


class Moved(NamedTuple):
    """Seconds since a connection last sent something to its client, and received something."""

    sent: float
    received: float


class Connections:
    """The connections to one port of this process."""

    def __init__(self, port: str, *, seconds: float) -> None:
        self.port, self.seconds = port, seconds
        self.owed: dict[str, float] = {}
        """Connections (by their socket's inode) whose client spoke after we last did, and since when."""

    def look(self, *, end: bool) -> int:
        """Look at all of them; `end` those that are overdue. Returns how many ended. Called every second or so."""
        now, seen, ended = time.monotonic(), set(), 0
        for name, connection in _accepted(self.port):
            moved = _moved(connection)
            if moved.received < moved.sent:  # the client said something, and has no answer
                self.owed.setdefault(name, now)
                seen.add(name)
            if end and self._is_overdue(name, moved, now):
                with suppress(OSError):  # ended a moment ago
                    connection.shutdown(socket.SHUT_RDWR)
                    ended += 1
        self.owed = {name: since for name, since in self.owed.items() if name in seen}
        return ended

    def _is_overdue(self, name: str, moved: Moved, now: float) -> bool:
        owed = min(now - self.owed.get(name, now), moved.sent)
        return max(min(moved), owed) >= self.seconds


def _accepted(port: str) -> Iterator[tuple[str, socket.socket]]:
    """What this process has accepted at a port: sockets of our own to the same connections, closed one by one."""
    for fd in _open_files():
        with suppress(OSError):  # closed meanwhile, or it only listens
            name = os.readlink(f"/proc/self/fd/{fd}")
            if not name.startswith("socket:"):
                continue
            with closing(socket.socket(fileno=os.dup(int(fd)))) as connection:
                is_tcp = connection.family in (socket.AF_INET, socket.AF_INET6)
                if is_tcp and str(connection.getsockname()[1]) == port and connection.getpeername():
                    yield name, connection


def _open_files() -> list[str]:
    try:
        return os.listdir("/proc/self/fd")
    except OSError:
        return []


def _moved(connection: socket.socket) -> Moved:
    told = connection.getsockopt(socket.IPPROTO_TCP, TCP_INFO, LENGTH)
    sent, _acknowledged, received = struct.unpack_from("3I", told, AGES_AT)
    return Moved(sent / 1000, received / 1000)
