"""A fair lock for writing: first come, first served, for all threads of all processes that write one file.

SQLite lets one writer in at a time, and the others try again every now and then: the last writer tends to be first
again, and somebody else waits until their timeout. Here they stand in a queue: the threads of a process behind each
other, and the processes with numbers, as at a counter (a ticket lock). The numbers come from a file beside the
database. A process that has one holds the kernel's lock on the byte of this number, and is in once nobody holds a
lower one. The kernel takes the locks of a process that dies away from it, so nobody waits for the dead.

A process that is in lets in those of its threads that waited by then, one after the other, and nobody later: so one
with many writers gets many turns, and one with a single writer its single one.

The turns are for fairness alone. What keeps the data whole is SQLite's own lock, which is taken all the same; a writer
who knows nothing of turns is only less polite.
"""

import fcntl
import os
import threading
from collections import deque
from pathlib import Path
from time import monotonic, sleep

# Seconds between two looks at a lock that another process holds: a fraction of what a transaction takes.
LOOK_EVERY = 0.0005
SIZE_OF_NUMBER = 8  # bytes


class Tickets:
    """The queue between processes. Used by one thread of a process at a time.

    Nothing else in the process may open the file: the kernel ends a process's locks with the first that is closed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._number = 0

    def enter(self, until: float) -> bool:
        """Draw a number, and wait for it until this moment (monotonic seconds)."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        if not self._lock(0, 1, until):  # the first byte is for drawing
            return False
        try:
            last = int.from_bytes(os.pread(self._file, SIZE_OF_NUMBER, 0), "big")
            self._number = last % 2**62 + 1
            os.pwrite(self._file, self._number.to_bytes(SIZE_OF_NUMBER, "big"), 0)
            # Held before anyone can draw the next one.
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self._number)
        finally:
            self._unlock(0, 1)
        if self._number == 1:
            return True
        is_in = self._lock(1, self._number - 1, until)
        if is_in:
            self._unlock(1, self._number - 1)
        else:
            self.leave()
        return is_in

    def leave(self) -> None:
        """Let the next number in."""
        self._unlock(self._number, 1)

    def _lock(self, first: int, count: int, until: float) -> bool:
        assert self._file is not None
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, count, first)
                return True
            except (BlockingIOError, PermissionError):  # EAGAIN here, EACCES elsewhere
                if monotonic() >= until:
                    return False
            sleep(LOOK_EVERY)

    def _unlock(self, first: int, count: int) -> None:
        assert self._file is not None
        fcntl.lockf(self._file, fcntl.LOCK_UN, count, first)


class FairLock:
    """The lock for writing one database, as one process knows it."""

    def __init__(self, path: Path) -> None:
        """`path`: the file of the tickets; it is made where there is none."""
        self._tickets = Tickets(path)
        self._is_in = False  # our process
        self._left = 0  # how many more of our threads may follow before the others' turn
        self._lock = threading.Lock()  # of the two below
        self._taken = False  # by one of our threads
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, seconds: float) -> bool:
        """Wait for a turn, for so long. Whoever gets one gives it back, with `release`."""
        until = monotonic() + seconds
        call: threading.Lock | None = None
        with self._lock:
            if self._taken:
                call = threading.Lock()
                call.acquire()
                self._waiting.append(call)
            self._taken = True
        if call is not None and not call.acquire(timeout=seconds):
            with self._lock:
                if call in self._waiting:
                    self._waiting.remove(call)
                    return False
            # Called in the very moment in which we lost patience: it is our turn after all.
        if self._is_in:
            return True
        try:
            self._is_in = self._tickets.enter(until)
        finally:
            if not self._is_in:
                self.release()
        with self._lock:
            self._left = len(self._waiting)
        return self._is_in

    def release(self) -> None:
        """The turn is over: the next one's."""
        with self._lock:
            if self._is_in and not (self._left and self._waiting):
                self._tickets.leave()
                self._is_in = False
            self._left -= 1
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


_LOCKS: dict[tuple[str, int], FairLock] = {}


def fair_lock_at(database: str, process: int) -> FairLock:
    """The lock of a database file as this process (its id) knows it; a forked child starts anew.

    One object for all threads, even where several ask for the first time at once: two of them would share the
    kernel's locks, which are a process's, and draw the same number.
    """
    key = (database, process)
    if key not in _LOCKS:
        path = Path(database).resolve()
        _LOCKS.setdefault(key, FairLock(path.with_name(f"{path.name}-turns")))  # one step: the first one stays
    return _LOCKS[key]
