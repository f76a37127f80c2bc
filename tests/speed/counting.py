"""How many statements a request takes, in how many round trips: a proxy before PostgreSQL that counts what passes."""

import contextlib
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

EXECUTES = (b"Q", b"E")  # a simple query; the execution of a prepared one
WAITS = (b"Q", b"S")  # after these the client waits for all that it has asked


class CountingProxy:
    """Listens on `port`, before a server on TCP or on a Unix socket.

    `count` grows with every statement that passes, `BEGIN` and `COMMIT` included, and `round_trips` with every wait for
    answers.
    """

    def __init__(self, database: str) -> None:
        self.there = urlsplit(database)
        self.count = self.round_trips = 0
        facts = conninfo_to_dict(database)
        self._host, self._port = str(facts.get("host") or "127.0.0.1"), int(facts.get("port") or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The database, by way of this proxy."""
        login = self.there.netloc.rpartition("@")[0]
        netloc = f"{login}@127.0.0.1:{self.port}" if login else f"127.0.0.1:{self.port}"
        # Only a connection that is not encrypted can be read along.
        return self.there._replace(netloc=netloc, query="sslmode=disable").geturl()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                server = self._dial()
            except OSError:  # what the client would see without us: nobody there
                client.close()
                continue
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _dial(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, self._port))
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        except OSError:
            server.close()
            raise
        return server

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        waiting, started = bytearray(), False
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                if counted:
                    waiting += part
                    started = self._read(waiting, started)
                target.sendall(part)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        # Each direction closes the end that it reads from.
        source.close()

    def _read(self, waiting: bytearray, started: bool) -> bool:
        """Take whole messages off the front; the first one has no letter."""
        while True:
            head = 1 if started else 0
            if len(waiting) < head + 4:
                return started
            length = head + int.from_bytes(waiting[head : head + 4], "big")
            if len(waiting) < length:
                return started
            if started:
                self.count += bytes(waiting[:1]) in EXECUTES
                self.round_trips += bytes(waiting[:1]) in WAITS
            started = True
            del waiting[:length]

    def of(self, *steps: Any) -> float:
        """How many statements each of some calls took, on average."""
        before = self.count
        for step in steps:
            step()
        return (self.count - before) / len(steps)
