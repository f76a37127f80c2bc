"""`aftercart init`: from nothing to an installation that `aftercart check` can judge.

Runs before there are settings: it asks (or takes flags), writes them to a file, and only then loads Django.
"""

import getpass
import os
import secrets
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

FILE = "aftercart.env"


def main(arguments: list[str]) -> int:
    """0 when the installation stands; 1 with a sentence when it does not. Nothing that is there is overwritten."""
    options = _parser().parse_args(arguments)
    file = Path(options.settings).resolve()
    if file.exists() and not options.force:
        _say(f"init: {file} is there already. Edit it, or begin anew with --force.")
        return 1
    try:
        _complete(options)
        text = _settings(options)
    except ValueError as error:
        _say(f"init: {error}")
        return 1
    _write(file, text)
    _say(f"init: settings are in {file} (only you can read it)")
    os.environ["AFTERCART_SETTINGS"] = str(file)
    return _install(options)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="aftercart init", description="Make an installation. Asks for what no flag says.")
    say = parser.add_argument
    say("--settings", default=FILE, help=f"the file to write (default: {FILE} in this folder)")
    say("--force", action="store_true", help="write a new file over an old one")
    say("--no-input", action="store_true", help="ask nothing: what no flag says must have a default")
    say("--site-url", help="where customers reach the pages: https://orders.shop.example")
    say("--omnitron-url", help="where Omnitron is: https://omnitron.shop.example/")
    say("--omnitron-username", help="the login of the integration at Omnitron")
    say("--omnitron-password", help="its password; better by the environment: OMNITRON_PASSWORD")
    say("--channel-id", help="the sales channel at Omnitron (default: 1)")
    say("--database-url", help="postgresql://user:password@host/name; `sqlite` for a file beside the settings")
    say("--broker-url", default="", help="amqp://user:password@host/vhost; without one, workers need no broker")
    say("--email-url", help="smtp+tls://user:password@host:587, or `off`: nobody is mailed")
    say("--from-email", help="whom mails come from: Shop <orders@shop.example>")
    say("--shop-name", help="the shop's name on pages and in mails")
    say("--time-zone", default="Europe/Istanbul", help="the shop's time zone (default: Europe/Istanbul)")
    starter = (
        "countries that addresses may lie in, by their codes: TR,DE (default: TR, the one that comes with its cities)"
    )
    say("--countries", default="TR", help=starter)
    say("--admin-email", help="the first administrator's e-mail")
    say("--admin-password", help="the password; better by the environment: ADMIN_PASSWORD; without one it is made up")
    return parser


def _complete(options: Namespace) -> None:
    """Ask for what is missing, and again when an answer cannot be right. Raises ValueError, which names the flag."""
    https = _address("https", "http")
    options.site_url = _asked(options, "site_url", "Where do customers reach the pages (https://…)?", check=https)
    options.site_url = options.site_url.rstrip("/")
    options.omnitron_url = _asked(options, "omnitron_url", "Where is Omnitron (https://…/)?", check=https)
    options.omnitron_url = options.omnitron_url.rstrip("/") + "/"
    options.omnitron_username = _asked(options, "omnitron_username", "The integration's login at Omnitron?")
    options.omnitron_password = os.environ.get("OMNITRON_PASSWORD") or _asked(
        options, "omnitron_password", "Its password?", ask=getpass.getpass
    )
    options.channel_id = _asked(options, "channel_id", "The sales channel's id?", default="1", check=_number)
    options.database_url = _asked(
        options,
        "database_url",
        "PostgreSQL (postgresql://user:password@host/name), or sqlite?",
        default="sqlite",
        check=_address("postgresql", "postgres", "sqlite", or_else="sqlite"),
    )
    options.email_url = _asked(
        options,
        "email_url",
        "The mail server (smtp+tls://user:password@host:587), or off?",
        default="off",
        check=_address("smtp+tls", *Env.EMAIL_SCHEMES, or_else="off"),
    )
    if options.email_url != "off":
        options.from_email = _asked(options, "from_email", "Whom do mails come from?", check=_mailable)
    options.shop_name = _asked(options, "shop_name", "The shop's name?", default="Shop")
    options.admin_email = _asked(options, "admin_email", "The first administrator's e-mail?", check=_mailable)


Check = Callable[[str, str], None]
"""Takes a flag and its value; raises ValueError if that cannot be right."""


def _writable(flag: str, value: str) -> None:
    if any(sign in value for sign in "'\\\n"):
        raise ValueError(f"{flag}: quotes, backslashes and line breaks cannot stand in the settings file")


def _number(flag: str, value: str) -> None:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{flag}: {value!r} is not a number")


def _mailable(flag: str, value: str) -> None:
    _writable(flag, value)
    if "@" not in value:
        raise ValueError(f"{flag}: {value!r} is not an e-mail address")


def _address(*schemes: str, or_else: str = "") -> Check:
    """An address of one of these schemes, or this very word."""

    def check(flag: str, value: str) -> None:
        _writable(flag, value)
        parts = urlsplit(value)
        needs_host = parts.scheme.startswith(("http", "postgres", "smtp"))
        if value != or_else and (parts.scheme not in schemes or (needs_host and not parts.hostname)):
            raise ValueError(f"{flag}: {value!r} is not an address of the form {schemes[0]}://host")

    return check


