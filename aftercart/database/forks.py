"""No database connection is open while a process forks.

SQLite keeps its locks in the process's memory. A child that opens the file, while its parent had it open as it forked,
believes that it has locks which are the parent's: what it commits may be lost, without a word. On PostgreSQL the child
would hold an end of its parent's session. So whoever forks asks first, and a child of one who did not is refused.
"""

import os

from aftercart.database.threads import still_open

_inherited: list[str] = []


class OpenAcrossFork(RuntimeError):
    """A process has forked, or would, while it has a database connection open."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"a database connection is open across a fork, commits could be lost: {', '.join(names)}")


def assert_none_open() -> None:
    """To be asked before a process forks. Raises OpenAcrossFork."""
    if names := still_open():
        raise OpenAcrossFork(names)


def assert_none_inherited() -> None:
    """To be asked before a file is opened. Raises OpenAcrossFork in a child whose parent had one open."""
    if _inherited:
        raise OpenAcrossFork(_inherited)


def _remember() -> None:
    _inherited[:] = still_open()


os.register_at_fork(after_in_child=_remember)
