"""Every page of a furnished account, in Turkish: no English sentence is left on it, and no raw code."""

import gettext as catalogues
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from django.utils.translation import trans_real

from aftercart.cancellations.models import CancellationRequest
from aftercart.orders import signed_number
from aftercart.statuses import Status
from omnitron_sandbox import Sandbox
from tests.architecture.catalogues import messages
from tests.browser import scenes
from tests.browser.reading import Page, read

pytestmark = pytest.mark.django_db(transaction=True)

TURKISH = {"accept": "text/html", "accept-language": "tr"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
RAW_CODE = re.compile(r"omnitron|\b[a-z]+_[a-z_]+\b", re.ASCII | re.IGNORECASE)
MOST_PAGES = 600


class Missing(catalogues.NullTranslations):
    """The end of the chain of catalogues: hears of every sentence that none of them knows."""

    def __init__(self) -> None:
        super().__init__()
        self.sentences: set[str] = set()

    def gettext(self, message: str) -> str:
        self.sentences.add(message)
        return message

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def missing() -> Iterator[Missing]:
    """Sentences that were asked for in Turkish and are in no catalogue."""
    heard, last = Missing(), trans_real.translation("tr")
    while last._fallback is not None:
        last = last._fallback
    last.add_fallback(heard)
    yield heard
    last._fallback = None


def pattern(sentence: str) -> re.Pattern[str]:
    """What finds a sentence in a text, whatever is filled in; one word alone only where nothing else stands."""
    parts = [re.escape(part) for part in PLACEHOLDER.split(" ".join(sentence.split()))]
    if len(PLACEHOLDER.sub("", sentence).split()) == 1:
        return re.compile(r"\S+".join(parts).join((r"\A", r"\Z")))
    return re.compile(".+?".join(parts).join((r"(?<!\w)", r"(?!\w)")))


def english(missing: Missing) -> dict[str, re.Pattern[str]]:
    """Every sentence that has, or ought to have, a Turkish form other than itself."""
    sentences = set(missing.sentences)
    for message in messages("tr"):
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        sentences |= {form for form in forms if form not in said}
    sentences = {sentence for sentence in sentences if sentence.isascii() or "…" in sentence or "“" in sentence}
    typed = {note for note in CancellationRequest.objects.values_list("closing_note", flat=True) if note}
    words = (sentence for sentence in sentences - typed if re.search(r"[A-Za-z]{2}", PLACEHOLDER.sub("", sentence)))
    return {sentence: pattern(sentence) for sentence in words}


def crawled(client: Client, start: list[str]) -> dict[str, Page]:
    """Every page that a link leads to, from some on."""
    pages: dict[str, Page] = {}
    todo = list(start)
    while todo and len(pages) < MOST_PAGES:
        path = todo.pop(0)
        if path in pages:
            continue
        response = client.get(path, headers=TURKISH)
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        if response.status_code in (301, 302, 303):
            todo.append(urljoin(path, response.headers["Location"]))
            continue
        assert response.status_code == 200, f"{path}: {response.status_code}"
        pages[path] = read(response.content.decode(), "tr")
        for link in pages[path].links:
            there = urlsplit(urljoin(path, link))
            if not there.netloc and not there.scheme:
                todo.append(there._replace(fragment="").geturl())
    return pages


def complaints(pages: dict[str, Page], sentences: dict[str, re.Pattern[str]]) -> list[str]:
    codes = {str(int(status)) for status in Status}
    said: dict[str, str] = {}
    for path, page in pages.items():
        assert page.said, path
        for text in page.said:
            said.setdefault(text, path)
    found = [f"{path}: raw: {text}" for text, path in said.items() if RAW_CODE.search(text) or text in codes]
    for text, path in said.items():
        known = [sentence for sentence, looks_like in sentences.items() if looks_like.search(text)]
        found += [f"{path}: English: {sentence!r} in {text!r}" for sentence in known]
    return found


@pytest.mark.timeout(300)
def test_no_page_of_a_turkish_account_says_anything_in_english(
    scene: scenes.Scene, sandbox: Sandbox, missing: Missing
) -> None:
    scenes.unfold(scene, sandbox)
    client = Client()
    client.force_login(scene.customer, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    link = signed_number.sign(scene.orders["fresh"].number)
    pages = crawled(client, ["/account/orders/", f"/orders/completed/{link}/", "/users/logout/"])
    assert len(pages) > 80, "the crawl has gone nowhere"
    assert any("/requests/" in path and path.endswith("/take-back/") for path in pages)
    found = complaints(pages, english(missing))
    assert not found, "\n".join(found)


def test_no_error_is_told_a_turkish_reader_in_english(
    scene: scenes.Scene, sandbox: Sandbox, missing: Missing, settings: Any
) -> None:
    scenes.unfold(scene, sandbox)
    stranger, client = Client(), Client()
    client.force_login(scene.customer, backend=settings.AUTHENTICATION_BACKENDS[-1])
    number = {name: order.number for name, order in scene.orders.items()}
    with mock.patch("time.time", return_value=timezone.now().timestamp() - settings.COMPLETED_LINK_MAX_AGE - 60):
        old_link = signed_number.sign(number["fresh"])
    wrong = {"email": scene.customer.email, "password": "wrong"}
    first_item = scene.orders["mixed"].items.first().pk
    answers = {
        "link expired": client.get(f"/orders/completed/{old_link}/", headers=TURKISH),
        "not found": client.get("/account/orders/1/", headers=TURKISH),
        "nothing typed": stranger.post("/account/login/", {}, headers=TURKISH),
        "wrong password": stranger.post("/account/login/", wrong, headers=TURKISH),
        "nothing chosen": client.post(f"/account/orders/{number['mixed']}/cancel/", {}, headers=TURKISH),
        "no reason": client.post(f"/account/orders/{number['fresh']}/cancel/", {"item": first_item}, headers=TURKISH),
        "no address": client.post(f"/account/orders/{number['fresh']}/address/", {}, headers=TURKISH),
        "too late": client.post(f"/account/orders/{number['delivered']}/address/", {"address": 1}, headers=TURKISH),
        "empty address": client.post("/account/addresses/new/", {"phone_number": "call me"}, headers=TURKISH),
        "decided": client.post(f"/account/requests/{scene.requests['rejected'].uuid}/take-back/", headers=TURKISH),
        "no token": Client(enforce_csrf_checks=True).post("/account/login/", wrong, headers=TURKISH),
    }
    for _ in range(settings.LOGIN_FAILURE_LIMIT):
        answers["locked out"] = stranger.post("/account/login/", wrong, headers=TURKISH)
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code < 400} == {}
    pages = {name: read(answer.content.decode(), "tr") for name, answer in answers.items()}
    found = complaints(pages, english(missing))
    assert not found, "\n".join(found)


def test_an_english_sentence_on_a_page_is_found() -> None:
    """The crawl's own control: what it looks for it finds."""
    page = read('<p>Geldi. <b>Track parcel 12</b><i aria-label="Not found."></i><script>Sign in</script>', "tr")
    sought = {text: pattern(text) for text in ("Track parcel %(number)s", "Not found.", "Sign in", "parcel")}
    assert complaints({"x": page}, sought) == [
        "x: English: 'Track parcel %(number)s' in 'Track parcel 12'",
        "x: English: 'Not found.' in 'Not found.'",
    ]
    raw = read("<p>order_status_not_cancellable</p><p>400</p>", "tr")
    assert len(complaints({"x": raw}, {})) == 2
