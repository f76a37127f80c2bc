"""The service's settings in the processes that reliability tests start: real, but for quick passwords and leases."""

import os
import signal

from aftercart import steps
from aftercart.settings import *

DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", "3"))
SETTLE_AFTER_SECONDS = 0.2
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def _die_at(step: str) -> None:
    """End this very process, without mercy, at the step that the test names."""
    if step == os.environ["KILL_AT"]:
        os.kill(os.getpid(), signal.SIGKILL)


if "KILL_AT" in os.environ:
    steps.hook = _die_at
