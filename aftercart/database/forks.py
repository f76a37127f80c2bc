"""No database connection is open while a process forks.

SQLite keeps its locks in the process's memory. If the parent had the file open as it forked, a child that opens it
believes that the parent's locks are its own: what it commits may be lost, silently. On PostgreSQL the child would share
its parent's session. So callers check before they fork, and the child of a process that did not is refused.
"""

import os

from aftercart.database.threads import still_open

_inherited: list[str] = []


class OpenAcrossFork(RuntimeError):
    """A process has forked, or would, while it has a database connection open."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"a database connection is open across a fork, commits could be lost: {', '.join(names)}")


def assert_none_open() -> None:
    """Call this before a process forks. Raises OpenAcrossFork."""
    if names := still_open():
        raise OpenAcrossFork(names)


def assert_none_inherited() -> None:
    """Call this before a file is opened. Raises OpenAcrossFork in a child whose parent had one open."""
    if _inherited:
        raise OpenAcrossFork(_inherited)


def _remember() -> None:
    _inherited[:] = still_open()


os.register_at_fork(after_in_child=_remember)
