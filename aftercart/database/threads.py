"""Connections end with the thread that opened them.

Django keeps one connection for each thread, in a reference cycle: once the thread is gone, only the garbage collector
finds it, and that may take hours. Web servers end threads that were idle for a while, and start new ones. What is kept
here is in no cycle, so it goes at the very moment when the thread does.
"""

import os
import threading
from typing import Any
from weakref import WeakKeyDictionary, WeakSet


class _Opened:
    """What one thread has opened."""

    def __init__(self) -> None:
        self._connections: WeakSet[Any] = WeakSet()
        self._process = os.getpid()

    def add(self, connection: Any) -> None:
        self._connections.add(connection)

    def __del__(self) -> None:
        if os.getpid() == self._process:  # what was copied by a fork is the parent's
            for connection in list(self._connections):
                connection.close()


class _Thread(threading.local):
    def __init__(self) -> None:
        self.opened = _Opened()


_thread = _Thread()
_names: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def ends_with_its_thread(connection: Any, name: str) -> None:
    """Close this connection (a driver's, with `closed`) when the thread that calls ends; `name`: the database's."""
    _thread.opened.add(connection)
    _names[connection] = name


def still_open() -> list[str]:
    """The names of the databases to which any thread of this process has a connection."""
    return sorted({name for connection, name in list(_names.items()) if not connection.closed})
