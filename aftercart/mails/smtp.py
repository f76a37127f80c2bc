"""SMTP with one deadline for a whole mail. Django's own timeout starts anew with every line that is read."""

import smtplib
from time import monotonic
from typing import Any

from django.core.mail.backends import smtp


class HurriedSMTP(smtplib.SMTP):
    """A connection that ends at its deadline, whatever the server still has to say."""

    def __init__(self, host: str = "", port: int = 0, *, timeout: float, **kwargs: Any) -> None:
        self._until = monotonic() + timeout
        super().__init__(host, port, timeout=timeout, **kwargs)

    def getreply(self) -> tuple[int, bytes]:
        """The server's next answer. Raises SMTPServerDisconnected at the deadline."""
        self._hurry()
        return super().getreply()

    def send(self, s: Any) -> None:
        """Send something to the server. Raises SMTPServerDisconnected at the deadline."""
        self._hurry()
        super().send(s)

    def _hurry(self) -> None:
        left = self._until - monotonic()
        if left <= 0:
            self.close()
            raise smtplib.SMTPServerDisconnected("the mail server took too long")
        if self.sock is not None:
            self.sock.settimeout(left)


class HurriedSMTPS(HurriedSMTP, smtplib.SMTP_SSL):
    """The same in TLS from the first byte."""


class EmailBackend(smtp.EmailBackend):
    """Django's backend with that deadline: EMAIL_TIMEOUT."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """What speaks to the server."""
        return HurriedSMTPS if self.use_ssl else HurriedSMTP
