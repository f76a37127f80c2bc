"""Files with orders in them: JSON documents and JSON Lines, read in the smallest pieces that their kind allows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

LINES = (".jsonl", ".ndjson")
LONGEST_LINE = 16 * 1024 * 1024  # bytes; a line is one order, or a page of them
BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class Found:
    """One order of a file, or the `error` in its place."""

    place: str
    """Where it was: `line 12`, `results.3`, `line 4, results.0`; empty for a file that is one order."""
    order: Any = None
    error: str = ""
    end: int = 0
    """How many bytes of the file were read by then, for a progress bar."""


def orders_in(stream: BinaryIO, *, name: str = "") -> Iterator[Found]:
    """Every order of a file, in order; damaged parts come as errors, and what follows them is still read.

    JSON Lines are read line by line, whatever the file is called: they are recognised by a first line that is JSON.
    """
    by_lines = Path(name).suffix.lower() in LINES
    read, found = 0, 0
    for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE), b""), start=1):
        read += len(line)
        if not line.strip(BLANK):
            continue
        found += 1
        if found == 1 and not by_lines and not _is_json(line):
            rest = stream.read()
            yield from _orders_of(line + rest, "", read + len(rest))
            return
        place = f"line {number}" if by_lines or found > 1 else ""
        if len(line) >= LONGEST_LINE:
            yield Found(place, error=f"a line of more than {LONGEST_LINE} bytes", end=read)
        else:
            yield from _orders_of(line, place, read)
    if not found:
        yield Found("", error="there is nothing in the file", end=read)


def unwrapped(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """`(path, order)` for each order of one order, a completed order, a page, or a list of any of these."""
    if isinstance(value, list):
        for index, inside in enumerate(value):
            yield from unwrapped(inside, f"{path}.{index}".lstrip("."))
    elif isinstance(value, dict) and isinstance(value.get("results"), list):
        yield from unwrapped(value["results"], f"{path}.results".lstrip("."))
    elif isinstance(value, dict) and "order" in value and "orderitem_set" not in value:
        yield f"{path}.order".lstrip("."), value["order"]
    else:
        yield path, value


def parsed(text: bytes) -> Any:
    """JSON as a value. Raises ValueError, which says what is wrong."""
    try:
        return json.loads(text.decode("utf-8-sig"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ValueError("the text is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON: {error}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _orders_of(text: bytes, place: str, end: int) -> Iterator[Found]:
    try:
        value = parsed(text)
    except ValueError as error:
        yield Found(place, error=str(error), end=end)
        return
    try:
        for inner, order in unwrapped(value):
            yield Found(", ".join(filter(None, (place, inner))), order, end=end)
    except RecursionError:
        yield Found(place, error="nested too deeply", end=end)


def _is_json(line: bytes) -> bool:
    try:
        parsed(line)
    except ValueError:
        return False
    return True


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("not valid JSON: a field stands there twice")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"not valid JSON: {name} is no JSON number")
