"""What a test does with the models of a running service: `python -m tests.reliability.inside`, JSON line by line."""

import json
import sys
import time
import traceback
import uuid
from collections.abc import Mapping
from typing import Any

import django

django.setup()

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from environ import Env
from joserfc import jwt
from joserfc.jwk import OctKey

from aftercart.address_changes.models import AddressChange
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest, RequestPart
from aftercart.customers.models import Customer
from aftercart.customers.sign_in_links import TO_SIGN_IN
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.mails.models import Mail
from aftercart.orders.models import Order, OrderEvent
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.promises.opened import hidden_in

REQUEST = [
    "pk",
    "remote_id",
    "order__number",
    "order_item_id",
    "status",
    "because",
    "being_checked",
    "omnitron_pk",
    "last_error",
]
EVENT = ["order__number", "order_item_id", "kind", "from_status", "to_status"]


def seed(*, orders: int = 1, items: int = 3, status: int = 400, pieces: int = 1) -> dict[str, Any]:
    """Ada with so many orders, signed in; answers her cookies, her token and the orders on the wire.

    `pieces`: of each item in every second order; in the others one.
    """
    ada = Customer.objects.filter(email="ada@example.com").first() or builders.a_customer("ada")
    builders.CancellationReason.objects.get_or_create(pk=1, defaults={"subject": "x", "cancellation_type": "cancel"})
    client = Client()
    client.force_login(ada, backend=settings.AUTHENTICATION_BACKENDS[-1])
    token = client.get("/csrf_token/").json()["csrf_token"]
    made = [
        builders.an_order(ada, status=status, items=items, item_fields={"quantity": pieces if n % 2 else 1})
        for n in range(orders)
    ]
    return {
        "cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={token}",
        "token": token,
        "orders": [builders.as_wire(order) for order in made],
        "address": builders.an_address(ada, line="Elsewhere 2").pk,
    }


def staff(*, page: str) -> dict[str, Any]:
    """Somebody of the back office, signed in, who has a page open; what its form hides is in `hidden`."""
    root = Customer.objects.create_superuser("root@example.com", "secret")
    client = Client()
    client.force_login(root, backend=settings.AUTHENTICATION_BACKENDS[-1])
    token = client.get("/csrf_token/").json()["csrf_token"]
    return {
        "cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={token}",
        "token": token,
        "hidden": hidden_in(client.get(page).content.decode()),
    }


def settings_stored() -> dict[str, Any]:
    """The dynamic settings that are stored, by name."""
    return dict(DynamicSetting.objects.values_list("name", "value"))


def facts(*, numbers: list[str] | None = None) -> dict[str, Any]:
    """Everything that a law speaks about, of some orders (default: all)."""
    orders = Order.objects.all() if numbers is None else Order.objects.filter(number__in=numbers)
    of_these = {"order__in": orders}
    duties = [kind.model._default_manager for kind in KINDS]
    return {
        "orders": {
            order.number: {
                "status": order.status,
                "items": {str(i.pk): i.status for i in order.items.all()},
                "gone": {str(i.pk): i.returned_quantity + i.withdrawn_quantity for i in order.items.all()},
            }
            for order in orders.prefetch_related("items")
        },
        "attempts": list(
            CancellationAttempt.objects.filter(**of_these).values("order__number", "state", "because", "last_error")
        ),
        "requests": [
            {**row, "names": names_at_omnitron(row), "open_names": names_at_omnitron(row, only_open=True)}
            for row in CancellationRequest.objects.filter(**of_these).values(*REQUEST)
        ],
        "changes": list(
            AddressChange.objects.filter(**of_these).values("order__number", "state", "because", "last_error")
        ),
        "addresses": {order.number: order.shipping_address["line"] for order in orders},
        "open_duties": sum(rows.filter(next_attempt_at__lte=timezone.now()).count() for rows in duties),
        "dead_duties": sum(rows.filter(is_dead=True).count() for rows in duties),
        "withdrawals": [
            {"state": one.state, "reasons": one.reasons, "acknowledged": Mail.objects.filter(about=one.about).count()}
            for one in Withdrawal.objects.filter(**of_these)
        ],
        "events": list(OrderEvent.objects.filter(**of_these).order_by("pk").values(*EVENT)),
    }


def names_at_omnitron(row: Mapping[str, Any], *, only_open: bool = False) -> list[str]:
    """What Omnitron knows a request by: one name for each part that it is about, or its own."""
    parts = RequestPart.objects.filter(request=row["pk"])
    names = parts.exclude(status__in=("rejected", "completed", "withdrawn")) if only_open else parts
    return list(names.values_list("remote_id", flat=True)) if parts else [row["remote_id"]]


def take_away(*, constraint: str) -> None:
    """Drop a guard: what a control test does."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX "{constraint}"')


def drop(*, table: str, constraint: str) -> None:
    """Take away a guard that is a constraint of its table and not an index alone."""
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{constraint}"')


def sign_in_link() -> str:
    """The path of a link that signs Ada in, as a mail carries it."""
    ada = Customer.objects.get(email="ada@example.com")
    return reverse(TO_SIGN_IN.page, args=[TO_SIGN_IN.sign(ada, token=uuid.uuid4().hex, email=ada.email)])


def handover_token(*, key: str, audience: str) -> str:
    """A storefront's word for Ada."""
    now = int(time.time())
    said = {"aud": audience, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex, "email": "ada@example.com"}
    return jwt.encode({"alg": "HS256"}, said, OctKey.import_key(key))


VERBS = {
    "handover_token": handover_token,
    "sign_in_link": sign_in_link,
    "seed": seed,
    "facts": facts,
    "staff": staff,
    "settings_stored": settings_stored,
    "take_away": take_away,
    "drop": drop,
}


def main() -> None:
    """Answer one line after the other; no connection is kept in between, so that a database may go and come."""
    for line in sys.stdin:
        asked = json.loads(line)
        engine = connection.settings_dict["ENGINE"]
        connection.settings_dict.update({**Env.db_url_config(asked["database"]), "ENGINE": engine})
        try:
            told = {"answer": VERBS[asked["verb"]](**asked["wishes"])}
        except Exception:  # noqa: BLE001 (whoever asked says so)
            told = {"wrong": traceback.format_exc()}
        connections.close_all()
        sys.stdout.write(json.dumps(told, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
