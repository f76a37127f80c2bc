"""The environment, and the file that says what it does not: the other groups read them by `env`.

Here stands what all of them hang on: where files are, whether this is development, who is answered and who signs.
"""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
# What the environment does not say may stand in a file, as `aftercart init` writes it. Empty: in none.
SETTINGS_FILE = env.str("AFTERCART_SETTINGS", default="aftercart.env")
if SETTINGS_FILE and Path(SETTINGS_FILE).is_file():
    environ.Env.read_env(SETTINGS_FILE)
elif SETTINGS_FILE and "AFTERCART_SETTINGS" in os.environ:
    raise ImproperlyConfigured(f"AFTERCART_SETTINGS names {SETTINGS_FILE}, and there is no such file.")
BASE_DIR = Path(__file__).resolve().parent.parent.parent
# Beside manage.py in a clone; where the package is installed, in the folder it is run from.
VAR = Path(env.str("VAR", default=str(BASE_DIR / "var" if (BASE_DIR / "manage.py").exists() else "var"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
# A fixed key is fine where nothing is worth forging, and only there: with DEBUG off the service refuses it.
SECRET_KEY = env.str("SECRET_KEY", default="only-for-development" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set: links and sessions are signed with it.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
