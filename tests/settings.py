"""The service's own settings with what tests need changed: quick passwords, no waiting, a database of their own."""

import os
import tempfile

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("VAR", tempfile.mkdtemp(prefix="aftercart-tests-"))
os.environ["OMNITRON_URL"] = "http://127.0.0.1:9/"  # the discard port: a test that forgets its sandbox is told

from aftercart.settings import *

DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OMNITRON_TIMEOUT = 1.0
SETTLE_AFTER_SECONDS = 0.0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
if DATABASES["default"]["ENGINE"] == "aftercart.database.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # pytest-xdist knows only Django's own SQLite by name
