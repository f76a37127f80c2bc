"""Static files of the release that runs: old processes serve old files, new ones theirs; what is missing is told."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from aftercart.static_files import ContentStorage, StaticFilesMiddleware, missing

STYLE = "shop/page.css"


class Release:
    """A clone's static sources, and what is collected of them."""

    def __init__(self, sources: Path, root: Path) -> None:
        self.sources, self.root = sources, root
        self.write("a { color: red }")

    def write(self, style: str) -> None:
        (self.sources / "shop").mkdir(parents=True, exist_ok=True)
        (self.sources / STYLE).write_text(style)

    def collect(self) -> None:
        staticfiles_storage._wrapped = ContentStorage()
        call_command("collectstatic", interactive=False, verbosity=0)

    def process(self) -> "Process":
        """A web process that begins now."""
        staticfiles_storage._wrapped = ContentStorage()  # each process reads the manifest once
        return Process()


class Process:
    """What a web process knows from its start: where its pages' styles are, and what it can serve."""

    def __init__(self) -> None:
        self.middleware = StaticFilesMiddleware(lambda request: HttpResponse(status=404))
        self.style = staticfiles_storage.url(STYLE)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        request: HttpRequest = RequestFactory().get(path, headers=headers)
        answer: Any = self.middleware(request)
        body = answer.getvalue()
        if answer.streaming:
            answer.file_to_stream.close()
        return answer.status_code, body


@pytest.fixture
def release(settings: Any, tmp_path: Path) -> Iterator[Release]:
    settings.STATIC_ROOT = str(tmp_path / "root")
    settings.STATICFILES_DIRS = [str(tmp_path / "sources")]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "aftercart.static_files.ContentStorage"},
    }
    (tmp_path / "root").mkdir()
    finders.get_finder.cache_clear()
    kept = staticfiles_storage._wrapped
    staticfiles_storage._wrapped = ContentStorage()
    yield Release(tmp_path / "sources", tmp_path / "root")
    staticfiles_storage._wrapped = kept
    finders.get_finder.cache_clear()


@pytest.mark.parametrize("style", ["a { color: blue; background: white }" * 20, "b {}"], ids=["longer", "shorter"])
def test_a_process_serves_its_own_files_after_those_of_a_new_release_were_collected(
    release: Release, style: str
) -> None:
    release.collect()
    old = release.process()
    assert old.get(old.style) == (200, b"a { color: red }")
    release.write(style)
    release.collect()
    assert old.get(old.style) == (200, b"a { color: red }")
    new = release.process()
    assert new.style != old.style
    assert new.get(new.style) == (200, style.encode())
    # A proxy asks whichever process is free for the styles of either page.
    assert new.get(old.style) == (200, b"a { color: red }")
    assert old.get(new.style) == (200, style.encode())


def test_what_a_process_serves_is_not_even_written_again(release: Release) -> None:
    release.write("a { color: red }" * 100)
    release.collect()
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in release.root.rglob("page.*")}
    assert len(before) == 2, "with its compressed copy"
    release.collect()
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in release.root.rglob("page.*")} == before


def test_no_plain_name_is_served_that_would_mean_another_file_tomorrow(release: Release) -> None:
    release.collect()
    assert release.process().get(f"/static/{STYLE}")[0] == 404


def test_a_name_that_was_never_collected_is_nobodys(release: Release) -> None:
    release.collect()
    process = release.process()
    for path in (
        "/static/shop/page.000000000000.css",
        "/static/../settings.0123456789ab.py",
        "/static/%00.0123456789ab.css",
    ):
        assert process.get(path)[0] == 404


def test_pages_without_collected_files_are_bare_and_the_start_says_so(release: Release, caplog: Any) -> None:
    process = release.process()
    assert process.style == f"/static/{STYLE}"
    assert "pages will be bare. Run `manage.py collectstatic`" in caplog.text
    assert len(missing()) == 1


def test_a_release_whose_new_files_were_not_collected_says_so_at_the_start(release: Release, caplog: Any) -> None:
    release.collect()
    release.process()
    assert not caplog.text
    (release.sources / "new.css").write_text("a {}")
    release.process()
    assert "1 static files of this release were not collected (new.css, …)" in caplog.text


def test_a_collection_that_was_interrupted_is_made_good_by_the_next(release: Release) -> None:
    release.collect()
    shutil.rmtree(release.root / "shop")
    release.collect()
    process = release.process()
    assert process.get(process.style)[0] == 200
