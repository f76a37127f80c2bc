"""Pages of a list as the storefront asks for them and reads them: `{count, next, previous, results}`.

`page` counts from 1; `limit` and `page_size` are two names for the same. Whatever is not a positive number (blank,
`undefined`) is ignored: a list answers, it does not argue.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)
LAST_PAGE = 1_000_000
SIZE_NAMES = ("limit", "page_size")


class Rows(Protocol[Row_co]):
    """A list that can be sliced and counted: by `count()` if it is a QuerySet, by `len` if not."""

    def __getitem__(self, part: slice, /) -> Iterable[Row_co]: ...


def page_of(
    request: HttpRequest, rows: Rows[Row], shown: Callable[[Row], Any], *, size: int | None = None, largest: int = 100
) -> dict[str, Any]:
    """The page that the request asks for: `size` rows unless it says otherwise (None: all), `largest` at most.

    One statement if the page turns out to be the whole list; otherwise a second one to count.
    """
    asked = next((said for name in SIZE_NAMES if (said := positive(request.GET.get(name)))), size)
    number = min(positive(request.GET.get("page")) or 1, LAST_PAGE)
    if asked is None:
        start, more = 0, False
        found = list(rows[:]) if number == 1 else []
    else:
        asked = min(asked, largest)
        start = (number - 1) * asked
        found = list(rows[start : start + asked + 1])  # one more than asked for tells whether there are more
        more = len(found) > asked
        found = found[:asked]
    ends_here = not more and (found or number == 1)
    return {
        "count": start + len(found) if ends_here else count_of(rows),
        "next": link(request, number + 1) if more else None,
        "previous": link(request, number - 1) if number > 1 else None,
        "results": [shown(row) for row in found],
    }


def positive(text: str | None) -> int | None:
    """A query parameter as a number of at least 1; None for anything else."""
    digits = (text or "").strip()
    # No list is long enough for more digits than this, and Python refuses to parse thousands of them.
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def count_of(rows: Any) -> int:
    """How many there are, without reading them."""
    return rows.count() if isinstance(rows, QuerySet) else len(rows)


def link(request: HttpRequest, number: int) -> str:
    """The same request for another page."""
    query = request.GET.copy()
    query["page"] = str(number)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
