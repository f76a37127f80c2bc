"""`aftercart VERB`: everything a merchant does with an installation, from one command.

`init` makes an installation; the servers (`serve`, `worker`, `beat`) and the demo become the process that was asked
for; every other verb is a management command, as `manage.py VERB` in a clone.
"""

import os
import sys
from pathlib import Path

SUMMARY = """aftercart: everything a shopper may do with an order after the cart

First day
  init               make an installation: settings, database, first administrator
  check              is everything there that production needs? Each finding says what to do
  pull_reasons       the reasons for cancellations that Omnitron knows
  import_places      countries, cities, townships and districts in, from files or a starter set
  migrate            bring the database to this release
  backup             the whole database to a file, while the service runs
  restore            from such a file into an empty database
Servers
  serve              the web server (granian's options)
  worker             the background worker; without CELERY_BROKER_URL it needs no broker
  beat               tells workers on a broker to look
Orders
  import_orders      orders in, from files
  pull_orders        orders in, from Omnitron
  import_customers   customers in, from files, with the hashes of their passwords
  token              by which other systems hand over orders and have links made
  link               the signed link to a completed order
  reconcile          compare every open order with Omnitron's
Settings
  settings           get, set or show the history of what may change while the service runs
Trying
  demo               a shop with orders in it and a stand-in for Omnitron
  sandbox            the stand-in alone

`aftercart VERB --help` says more; `aftercart help --all` lists every management command. Settings are read from the
environment, and from the file that AFTERCART_SETTINGS names (default: aftercart.env in this folder).
Documents, and files for systemd, nginx, Caddy and containers, are in """

# These become the process that is asked for, so that signals reach it and nothing stands in between.
BECOMES = {
    "serve": ("aftercart.serve",),
    "beat": ("celery", "-A", "aftercart.celery", "beat"),
    "demo": ("aftercart.demo",),
    "sandbox": ("omnitron_sandbox",),
}
WITH_A_BROKER = ("celery", "-A", "aftercart.celery", "worker")
WITHOUT_A_BROKER = ("django", "work")
# Django's own `check` judges code; a merchant's asks whether the installation works.
NAMES = {"check": "check_installation", "django_check": "check"}


def main() -> None:
    """Do what the command line says; ends with the verb's exit code."""
    verb, *rest = sys.argv[1:] or ["help"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aftercart.settings")
    if verb in ("help", "--help", "-h") and rest != ["--all"]:
        sys.stdout.write(f"{SUMMARY}{_beside_the_program()}\n")
        return
    if verb == "init":
        from aftercart.command_line import init

        sys.exit(init.main(rest))
    if verb == "worker":
        _become(_worker(), rest)
    if verb in BECOMES:
        _become(BECOMES[verb], rest)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["aftercart", NAMES.get(verb, verb), *rest])


def _beside_the_program() -> Path:
    """Where docs/ and deploy/ are: brought by the wheel, or in the clone."""
    installed = Path(sys.prefix) / "share" / "aftercart"
    return installed if installed.is_dir() else Path(__file__).parents[2]


def _worker() -> tuple[str, ...]:
    from django.conf import settings

    return WITH_A_BROKER if settings.CELERY_BROKER_URL else WITHOUT_A_BROKER


def _become(module: tuple[str, ...], rest: list[str]) -> None:
    os.execv(sys.executable, [sys.executable, "-m", *module, *rest])  # noqa: S606 (our own commands)
