"""Every page, in each of its states and in both languages, says what is recorded in tests/data/pages/.

Was a page changed on purpose? `RECORD_PAGES=1 .venv/bin/pytest tests/pages -n 0 -p no:randomly` writes the records
anew: read what changed in them. One is what an English reader gets; beside it, as `.tr`, stand the lines that a Turkish
one gets instead. `frame.txt` is what surrounds every page; with `+` and `-` each page says how it differs from that.
"""

import os
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.browser import scenes
from tests.pages import visits, visits_without_account
from tests.pages.structure import frame_lines, page_lines
from tests.pages.visits import Place, Visits

FOLDER = Path(__file__).parent.parent / "data" / "pages"
RECORDING = os.environ.get("RECORD_PAGES") == "1"
AREAS: list[Callable[[Place], Visits]] = [
    visits.orders,
    visits.many_orders,
    visits.cancelling,
    visits.addresses,
    visits.requests,
    visits_without_account.withdrawals,
    visits_without_account.guests,
    visits_without_account.sign_in,
    visits_without_account.errors,
    visits_without_account.looks,
]
Record = dict[str, list[str]]


@pytest.mark.django_db(reset_sequences=True)
@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.__name__.replace("_", "-"))
@pytest.mark.parametrize("language", ["en", "tr"])
def test_every_page_says_what_is_recorded(
    language: str, area: Callable[[Place], Visits], sandbox: Any, settings: Any
) -> None:
    english = FOLDER / f"{area.__name__.replace('_', '-')}.txt"
    with time_machine.travel(scenes.EVENING, tick=False) as clock:
        scene = scenes.furnish(sandbox)
        scenes.unfold(scene, sandbox)
        answers = dict(area(Place(scene, sandbox, settings, language, clock.shift)))
    found = {f"{name}: {answer.status_code}": answer.content.decode() for name, answer in answers.items()}
    if language == "en":
        _hold(english, {name: page_lines(html, _frame(html)) for name, html in found.items()})
    else:
        recorded = _read(english)
        assert [*found] == [*recorded]
        pages = {name: page_lines(html, _frame(html, language)) for name, html in found.items()}
        otherwise = {f"{n}, {len(pages[n])} lines": _otherwise(pages[n], recorded[n]) for n in pages}
        _hold(english.with_suffix(".tr.txt"), otherwise)


def _frame(html: str, language: str = "en") -> list[str]:
    """The recorded frame; made of the first page that a recording sees."""
    path = FOLDER / ("frame.txt" if language == "en" else f"frame.{language}.txt")
    if RECORDING and not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join([*frame_lines(html), ""]))
    return path.read_text().splitlines()


def _otherwise(lines: list[str], english: list[str]) -> list[str]:
    found = unified_diff(english, lines, n=0, lineterm="")
    return [line[1:] for line in found if line.startswith("+") and not line.startswith("+++")]


def _hold(path: Path, pages: Record) -> None:
    """The pages are as recorded; or are recorded now."""
    if RECORDING:
        path.write_text("\n".join(f"{name}\n" + "".join(f"  {line}\n" for line in pages[name]) for name in pages))
    recorded = _read(path)
    assert [*pages] == [*recorded]
    for name, lines in pages.items():
        assert lines == recorded[name], "\n".join(unified_diff(recorded[name], lines, path.name, name, lineterm=""))


def _read(path: Path) -> Record:
    found: Record = {}
    lines: list[str] = []
    for line in path.read_text().splitlines():
        if line.startswith("  "):
            lines.append(line[2:])
        elif line:
            lines = found[line] = []
    return found
