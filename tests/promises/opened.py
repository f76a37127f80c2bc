"""A page of the back office that somebody has open: what its form would send."""

from typing import Any

from django.test import Client

from tests.promises.withdrawing import Fields, Forms


def hidden_in(html: str) -> Fields:
    """What every form of a page sends without being typed: the token, the versions, the counts of its rows."""
    found: Fields = {}
    for fields in Forms(html).found.values():
        found |= {
            name: texts for name, texts in fields.items() if "_FORMS" in name or name.startswith("opened_version")
        }
    return found


def form_of(response: Any) -> dict[str, Any]:
    """All that the form of a change page would send as it stands."""
    form = response.context["adminform"].form
    typed = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in typed.items() if value is not None and value is not False}
    return hidden_in(response.content.decode()) | {name: "on" if v is True else v for name, v in sent.items()}


def save(client: Client, path: str, typed: dict[str, Any]) -> Any:
    """Open a page, and send what is typed with what it hides."""
    return client.post(path, hidden_in(client.get(path).content.decode()) | typed)
