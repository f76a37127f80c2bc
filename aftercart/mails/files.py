"""Mails as files that a mail program opens: one `.eml` each, written atomically (Django's own backend writes logs)."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from django.core.mail.backends import filebased
from django.core.mail.message import EmailMessage
from django.utils import timezone


class EmailBackend(filebased.EmailBackend):
    """Writes each mail to EMAIL_FILE_PATH, with a name that sorts by time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write all of them. Raises OSError if the folder takes no file."""
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:8]}"
            unfinished = Path(self.file_path, f"{name}.tmp")
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(unfinished.with_suffix(".eml"))
        return len(email_messages)
