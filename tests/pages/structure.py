"""A page as lines to compare and to review: what stands in it and what it says, without how its source is indented.

One line for each element, with its classes, its attributes by name and its text; what is new in every answer (tokens,
UUIDs, signed links) has one name. `_` in front: a space separates it from what stands before it in its line of text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# What stands in a line of text, where a space in front of it can be seen.
INLINE = {"a", "bdi", "button", "code", "del", "em", "img", "input", "label", "select", "small", "span", "strong"}
INLINE |= {"textarea", "time"}
VERBATIM = {"textarea"}
SPACE = re.compile(r"[\t\n\f\r ]+")
NAMED = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "{uuid}"),
    (re.compile(r"(?<=/)[\w-]+:[\w-]+:[\w-]{20,}(?=/)"), "{signed}"),
    (re.compile(r"(?<=Bahariye Cd\. )\d+"), "{n}"),  # tests/builders.py counts
)


@dataclass
class Element:
    """A tag with what stands in it."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    @property
    def is_inline(self) -> bool:
        """Whether it stands in a line of text."""
        return self.tag in INLINE

    @property
    def name(self) -> str:
        """Tag, classes and attributes."""
        attributes = dict(self.attributes)
        classes = "".join(f".{one}" for one in (attributes.pop("class", "") or "").split())
        attributes.pop("nonce", None)
        if attributes.get("name") == "csrfmiddlewaretoken":
            attributes["value"] = "{token}"
        said = [name if value is None else f"{name}={_plain(value)!r}" for name, value in sorted(attributes.items())]
        return " ".join([self.tag + classes, *said])

    @property
    def text(self) -> str:
        """What stands in it, in one line."""
        pieces = [child if isinstance(child, str) else f" {child.text} " for child in self.children]
        return SPACE.sub(" ", "".join(pieces)).strip()

    def find(self, tag: str) -> "Element":
        """The first element of this name in it."""
        return next(one for one in self.all() if one.tag == tag)

    def all(self) -> Iterator["Element"]:
        """It and all elements in it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all()


class Reader(HTMLParser):
    """Makes elements of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self._open = [self.root]
        self.feed(html)
        self.close()
        assert len(self._open) == 1, f"never closed: {self._open[1:]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter the element, if something can stand in it."""
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        left = self._open.pop()
        assert left.tag == tag, f"</{tag}> ends <{left.name}>"

    def handle_data(self, data: str) -> None:
        """Text."""
        self._open[-1].children.append(data)


def lines_of(element: Element, depth: int = 0) -> list[str]:
    """An element as lines."""
    children = list(element.children)
    if element.tag in VERBATIM:
        children = ["".join(str(child) for child in children)]
    else:
        children = _without_edges(_spaced(children))
    indent = "  " * depth
    if not children:
        return [indent + element.name]
    if len(children) == 1 and isinstance(children[0], str):
        return [f"{indent}{element.name} {_plain(children[0])!r}"]
    found, separated = [indent + element.name], ""
    for child in children:
        if child == " ":
            separated = "_ "
            continue
        inner = [f"{indent}  {_plain(child)!r}"] if isinstance(child, str) else lines_of(child, depth + 1)
        found += [inner[0].replace(indent + "  ", f"{indent}  {separated}", 1), *inner[1:]]
        separated = ""
    return found


def page_lines(html: str, frame: list[str]) -> list[str]:
    """A page: how it differs from the frame that all pages share, and its main part."""
    return [*_changes(frame, frame_lines(html)), *lines_of(Reader(html).root.find("main"))]


def frame_lines(html: str) -> list[str]:
    """What stands around the main part of a page."""
    root = Reader(html).root.find("html")
    root.find("main").children.clear()
    return lines_of(root)


def _changes(frame: list[str], lines: list[str]) -> list[str]:
    return [line for line in unified_diff(frame, lines, n=0, lineterm="") if line[:2] not in {"--", "++", "@@"}]


def _spaced(children: list[Element | str]) -> list[Element | str]:
    """Text with one space wherever there is any, in front of and behind inline elements instead of at their edges."""
    found: list[Element | str] = []
    for child in children:
        if isinstance(child, str):
            found += _parts(child)
        elif not child.is_inline or child.tag in VERBATIM | {"select"}:
            found.append(child)
        else:
            inner = _spaced(child.children)
            before = [" "] if inner and inner[0] == " " else []
            after = [" "] if len(inner) > 1 and inner[-1] == " " else []
            found += [*before, Element(child.tag, child.attributes, _without_edges(inner)), *after]
    return _collapsed(found)


def _parts(text: str) -> list[Element | str]:
    plain = SPACE.sub(" ", text)
    if plain.isspace():
        return [" "]
    return [
        part for part in (plain[: plain.startswith(" ")], plain.strip(" "), plain[len(plain.rstrip(" ")) :]) if part
    ]


def _collapsed(children: list[Element | str]) -> list[Element | str]:
    """Without spaces beside what begins a line of its own, and behind other spaces."""
    found: list[Element | str] = []
    for child in children:
        is_block = isinstance(child, Element) and not child.is_inline
        if is_block and found and found[-1] == " ":
            found.pop()
        after_block = bool(found) and isinstance(found[-1], Element) and not found[-1].is_inline
        if child == " " and (after_block or (found and found[-1] == " ")):
            continue
        found.append(child)
    return found


def _without_edges(children: list[Element | str]) -> list[Element | str]:
    start = 1 if children and children[0] == " " else 0
    end = -1 if len(children) > start and children[-1] == " " else None
    return children[start:end]


def _plain(text: str) -> str:
    for pattern, name in NAMED:
        text = pattern.sub(name, text)
    return text


def text_of(html: str) -> str:
    """All that a page says, in one line."""
    return Reader(html).root.text


def listed_orders(html: str) -> list[str]:
    """The numbers of the orders that an English page of my orders lists."""
    headings = [one for one in Reader(html).root.all() if one.attributes.get("class") == "orders__number"]
    return [heading.text.removeprefix("Order ") for heading in headings]
