"""What was already read of a list, as its cursor keeps it: by date, the keys of what changed then. Pure.

A bulk update gives tens of thousands of rows the same date: their keys are stored as runs (`1:200,205`), so that the
cursor's row stays small.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

Seen = dict[int, str]
"""Omnitron's key → date of the change, as ISO text."""


def unpacked(kept: Mapping[str, str]) -> Seen:
    """Each key with its date."""
    seen: Seen = {}
    for date, runs in kept.items():
        for run in filter(None, runs.split(",")):
            first, _, last = run.partition(":")
            seen |= dict.fromkeys(range(int(first), int(last or first) + 1), date)
    return seen


def packed(seen: Seen, *, reach: datetime) -> dict[str, str]:
    """As it is kept: only what changed at or after `reach` will be listed again."""
    by_date: dict[str, list[int]] = defaultdict(list)
    for key, date in seen.items():
        by_date[date].append(key)
    return {date: _runs(keys) for date, keys in by_date.items() if datetime.fromisoformat(date) >= reach}


def _runs(keys: Iterable[int]) -> str:
    runs: list[list[int]] = []
    for key in sorted(keys):
        if runs and key == runs[-1][1] + 1:
            runs[-1][1] = key
        else:
            runs.append([key, key])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)
