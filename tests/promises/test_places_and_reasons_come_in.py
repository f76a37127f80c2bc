"""What customers choose from: reasons from Omnitron, places from lists, and starter sets. All of it twice is once."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from aftercart.cancellations.models import CancellationReason
from aftercart.customers.intake_of_places import PROVINCES
from aftercart.customers.models import City, Country, District, Township
from aftercart.feed.models import FeedCursor
from aftercart.feed.polling import read_news
from omnitron_sandbox import Sandbox

PAGES = {
    "country_list.json": [{"pk": 7, "is_active": True, "name": "Türkiye", "code": "TR", "translations": None}],
    "city_list.json": [
        {"pk": 40, "is_active": True, "name": "İstanbul", "country": 7, "priority": 1, "postcode": "34"}
    ],
    "township_list.json": [{"pk": 449, "is_active": True, "name": "Kadıköy", "city": 40, "postcode": None}],
    "district_list.json": [{"pk": 23739, "is_active": True, "name": "Moda", "city": 40, "township": 449}],
}


@pytest.fixture
def lists(tmp_path: Path) -> list[str]:
    """The wire's four lists, as files."""
    for name, rows in PAGES.items():
        page = {"count": 1, "next": None, "previous": None, "results": rows}
        (tmp_path / name).write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
    return [str(tmp_path / name) for name in PAGES]


def test_the_wires_lists_come_in_with_their_keys_and_again_change_nothing(
    lists: list[str], db: None, capsys: Any
) -> None:
    call_command("import_places", *lists)
    assert "1 country, 1 city, 1 township, 1 district" in capsys.readouterr().out
    assert District.objects.get(pk=23739).township == Township.objects.get(pk=449)
    assert City.objects.get(pk=40).country_id == 7
    call_command("import_places", *lists)
    assert "0 country, 0 city, 0 township, 0 district" in capsys.readouterr().out
    assert City.objects.create(country_id=7, name="Ankara").pk > 40, "a new place gets a key that is free"


def test_a_list_whose_places_lie_nowhere_is_refused_whole_with_the_path(lists: list[str], db: None) -> None:
    with pytest.raises(CommandError, match=r"results\.0\.country: 7 is not here"):
        call_command("import_places", lists[1])
    assert not City.objects.exists()


@pytest.mark.parametrize("text", ["{", "3", '[{"name": "x", "code": "y"}]', '[{"pk": 1, "name": " ", "code": "y"}]'])
def test_what_is_no_list_of_places_is_refused(text: str, tmp_path: Path, db: None) -> None:
    file = tmp_path / "country_list.json"
    file.write_text(text)
    with pytest.raises(CommandError):
        call_command("import_places", str(file))
    assert not Country.objects.exists()


def as_csv(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["country", "city", "township", "district", "postcode"])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_places_come_in_from_csv_by_their_names(tmp_path: Path, db: None) -> None:
    Country.objects.create(name="Germany", code="DE")
    file = tmp_path / "places.csv"
    row = {"country": "de", "city": "Berlin", "township": "Mitte", "district": "", "postcode": "10117"}
    file.write_text(as_csv(row, {**row, "township": "Pankow", "postcode": ""}))
    for _ in range(2):
        call_command("import_places", str(file))
    assert [(t.name, t.postcode) for t in Township.objects.order_by("name")] == [("Mitte", "10117"), ("Pankow", None)]
    file.write_text(as_csv(row, {**row, "country": "XX"}))
    with pytest.raises(CommandError, match="line 3: country 'XX' is not here"):
        call_command("import_places", str(file))


def test_the_starter_set_has_turkeys_provinces_and_districts(db: None) -> None:
    for _ in range(2):
        call_command("import_places", "--starter")
    assert (City.objects.count(), Township.objects.count()) == (81, 973)
    assert Township.objects.filter(city__name="İstanbul", name="Kadıköy").exists()
    assert Country.objects.get().translations == {"en": "Türkiye", "tr": "Türkiye"}


def test_every_country_has_a_name_in_every_language(db: None) -> None:
    call_command("import_places", "--starter", "all")
    assert Country.objects.count() > 240
    assert Country.objects.get(code="DE").translations == {"en": "Germany", "tr": "Almanya"}
    with pytest.raises(CommandError, match="XX is no code"):
        call_command("import_places", "--starter", "XX")


def test_the_provinces_are_those_of_the_administration() -> None:
    provinces = json.loads(PROVINCES.read_text(encoding="utf-8"))
    assert len(provinces) == 81
    assert list(provinces)[:2] == ["Adana", "Adıyaman"], "in the order of their codes, which postcodes begin with"
    assert sum(map(len, provinces.values())) == 973


def by_subject(subject: str) -> CancellationReason:
    return CancellationReason.objects.get(subject=subject)


def test_omnitrons_reasons_come_in_with_their_ids_and_again_change_nothing(
    sandbox: Sandbox, transactional_db: None, capsys: Any
) -> None:
    call_command("pull_reasons")
    assert "8 new, 0 changed" in capsys.readouterr().out
    first = CancellationReason.objects.get(pk=1)
    assert (first.subject, first.remote_pk, first.is_active) == ("Changed my mind", 1, True)
    call_command("pull_reasons")
    assert "0 new, 0 changed, 8 unchanged" in capsys.readouterr().out


def test_what_the_merchant_switched_off_or_translated_stays_so(sandbox: Sandbox, transactional_db: None) -> None:
    call_command("pull_reasons")
    CancellationReason.objects.filter(pk=2).update(is_active=False, translations={"tr": "Kendi sözümüz"})
    call_command("pull_reasons")
    second = CancellationReason.objects.get(pk=2)
    assert (second.is_active, second.translations) == (False, {"tr": "Kendi sözümüz"})


def test_a_reason_that_is_gone_at_omnitron_is_switched_off(sandbox: Sandbox, transactional_db: None) -> None:
    call_command("pull_reasons")
    reason = sandbox.store.get("cancellation_reasons", 3)
    assert reason is not None
    sandbox.store.save("cancellation_reasons", reason, is_active=False)
    call_command("pull_reasons")
    assert not CancellationReason.objects.get(pk=3).is_active


def test_an_id_that_another_reason_has_is_not_taken_from_it(sandbox: Sandbox, transactional_db: None) -> None:
    ours = CancellationReason.objects.create(pk=1, cancellation_type="cancel", subject="Ours", omnitron_pk=900)
    call_command("pull_reasons")
    ours.refresh_from_db()
    assert ours.subject == "Ours"
    assert by_subject("Changed my mind").remote_pk == 1


def test_the_starter_set_has_the_id_that_published_clients_send(sandbox: Sandbox, transactional_db: None) -> None:
    for reason in sandbox.store.find("cancellation_reasons"):
        sandbox.store.delete("cancellation_reasons", reason["pk"])
    for _ in range(2):
        call_command("pull_reasons")
    assert list(CancellationReason.objects.order_by("pk").values_list("pk", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_reasons_are_pulled_once_a_day_by_the_worker(sandbox: Sandbox, transactional_db: None) -> None:
    now = timezone.now()
    FeedCursor.objects.get_or_create(pk="reasons", defaults={"position": now, "next_attempt_at": now})
    read_news("reasons", now=now)
    assert CancellationReason.objects.count() == 8
    assert FeedCursor.objects.get(pk="reasons").next_attempt_at > now


def test_without_omnitron_nothing_changes_and_the_command_says_so(sandbox: Sandbox, transactional_db: None) -> None:
    sandbox.power(False)
    with pytest.raises(CommandError, match="Omnitron was not asked"):
        call_command("pull_reasons")
    assert not CancellationReason.objects.exists()
