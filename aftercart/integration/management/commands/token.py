"""`aftercart token`: make, list and revoke integration tokens."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from aftercart.integration.models import IntegrationToken, Scope


class Command(BaseCommand):
    """A token is printed once, when it is made; only its hash is kept."""

    help = "Make, list and revoke the tokens by which other systems hand over orders and have links made."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A verb and what it is about."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        make = verbs.add_parser("make", help="make one, and print it")
        make.add_argument("name", help="who uses it: storefront, checkout…")
        make.add_argument("--scope", action="append", choices=Scope.values, help="what for (may be repeated)")
        make.add_argument("--days", type=int, default=365, help="days until it ends (default: 365; 0: never)")
        verbs.add_parser("list", help="all of them, and when each was used last")
        verbs.add_parser("revoke", help="end one").add_argument("hint", help="what it begins with, as `list` shows it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do the verb."""
        getattr(self, f"_{options['verb']}")(options)

    def _make(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        if options["days"] < 0:
            raise CommandError("--days: 0 or more")
        expires = now + timedelta(days=options["days"]) if options["days"] else None
        scopes = options["scope"] or Scope.values
        row, token = IntegrationToken.make(name=options["name"][:100], scopes=scopes, expires_date=expires, now=now)
        self.stderr.write(f"{row.name}: {', '.join(row.scopes)}. Keep it: it is not shown again.")
        self.stdout.write(token)

    def _list(self, _options: dict[str, Any]) -> None:
        for row in IntegrationToken.objects.all():
            ends = f"until {row.expires_date:%Y-%m-%d}" if row.expires_date else "for ever"
            state = "revoked" if row.revoked_date else ends
            used = f"used {row.last_used_date:%Y-%m-%d %H:%M}" if row.last_used_date else "never used"
            self.stdout.write(f"{row.hint}…  {row.name}  {', '.join(row.scopes)}  {state}  {used}")

    def _revoke(self, options: dict[str, Any]) -> None:
        hint = options["hint"].rstrip("…")
        found = IntegrationToken.objects.filter(hint=hint, revoked_date=None)
        if not hint or not found.update(revoked_date=timezone.now()):
            raise CommandError(f"No token in use begins with {hint}.")
