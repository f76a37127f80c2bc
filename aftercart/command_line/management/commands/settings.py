"""`aftercart settings get|set|history`: dynamic settings, with the validation of the back office."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.dynamic_settings.schema import BY_NAME, validated


class Command(BaseCommand):
    """Read and change what may change while the service runs; effective at the next request."""

    help = "Get, set, reset or show the history of a dynamic setting."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A verb, a name, and for `set` the value."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        names = {"metavar": "NAME", "choices": sorted(BY_NAME), "help": ", ".join(sorted(BY_NAME))}
        verbs.add_parser("get", help="what is in force, as JSON").add_argument("name", nargs="?", **names)  # type: ignore[arg-type]
        to_set = verbs.add_parser("set", help="store a value")
        to_set.add_argument("name", **names)  # type: ignore[arg-type]
        to_set.add_argument("value", help="JSON")
        to_set.add_argument("--why", default="", help="a reason, kept in the history")
        verbs.add_parser("reset", help="bring the defaults back").add_argument("name", **names)  # type: ignore[arg-type]
        verbs.add_parser("history", help="who changed it to what, newest first").add_argument("name", **names)  # type: ignore[arg-type]

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do the verb."""
        getattr(self, f"_{options['verb']}")(options)

    def _get(self, options: dict[str, Any]) -> None:
        names = [options["name"]] if options["name"] else sorted(BY_NAME)
        found = {name: _in_force(name) for name in names}
        self.stdout.write(_json(found[options["name"]] if options["name"] else found))

    def _set(self, options: dict[str, Any]) -> None:
        try:
            value = json.loads(options["value"])
        except ValueError as error:
            raise CommandError(f"This is not JSON: {error}") from None
        setting = DynamicSetting.objects.filter(pk=options["name"]).first() or DynamicSetting(name=options["name"])
        setting.value = value
        setattr(setting, "_change_reason", options["why"][:100] or None)  # noqa: B010 (simple_history's own name)
        try:
            setting.save()
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        self.stdout.write(_json(_in_force(options["name"])))

    def _reset(self, options: dict[str, Any]) -> None:
        setting = DynamicSetting.objects.filter(pk=options["name"]).first()
        if setting is not None:
            setting.delete()
        self.stdout.write(_json(_in_force(options["name"])))

    def _history(self, options: dict[str, Any]) -> None:
        kinds = {"+": "stored", "~": "changed", "-": "reset"}
        for record in DynamicSetting.history.filter(name=options["name"]).order_by("-history_date"):
            who = record.history_user or "command line"
            why = f" ({record.history_change_reason})" if record.history_change_reason else ""
            value = json.dumps(record.value, ensure_ascii=False)
            kind = kinds[record.history_type]
            self.stdout.write(f"{record.history_date:%Y-%m-%d %H:%M:%S} {kind} by {who}{why}: {value}")


def _in_force(name: str) -> Any:
    """What requests are judged by: the stored value, or the defaults where there is none or it is not valid."""
    setting = DynamicSetting.objects.filter(pk=name).first()
    stored = setting.value if setting is not None and not setting.problems() else None
    typed = BY_NAME[name]() if stored is None else validated(name, stored)
    return typed.model_dump(mode="json")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
