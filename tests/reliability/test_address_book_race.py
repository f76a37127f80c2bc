"""Everyone writes in one address book at the same moment: each entry once, one primary entry, no trouble."""

import json
import urllib.request
from typing import Any

from tests.reliability.crowd import all_at_once

WRITERS = 12


def read(url: str, path: str, seed: Any) -> list[dict[str, Any]]:
    request = urllib.request.Request(url + path, headers={"Cookie": seed["cookie"], "Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        found: list[dict[str, Any]] = json.load(response)["results"]
    return found


def test_a_book_has_each_entry_once_and_one_primary_entry(running_shop: Any) -> None:
    seed = running_shop.inside("seed")
    running_shop.start_web(workers=2)
    known = read(running_shop.url, "/address/?limit=100", seed)
    form = {**known[0], "title": "The same", "primary": True}
    wishes = [("/address/", {**form, "title": f"Title {number}"}) for number in range(WRITERS)]
    wishes += [("/address/", form)] * WRITERS
    answers = all_at_once(running_shop.url, wishes, seed)
    assert {status for status, _ in answers} == {201}, answers
    assert len({body["pk"] for _, body in answers[WRITERS:]}) == 1
    book = read(running_shop.url, "/address/?limit=100", seed)
    assert len(book) == len(known) + WRITERS + 1
    assert sum(entry["primary"] for entry in book) == 1
