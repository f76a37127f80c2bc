"""The service's own settings with what tests need changed: quick passwords, no waiting, a database of their own."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("DEBUG", "1")
os.environ["AFTERCART_SETTINGS"] = ""
if "VAR" not in os.environ:  # the first process of a run; the others have it from there
    os.environ["VAR"] = tempfile.mkdtemp(prefix="aftercart-tests-")
    atexit.register(shutil.rmtree, os.environ["VAR"], ignore_errors=True)
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):  # what one process has compiled, the next need not: in this folder
    os.environ["PYTHONPYCACHEPREFIX"] = f"{os.environ['VAR']}/compiled"
os.environ["OMNITRON_URL"] = "http://127.0.0.1:9/"  # the discard port: a test that forgets its sandbox is told

from aftercart.settings import *

DEBUG = False
INSTALLED_APPS = [*INSTALLED_APPS, "tests.database"]
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OMNITRON_TIMEOUT = 1.0
SETTLE_AFTER_SECONDS = 0.0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [name for name in MIDDLEWARE if "static_files" not in name]
if DATABASES["default"]["ENGINE"] == "aftercart.database.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # pytest-xdist knows only Django's own SQLite by name
