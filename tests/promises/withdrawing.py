"""A consumer who withdraws, as any browser without scripts: pages are read, forms are sent as they stand."""

from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.test import Client

from aftercart.mails.models import Mail

Fields = dict[str, list[str]]


class Forms(HTMLParser):
    """The forms of a page's content: action → the fields as a browser would send them, without the buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, Fields] = {}
        self.buttons: list[str] = []
        self._fields: Fields | None = None
        self._in_button = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._fields = self.found.setdefault(given.get("action") or "", {})
        elif tag == "button":
            self._in_button = True
        elif tag == "input" and self._fields is not None and "name" in given and _is_sent(given):
            self._fields.setdefault(str(given["name"]), []).append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "button":
            self._in_button = False

    def handle_data(self, data: str) -> None:
        if self._in_button and data.strip():
            self.buttons.append(data.strip())


def _is_sent(given: dict[str, str | None]) -> bool:
    return "disabled" not in given and (given.get("type") != "checkbox" or "checked" in given)


class Consumer(Client):
    """A browser; signed in where a customer is given."""

    def __init__(self, customer: Any = None, language: str = "en") -> None:
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False)
        self.asking = {"accept": "text/html", "accept-language": language}
        if customer is not None:
            self.force_login(customer, backend=settings.AUTHENTICATION_BACKENDS[-1])

    def see(self, path: str) -> Any:
        """GET a page."""
        return self.get(path, headers=self.asking)

    def form(self, response: Any, action: str) -> Fields:
        """The fields of a form of a page."""
        return Forms(response.content.decode()).found[action]

    def send(self, path: str, fields: Fields, **more: Any) -> Any:
        """Send a form."""
        return self.post(path, {**fields, **more}, headers=self.asking)

    def review(self, path: str, **typed: Any) -> Any:
        """Step one, sent as it stands but for what is typed; the answer is step two."""
        return self.send(path, {**self.form(self.see(path), path), **typed}, step="review")

    def withdraw(self, path: str, **typed: Any) -> Any:
        """Both steps; the answer to the second."""
        second = self.review(path, **typed)
        assert second.status_code == 200, second.content.decode()
        return self.send(path, self.form(second, path), step="confirm")


def acknowledgements() -> list[Mail]:
    return list(Mail.objects.filter(kind=Mail.Kind.WITHDRAWAL_ACKNOWLEDGED).order_by("pk"))
