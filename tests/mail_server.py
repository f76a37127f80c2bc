"""A mail server for tests: speaks as much SMTP as a client needs, and may be slow, refuse, or die at any word."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class MailServer:
    """What it took, and how it behaves: an answer for a word, seconds before each answer, the word it dies at."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    dies_at: str = ""


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        behaviour: MailServer = self.server.behaviour  # type: ignore[attr-defined]
        self._say(behaviour, "GREETING", "220 hello")
        while line := self.rfile.readline():
            word = line.decode().split()[0].upper()
            if word == "DATA":
                self._say(behaviour, "GO ON", "354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                if "DATA" not in behaviour.answers:
                    parsed = message_from_bytes(text, policy=policy.default)
                    behaviour.taken.append(parsed)  # type: ignore[arg-type]
            if behaviour.dies_at == word:
                return
            self._say(behaviour, word, "221 bye" if word == "QUIT" else "250 fine")

    def _say(self, behaviour: MailServer, word: str, usual: str) -> None:
        time.sleep(behaviour.seconds)
        self.wfile.write(f"{behaviour.answers.get(word, usual)}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    behaviour: MailServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none."""


@contextmanager
def mail_server(port: int = 0) -> Iterator[MailServer]:
    """A server on this machine, behind a port of its own."""
    with _Server(("127.0.0.1", port), _Talk) as server:
        server.behaviour = MailServer(port=server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.behaviour
        finally:
            server.shutdown()
