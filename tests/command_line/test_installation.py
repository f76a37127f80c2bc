"""A merchant's first commands: `init`, `check`, `settings`, `link`, in a folder of their own and on real servers."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitron_sandbox import running
from tests.command_line.installations import Installation
from tests.promises.identity import a_provider


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running() as sandbox:
        installation = Installation(tmp_path_factory.mktemp("shop"), f"{sandbox.url}/")
        printed = installation.init(ADMIN_PASSWORD="four words of mine")
        assert "four words of mine" not in printed
        yield installation


def test_the_settings_file_is_for_its_owner_alone_and_is_not_overwritten(installed: Installation) -> None:
    file = installed.folder / "aftercart.env"
    before = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "there already" in installed.init(code=1)
    assert file.read_text() == before


def test_check_finds_what_is_missing_and_says_what_to_do(tmp_path: Path) -> None:
    lonely = Installation(tmp_path, "http://127.0.0.1:9/")
    assert "pull_reasons: Omnitron was not asked" in lonely.init()
    found = lonely.findings(code=1)
    (reasons,) = found["reasons"]
    assert reasons["level"] == "error"
    assert "aftercart pull_reasons" in reasons["advice"]
    assert [finding["level"] for finding in found["Omnitron"]] == ["error"]


def test_check_finds_nothing_wrong_where_nothing_is(installed: Installation) -> None:
    found = installed.findings(code=0)
    assert "reasons" not in found
    assert [finding["level"] for finding in found["Omnitron"]] == ["good"]
    assert [finding["level"] for finding in found["database"]] == ["warning"]
    assert [finding["level"] for finding in found["site"]] == ["good"]
    assert [finding["level"] for finding in found["speed"]] == ["good"]


def test_settings_are_clean_by_djangos_own_check_for_deployment(installed: Installation) -> None:
    everything = {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "1", "SECURE_HSTS_PRELOAD": "1"}
    printed = installed.run("django_check", "--deploy", **everything)
    assert "no issues" in printed


def test_what_is_turned_off_of_the_fast_path_is_told_and_what_cannot_be_is_refused(installed: Installation) -> None:
    assert "warning  speed: turned off: rows, compiled, prepared, batch, routes" in installed.run(
        "check", FASTPATH="off"
    )
    printed = installed.run("check", FASTPATH="rows,compiled,prepared,batch")
    assert "warning  speed: turned off: routes" in printed
    for wrong in ("compiled", "batch,rows", "fast", "on,off"):
        assert "batch needs prepared" in installed.run("check", code=1, FASTPATH=wrong)


def test_an_omnitron_that_does_not_let_us_in_is_an_error(installed: Installation) -> None:
    printed = installed.run("check", code=1, OMNITRON_PASSWORD="wrong")
    assert "error    Omnitron" in printed


def test_a_dynamic_setting_is_set_with_the_back_offices_validation(installed: Installation) -> None:
    name = "EXTRA_CANCEL_RULES"
    assert "has_invoice: Input should be" in installed.run("settings", "set", name, '{"has_invoice": 3}', code=1)
    assert json.loads(installed.run("settings", "get", name))["has_invoice"] is False
    installed.run("settings", "set", name, '{"has_invoice": true}', "--why", "the tax office")
    assert json.loads(installed.run("settings", "get", name))["has_invoice"] is True
    assert "stored by command line (the tax office)" in installed.run("settings", "history", name)
    assert json.loads(installed.run("settings", "reset", name))["has_invoice"] is False


def test_countries_without_cities_are_named(tmp_path: Path, installed: Installation) -> None:
    abroad = Installation(tmp_path, installed.omnitron)
    abroad.init("--countries", "DE,TR")
    (places,) = abroad.findings(code=0)["places"]
    assert places["what"] == "no cities in Germany: nobody can add an address there"


def test_a_link_is_made_for_an_order_that_exists(installed: Installation) -> None:
    assert "There is no order 12" in installed.run("link", "12", code=1)


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--site-url", "orders.shop.example", "--site-url"),
        ("--omnitron-url", "ftp://omnitron", "--omnitron-url"),
        ("--database-url", "mysql://host/name", "--database-url"),
        ("--shop-name", "It's", "--shop-name"),
        ("--channel-id", "one", "--channel-id"),
        ("--email-url", "mail.shop.example", "--email-url"),
        ("--admin-email", "boss", "--admin-email"),
    ],
)
def test_a_flag_that_cannot_be_right_is_named_and_nothing_is_written(
    flag: str, value: str, said: str, tmp_path: Path
) -> None:
    printed = Installation(tmp_path, "http://127.0.0.1:9/").init(flag, value, code=1)
    assert said in printed
    assert not list(tmp_path.iterdir())


def test_an_answer_that_cannot_be_right_is_asked_for_again(installed: Installation, tmp_path: Path) -> None:
    answers = ("orders.shop.example", "https://orders.shop.example", "ftp://omnitron", installed.omnitron, "sandbox")
    answers += (
        "one",
        "",
        "mysql://host/name",
        "",
        "mail.shop.example",
        "",
        "It's",
        "Cup Shop",
        "boss",
        "boss@shop.example",
    )
    printed = Installation(tmp_path, "").answer("init", *answers, OMNITRON_PASSWORD="sandbox")
    for flag in ("--site-url", "--omnitron-url", "--channel-id", "--database-url", "--email-url", "--shop-name"):
        assert f"init: {flag}: " in printed
    assert "init: done" in printed
    assert "SHOP_NAME='Cup Shop'" in (tmp_path / "aftercart.env").read_text()


def test_a_flag_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "--site-url is missing" in Installation(tmp_path, "").run("init", "--no-input", code=1)


def test_production_does_not_begin_on_sqlite_without_a_word(tmp_path: Path) -> None:
    service: dict[str, Any] = {"SECRET_KEY": "x" * 50, "OMNITRON_URL": "http://127.0.0.1:9/", "MAILS": "off"}
    installation = Installation(tmp_path, "")
    assert "ALLOW_SQLITE=1" in installation.run("migrate", "--check", code=1, **service)
    assert not (tmp_path / "var" / "aftercart.sqlite3").exists()


LACKING = {
    "fax": "SIGN_IN names some of",
    "oidc": "OIDC_ISSUER and OIDC_CLIENT_ID",
    "handover": "HANDOVER_KEYS",
    "link": "MAILS is off",
}


@pytest.mark.parametrize("way", LACKING)
def test_a_way_to_sign_in_that_lacks_something_is_not_begun_with(way: str, tmp_path: Path) -> None:
    service = {"SECRET_KEY": "x" * 50, "OMNITRON_URL": "http://127.0.0.1:9/", "MAILS": "off", "ALLOW_SQLITE": "1"}
    site = {"SITE_URL": "https://orders.shop.example"}
    installation = Installation(tmp_path, "")
    assert LACKING[way] in installation.run("migrate", "--check", code=1, SIGN_IN=f"password,{way}", **service, **site)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ALGORITHMS", "none"),
        ("OIDC_ALGORITHMS", "RS256,HS256"),
        ("HANDOVER_ALGORITHM", "none"),
        ("HANDOVER_KEYS", "short"),
    ],
)
def test_what_anybody_could_sign_is_not_begun_with(name: str, value: str, tmp_path: Path) -> None:
    printed = Installation(tmp_path, "").run("migrate", "--check", code=1, DEBUG="1", **{name: value})
    assert f"{name}: " in printed


def test_check_asks_the_shops_login(installed: Installation) -> None:
    chosen = {"SIGN_IN": "oidc", "OIDC_CLIENT_ID": "shop", "OIDC_ISSUER": "http://127.0.0.1:9"}
    printed = installed.run("check", code=1, **chosen)
    assert "error    sign-in" in printed
    assert "Mend OIDC_ISSUER." in printed
    with a_provider() as provider:
        assert "the shop's login can be read" in installed.run(
            "check", code=0, **{**chosen, "OIDC_ISSUER": provider.url}
        )


def test_a_settings_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    printed = Installation(tmp_path, "").run("migrate", code=1, AFTERCART_SETTINGS="/nowhere/aftercart.env")
    assert "there is no such file" in printed


def test_help_names_the_verbs_of_the_first_day(tmp_path: Path) -> None:
    printed = Installation(tmp_path, "").run()
    for verb in ("init", "check", "serve", "worker", "token", "link", "settings", "backup", "restore", "demo"):
        assert f"\n  {verb} " in printed
    assert Path(printed.split()[-1], "deploy", "nginx.conf").is_file()


def test_the_stand_in_for_omnitron_is_a_verb_as_well(tmp_path: Path) -> None:
    said = Installation(tmp_path, "").run("sandbox", "--help")
    assert "A stand-in for Omnitron" in said
    assert not list(tmp_path.iterdir())
