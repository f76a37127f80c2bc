"""Log lines without private data: no address, no link that opens something, no cookie, no row's values.

More people see logs than the database, and logs stay longer. What a line needs to be understood (codes, keys, what
went wrong, where in the code) stays. The rest is removed where lines are formatted, whichever logger they come from.
"""

import logging
import re
from typing import Any

EMAIL = re.compile(r"[\w.!#$&*+/=?^`|~%-]+(?:@|%40|=40)[\w-]+(?:\.[\w-]+)*\.?", re.IGNORECASE)
# What Django signs: a value, a moment, a signature. Anything of this form, wherever it stands.
SIGNED = re.compile(r"[\w%=.-]+(?::|%3A)[\w-]{5,8}(?::|%3A)[\w-]{27,}", re.IGNORECASE)
# Names of credentials, with their values: cookies, headers, fields of a form or of JSON.
SECRET = re.compile(
    r"""((?:o?sessionid|csrftoken|csrfmiddlewaretoken|x-csrftoken|authorization|password|token|secret|iban)["']?\s*[=:]\s*)
    (?:(?:bearer|token|basic)\s+)?(?:"[^"]*"|'[^']*'|[^\s;,&"']+)""",
    re.IGNORECASE | re.VERBOSE,
)
# PostgreSQL quotes the row: after DETAIL and CONTEXT, and where a value could not be read.
DETAIL = re.compile(
    r"^(DETAIL|CONTEXT):.*?(?=^HINT:|^CONTEXT:|^STATEMENT:|^\s*$|^The above|^During handling|^Traceback|\Z)",
    re.MULTILINE | re.DOTALL,
)
UNREAD = re.compile(r"(invalid (?:input|byte)[^:\n]*: ).*")
GONE = "…"


def discreet(line: str) -> str:
    """The line without all that."""
    line = DETAIL.sub(rf"\1: {GONE}\n", line)
    line = UNREAD.sub(rf"\1{GONE}", line)
    line = SECRET.sub(rf"\1{GONE}", line)
    line = SIGNED.sub(GONE, line)
    return EMAIL.sub(GONE, line)


class DiscreetRecord(logging.LogRecord):
    """What is logged, for handlers and formatters that are not ours."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0] is not None:
            self.exc_text = discreet(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:  # noqa: N802 (logging's name)
        """The message, with its arguments."""
        return discreet(super().getMessage())


class Discreet(logging.Formatter):
    """Any formatter's lines, with their tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        return discreet(super().format(record))
