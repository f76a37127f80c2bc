"""One point in time by which everything must be over, however many calls it takes."""

from __future__ import annotations

from time import monotonic
from typing import Self


class Deadline:
    """Handed to several calls in turn: ``deadline = Deadline.after(2.0)``. Seconds, monotonic clock."""

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    @classmethod
    def after(cls, seconds: float) -> Self:
        return cls(monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left; 0.0 when it is over, never negative (a socket would take that for an error)."""
        left = self._at - monotonic()
        return left if left > 0.0 else 0.0

    @property
    def expired(self) -> bool:
        return monotonic() >= self._at

    def __repr__(self) -> str:
        return f"Deadline({self.remaining():.3f}s left)"
