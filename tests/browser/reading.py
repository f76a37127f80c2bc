"""Reading a page as people do: what it says, aloud or in print, and where its links lead."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

UNSAID = {"script", "style", "template"}
SAID_BY_ATTRIBUTE = {"aria-label", "alt", "title", "placeholder"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Page(HTMLParser):
    """What a page says in one language, node by node, and its links."""

    language: str
    said: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that are read aloud, links, and whether what stands inside counts."""
        given = {name: value or "" for name, value in attrs}
        counts = self._counts() and tag not in UNSAID and given.get("lang", self.language) == self.language
        if tag not in VOID:
            self._open.append((tag, counts))
        if counts:
            self.said += [given[name].strip() for name in SAID_BY_ATTRIBUTE & given.keys() if given[name].strip()]
        if tag == "a" and "href" in given:
            self.links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Text, with its spaces as a browser shows them."""
        text = " ".join(data.split())
        if text and self._counts():
            self.said.append(text)

    def _counts(self) -> bool:
        return all(counts for _tag, counts in self._open)


def read(html: str, language: str) -> Page:
    """A page that has been read."""
    page = Page(language)
    page.feed(html)
    return page
