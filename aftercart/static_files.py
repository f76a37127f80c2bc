"""Static files of the running release: named by their content, and never changed or removed under a process.

`manage.py collectstatic` of an upgrade adds files; what processes of the old release serve stays as it is, so that old
pages and new ones find their own, whichever process is asked (docs/decisions/0039-what-dies-is-replaced.md).
"""

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

logger = logging.getLogger(__name__)

# How Django writes a content's hash into a name.
BY_CONTENT = re.compile(r"\.[0-9a-f]{12}(\.[^./]+)?$")


class ContentStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Collects by adding: whole files in one step, under names that say what is in them."""

    def stored_name(self, name: str) -> str:
        """The name by content; unchanged if nothing was collected: a bare page is better than none."""
        return str(self.hashed_files.get(self.hash_key(self.clean_name(name)), name))

    def url(self, name: str | None, force: bool = False) -> str:
        """The same with and without DEBUG."""
        return str(super().url(name, force=True))

    def delete(self, name: str) -> None:
        """Delete a plain copy. What is named by its content stays, and the manifest is replaced in one step."""
        if name != self.manifest_name and not BY_CONTENT.search(name):
            super().delete(name)

    def _save(self, name: str, content: Any) -> str:
        path = Path(self.path(name))
        if BY_CONTENT.search(name) and path.exists():
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as written:
            for chunk in content.chunks():
                written.write(chunk)
        Path(written.name).chmod(0o644)
        os.replace(written.name, path)
        return name

    def compress_files(self, paths: Iterable[str]) -> Any:
        """Compress only what is not compressed yet: a process may be serving the rest."""
        return super().compress_files([path for path in paths if not self._is_compressed(path)])

    def _is_compressed(self, name: str) -> bool:
        # The compressor sets its files' time to their source's once they are whole.
        path = Path(self.path(name))
        copies = [copy for suffix in (".gz", ".br") if (copy := Path(f"{path}{suffix}")).exists()]
        return bool(copies) and all(copy.stat().st_mtime == path.stat().st_mtime for copy in copies)


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise that also finds what was collected since its process began, and says at the start what is missing."""

    def __init__(self, get_response: Any = None) -> None:
        super().__init__(get_response)
        # Where `find_file` looks: filled by WhiteNoise itself only where it looks anew for each request.
        self.directories = [(f"{os.path.abspath(settings.STATIC_ROOT)}{os.sep}", self.static_prefix)]
        for problem in missing():
            logger.error(problem)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """A static file, or the next one's answer."""
        path = request.path_info
        # A page of a newer release whose stylesheet is asked of this process.
        if path not in self.files and path.startswith(self.static_prefix) and BY_CONTENT.search(path):
            found = self.find_file(path) if "\0" not in path else None
            if found is not None:
                self.files[path] = found
        answer: HttpResponseBase = super().__call__(request)
        return answer


def missing() -> list[str]:
    """What pages need and was not collected, as sentences for an operator."""
    if settings.WHITENOISE_USE_FINDERS or not isinstance(staticfiles_storage, ContentStorage):
        return []
    known = staticfiles_storage.hashed_files
    if not known:
        return [
            f"No static files in {settings.STATIC_ROOT}: pages will be bare. Run `manage.py collectstatic`, "
            "or set STATIC_FROM_SOURCE=1."
        ]
    names = [name.replace("\\", "/") for finder in finders.get_finders() for name, _storage in finder.list([])]
    absent = sorted(set(names) - known.keys())
    if not absent:
        return []
    count = f"{len(absent)} static files of this release"
    return [f"{count} were not collected ({absent[0]}, …): run `manage.py collectstatic`."]
