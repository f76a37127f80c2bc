"""The outbox at `/mails/`: what the shop has mailed, read from the folder of `.eml` files that it writes to."""

from __future__ import annotations

import email
import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import default as policy
from html import escape
from pathlib import Path
from urllib.parse import quote

from .panel_parts import section, table

NEWEST = 100
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
MAIL_POLICY = (
    # A mail brings its own styles, and nothing of it may run.
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
)


def listed(folder: Path) -> str:
    """The newest mails, a row each."""
    files = sorted(folder.glob("*.eml"), reverse=True)
    rows = []
    for file in files[:NEWEST]:
        mail = _read(file)
        subject = f'<a href="/mails/{quote(file.name)}">{escape(str(mail["Subject"]))}</a>'
        rows.append((escape(_written(file)), escape(str(mail["To"])), subject))
    what = f"the newest of {len(files)}" if len(files) > NEWEST else f"{len(files)}"
    empty = "None yet: cancel something, or change an address."
    return section(f"Mails <span class='soft'>({what})</span>", table(("Written", "To", "Subject"), rows, empty))


def one(folder: Path, name: str) -> str | None:
    """A mail with its text and a way to its HTML; None where there is none of this name."""
    mail = _find(folder, name)
    if mail is None:
        return None
    text = mail.get_body(("plain",))
    body = escape(text.get_content()) if text else ""
    linked = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', body)
    head = f"<p>To {escape(str(mail['To']))}<br>From {escape(str(mail['From']))}</p>"
    as_html = f'<p><a href="/mails/{quote(name)}/html">As its reader sees it (HTML)</a></p>'
    return section(escape(str(mail["Subject"])), f"{head}{as_html}<pre>{linked}</pre>")


def html(folder: Path, name: str) -> bytes | None:
    """The HTML of a mail, as a mail program would show it."""
    mail = _find(folder, name)
    body = mail.get_body(("html",)) if mail else None
    return str(body.get_content()).encode() if body else None


def _find(folder: Path, name: str) -> EmailMessage | None:
    # By the names that are there: a path in the address leads nowhere.
    return next((_read(file) for file in folder.glob("*.eml") if file.name == name), None)


def _read(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=policy)


def _written(file: Path) -> str:
    return datetime.fromtimestamp(file.stat().st_mtime).astimezone().strftime("%Y-%m-%d %H:%M:%S")