def _asked(
    options: Namespace,
    name: str,
    question: str,
    *,
    default: str = "",
    check: Check = _writable,
    ask: Callable[[str], str] = input,
) -> str:
    value, flag = getattr(options, name), f"--{name.replace('_', '-')}"
    if value not in (None, ""):
        check(flag, str(value))
        return str(value)
    if options.no_input or not sys.stdin.isatty():
        if default:
            return default
        raise ValueError(f"{flag} is missing")
    while True:
        shown = f" [{default}]" if default else ""
        if answer := ask(f"{question}{shown} ").strip() or default:
            try:
                check(flag, answer)
            except ValueError as error:
                _say(f"init: {error}")
            else:
                return answer


def _settings(options: Namespace) -> str:
    """The file's text: one line a setting, each with what it is. systemd reads it, too (`EnvironmentFile=`)."""
    sqlite = options.database_url == "sqlite"
    secure = options.site_url.startswith("https://")
    lines = [
        "# Aftercart's settings. docs/configuration.md lists all of them; `aftercart check` says what is missing.",
        "",
        "# Signs sessions and links. When it changes, the old one stays in SECRET_KEY_FALLBACKS while links live.",
        _line("SECRET_KEY", secrets.token_urlsafe(50)),
        "# Where customers reach the pages, and the hosts that are answered.",
        _line("SITE_URL", options.site_url),
        _line(
            "ALLOWED_HOSTS", ",".join({urlsplit(options.site_url).hostname or "": 1, "127.0.0.1": 1, "localhost": 1})
        ),
        "# Cookies over HTTPS alone, and the proxy in front is believed (X-Forwarded-For, X-Forwarded-Proto).",
        _line("COOKIES_SECURE", "1" if secure else "0"),
        _line("TRUST_FORWARDED_FOR", "1" if secure else "0"),
        "# Browsers stay with HTTPS for an hour; make it a year (31536000) once all is well.",
        _line("SECURE_SSL_REDIRECT", "1" if secure else "0"),
        _line("SECURE_HSTS_SECONDS", "3600" if secure else "0"),
        "",
        "# The order management system.",
        _line("OMNITRON_URL", options.omnitron_url),
        _line("OMNITRON_USERNAME", options.omnitron_username),
        _line("OMNITRON_PASSWORD", options.omnitron_password),
        _line("OMNITRON_CHANNEL_ID", str(options.channel_id)),
        "",
        "# The database. SQLite carries a small shop on one machine; say so, or production refuses it.",
        _line("ALLOW_SQLITE", "1") if sqlite else _line("DATABASE_URL", options.database_url),
        "# The folder of what is kept as files.",
        _line("VAR", str(Path(options.settings).resolve().parent / "var")),
        "# RabbitMQ, for several workers on several machines; without one, `aftercart worker` needs nothing.",
        _line("CELERY_BROKER_URL", options.broker_url) if options.broker_url else "# CELERY_BROKER_URL=",
        "",
        "# Mails to customers; MAILS=off leaves them to someone else.",
        *_mails(options),
        "",
        "# How customers sign in (docs/sign-in/). A mailed link lets in who has no password.",
        _line("SIGN_IN", "password" if options.email_url == "off" else "password,link"),
        "",
        _line("SHOP_NAME", options.shop_name),
        "# `/` leads to my orders; off where a storefront on the same host has it.",
        _line("FRONT_PAGE", "1"),
        _line("TIME_ZONE", options.time_zone),
        "",
    ]
    return "\n".join(lines)


def _mails(options: Namespace) -> list[str]:
    if options.email_url == "off":
        return [_line("MAILS", "off")]
    return [_line("EMAIL_URL", options.email_url), _line("DEFAULT_FROM_EMAIL", options.from_email)]


def _line(name: str, value: str) -> str:
    _writable(name, value)
    return f"{name}='{value}'"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".tmp")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)


def _install(options: Namespace) -> int:
    """What needs the settings: database, static files, the first administrator."""
    import django
    from django.db import DatabaseError

    try:
        django.setup()
    except ImproperlyConfigured as error:
        _say(f"init: {error}")
        return 1
    from django.core.management import call_command

    try:
        call_command("migrate", verbosity=0)
    except DatabaseError as error:
        _say(f"init: the database does not answer: {str(error).splitlines()[0]}")
        _say("init: mend DATABASE_URL in the settings file, then: aftercart migrate && aftercart init --force")
        return 1
    _say("init: the database is ready")
    call_command("collectstatic", interactive=False, verbosity=0)
    _make_administrator(options)
    _offer_choices(options.countries.split(","))
    _say("init: done. Next: aftercart check")
    return 0


def _make_administrator(options: Namespace) -> None:
    from aftercart.customers.models import Customer

    if Customer.objects.filter(is_superuser=True, email__iexact=options.admin_email).exists():
        return
    given = options.admin_password or os.environ.get("ADMIN_PASSWORD", "")
    password = given or secrets.token_urlsafe(12)
    Customer.objects.create_user(options.admin_email, password, is_staff=True, is_superuser=True)
    _say(f"init: administrator {options.admin_email}" + ("" if given else f", password {password}"))


def _offer_choices(countries: list[str]) -> None:
    """Reasons as Omnitron has them, and places to begin with: without both no customer can do anything."""
    from django.core.management import CommandError, call_command

    for verb, arguments in (("pull_reasons", ()), ("import_places", ("--starter", *countries))):
        try:
            call_command(verb, *arguments)
        except CommandError as error:  # the rest of the installation stands; `check` says so again
            _say(f"init: {verb}: {error}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
