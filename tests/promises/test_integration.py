"""Orders handed over and links made by other systems, by their tokens."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from aftercart.integration.models import IntegrationToken, Scope
from aftercart.mails.models import Mail
from aftercart.mails.rendering import rendered
from aftercart.orders.models import Order, OrderEvent
from tests import builders
from tests.conftest import SignedIn

ORDERS = "/integration/orders/"


@pytest.fixture
def token(transactional_db: None) -> str:
    return a_token()


def a_token(*scopes: Scope, days: int = 1) -> str:
    now = timezone.now()
    every = [str(scope) for scope in scopes or Scope]
    return IntegrationToken.make(name="checkout", scopes=every, expires_date=now + timedelta(days=days), now=now)[1]


def send(path: str, token: str, body: Any = None) -> Any:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(path, text, content_type="application/json", headers={"Authorization": f"Bearer {token}"})


def exported(ada: Any, **more: Any) -> Any:
    """An order as the storefront writes it; its own rows are gone."""
    order = builders.an_order(ada)
    wire = builders.as_wire(order)
    order.delete()
    return wire | more


def link_path(number: str) -> str:
    return f"/integration/orders/{number}/completed-link/"


def test_orders_come_in_and_the_same_again_changes_nothing(token: str, ada: Any) -> None:
    orders = [exported(ada), exported(ada)]
    first = send(ORDERS, token, orders)
    assert (first.status_code, first.json()) == (200, {"new": 2, "changed": 0, "unchanged": 0, "refused": []})
    assert send(ORDERS, token, {"results": orders}).json()["unchanged"] == 2
    assert set(OrderEvent.objects.values_list("actor", flat=True)) == {"integration: checkout"}


def test_one_bad_order_is_reported_with_its_path_and_stops_no_other(token: str, ada: Any) -> None:
    good, bad = exported(ada), exported(ada, amount="much")
    answer = send(ORDERS, token, [bad, {"order": good}])
    assert answer.status_code == 200
    told = answer.json()
    assert told["new"] == 1
    (refused,) = told["refused"]
    assert (refused["number"], refused["place"]) == (bad["number"], "0")
    assert refused["reasons"][0].startswith("amount: ")


@pytest.mark.parametrize("body", ["", "[", "3", '"order"', "[[[[[]]]]]", "null"])
def test_what_is_no_order_is_reported_and_nothing_is_lost(body: str, token: str) -> None:
    answer = send(ORDERS, token, body)
    assert answer.status_code == 200
    assert answer.json()["new"] == 0
    assert not Order.objects.exists()


def test_a_body_that_is_too_large_is_413(token: str, ada: Any) -> None:
    body = json.dumps([exported(ada)]) + " " * django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert send(ORDERS, token, body).status_code == 413


def test_a_link_that_a_token_made_opens_the_order_for_its_owner(token: str, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    answer = send(link_path(order.number), token)
    assert answer.status_code == 200
    told = answer.json()
    assert told["url"].endswith(told["path"])
    assert at_ada.read(told["path"]).json()["order"]["number"] == order.number


def test_a_link_to_an_order_that_is_not_there_is_404(token: str) -> None:
    assert send(link_path("999"), token).status_code == 404


def refused_tokens(token: str) -> dict[str, str]:
    over = a_token(days=-1)
    revoked = a_token()
    IntegrationToken.objects.filter(hint=revoked[:8]).update(revoked_date=timezone.now())
    return {
        "none": "",
        "unknown": "aft_unknown",
        "over": over,
        "revoked": revoked,
        "cut": token[:-1],
        "more": token + "x",
    }


def test_every_token_that_is_not_good_gets_one_and_the_same_answer(token: str, stock: Any, ada: Any) -> None:
    number = stock(ada).number
    answers = {
        (answer.status_code, answer.content, answer["WWW-Authenticate"])
        for bad in refused_tokens(token).values()
        for answer in (send(link_path(number), bad), send(link_path("999"), bad), send(ORDERS, bad, [{}]))
    }
    assert len(answers) == 1
    ((status, content, how),) = answers
    assert (status, json.loads(content)["error_code"], how) == (401, "token_refused", "Bearer")


def test_a_session_is_no_token(at_ada: Any, stock: Any, ada: Any) -> None:
    assert at_ada.send(link_path(stock(ada).number), {}).status_code == 401


@pytest.mark.parametrize(("scope", "path"), [(Scope.LINKS, ORDERS), (Scope.ORDERS, link_path("1"))])
def test_a_token_for_something_else_is_403(scope: Scope, path: str, transactional_db: None) -> None:
    answer = send(path, a_token(scope), [{}])
    assert (answer.status_code, answer.json()["error_code"]) == (403, "not_allowed")


def test_only_the_hash_of_a_token_is_kept(token: str) -> None:
    row = IntegrationToken.objects.get()
    kept = json.dumps([str(value) for value in vars(row).values()])
    assert token not in kept
    assert token[8:] not in kept


def test_a_use_is_remembered(token: str) -> None:
    send(link_path("999"), token)
    assert IntegrationToken.objects.get().last_used_date is not None


def test_a_token_is_made_listed_and_revoked_by_command(transactional_db: None, capsys: Any) -> None:
    call_command("token", "make", "checkout", "--scope", "links", "--days", "30")
    made = capsys.readouterr().out.strip()
    assert send(link_path("999"), made).status_code == 404
    call_command("token", "list")
    listed = capsys.readouterr().out
    assert made[:8] in listed
    assert made not in listed
    call_command("token", "revoke", made[:8])
    assert send(link_path("999"), made).status_code == 401
    with pytest.raises(CommandError):
        call_command("token", "revoke", made[:8])


def test_a_new_order_is_thanked_for_once_with_a_link_where_the_merchant_wishes_it(
    token: str, ada: Any, settings: Any
) -> None:
    silent, told = exported(ada), exported(ada)
    send(ORDERS, token, silent)
    assert not Mail.objects.exists()
    settings.THANK_YOU_MAIL = True
    send(ORDERS, token, told)
    send(ORDERS, token, told | {"amount": "120.00"})
    (mail,) = Mail.objects.all()
    assert (mail.to, mail.order_id) == (told["user_email"], told["id"])
    path = re.search(r"/orders/completed/\S+/", rendered(mail).text)
    assert path is not None
    assert SignedIn(ada).read(path[0]).json()["order"]["number"] == told["number"]


def test_an_old_order_is_not_thanked_for(token: str, ada: Any, settings: Any) -> None:
    settings.THANK_YOU_MAIL = True
    send(ORDERS, token, exported(ada, created_date="2026-01-31T09:30:00Z"))
    assert not Mail.objects.exists()


def test_the_back_office_shows_a_link_for_the_customer(stock: Any, ada: Any, at_ada: Any, client: Client) -> None:
    order = stock(ada)
    staff = builders.a_customer("boss", is_staff=True, is_superuser=True)
    client.force_login(staff, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    page = client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    path = re.search(r'href="(/orders/completed/[^"]+/)"', page)
    assert path is not None
    assert at_ada.read(path[1]).status_code == 200
