"""The service's settings in the processes that reliability tests start: real, but for quick passwords and leases."""

import os
import signal
import time

from aftercart import failpoints
from aftercart.settings import *

DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", "3"))
SETTLE_AFTER_SECONDS = 0.2
if "STATIC_FROM_SOURCE" not in os.environ:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
if "STYLES_OF_RELEASE" in os.environ:  # a folder whose files come before those of the source tree
    STATICFILES_DIRS = [os.environ["STYLES_OF_RELEASE"], *STATICFILES_DIRS]


def _die_at(step: str) -> None:
    """End this very process, without mercy, at the step that the test names."""
    if step == os.environ["KILL_AT"]:
        os.kill(os.getpid(), signal.SIGKILL)


def _pause_at(step: str) -> None:
    """Stay a while at the step that the test names, so that others come by: a race that is forced, not hoped for."""
    if step == os.environ["PAUSE_AT"]:
        time.sleep(float(os.environ.get("PAUSE_SECONDS", "2")))


if "KILL_AT" in os.environ:
    failpoints.hook = _die_at
elif "PAUSE_AT" in os.environ:
    failpoints.hook = _pause_at

if "CLOCK_AHEAD" in os.environ:  # seconds by which the machine of this process is ahead of all others
    import datetime

    import time_machine

    time_machine.travel(
        datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=float(os.environ["CLOCK_AHEAD"]))
    ).start()
