"""A public name means one thing in all of the product."""

from pathlib import Path

from tests.architecture.names import ROLES, defined_twice, public_names


def test_no_public_name_is_defined_in_two_modules() -> None:
    """Rename one of each, by what docs/glossary.md calls it; or say in `ROLES` who looks it up under this name."""
    assert not defined_twice(public_names())


def test_every_role_is_played_more_than_once() -> None:
    names = public_names()
    assert [role for role in ROLES if len(names.get(role, ())) < 2] == []


def test_a_name_that_two_modules_define_is_found(tmp_path: Path) -> None:
    for module in ("one", "two"):
        (tmp_path / f"{module}.py").write_text("def ask(): ...\ndef _own(): ...\nclass Command: ...\n")
    assert defined_twice(public_names(tmp_path)) == {"ask": ["one.py", "two.py"]}
