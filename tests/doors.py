"""Every address that the service knows, read off its URL table: what is promised of all of them is tested with all."""

from collections.abc import Iterator
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

EXAMPLES = {
    "IntConverter": "1",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
}


@cache
def every_path() -> tuple[str, ...]:
    """One address for each entry of the table, with something in the place of what varies."""
    return tuple(dict.fromkeys(_walk(get_resolver().url_patterns, "/")))


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for entry in patterns:
        if isinstance(entry.pattern, RegexPattern):  # the back office's last one: everything else
            yield f"{before}something-else/"
            continue
        path = before + _filled(entry)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
        else:
            yield path


def _filled(entry: URLPattern | URLResolver) -> str:
    route = str(entry.pattern)
    for name, converter in entry.pattern.converters.items():
        example = EXAMPLES.get(type(converter).__name__, "x")
        for kind in ("int", "uuid", "str", "slug", "path", "number"):
            route = route.replace(f"<{kind}:{name}>", example)
        route = route.replace(f"<{name}>", example)
    assert "<" not in route, f"no example for {route}"
    return route
