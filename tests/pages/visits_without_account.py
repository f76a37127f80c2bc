"""The pages of whoever has no account, of withdrawals, of errors, and a shop's looks, in each of their states."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone, translation

from aftercart import http_errors
from aftercart.account.access import customer_page
from aftercart.customers.sign_in_links import TO_NEW_PASSWORD, TO_SIGN_IN
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.errors import TryLater
from aftercart.mailed_links.links import TO_ORDER, TO_WITHDRAW
from aftercart.orders.models import Order
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.pages.visits import BY_TRANSFER, IBAN, Place, Visitor, Visits


def withdrawals(at: Place) -> Visits:
    """Declaring, confirming, acknowledged; by an account and by a link."""
    ada, anybody = at.visitor(at.scene.customer), at.visitor()
    here, items = f"{at.order('mixed')}withdraw/", at.items("mixed")
    yield "declare", ada.get(here)
    yield "declare partly", ada.get(f"{at.order('on its way')}withdraw/")
    yield "nothing chosen", ada.send(here, "review", declaration="x", name="", contact="")
    fields: dict[str, Any] = {
        "name": "Ada Example",
        "contact": "ada@example.com",
        "declaration": _declaration(ada.get(here)),
    }
    several = {"item": [items[0], items[3]], f"quantity-{items[3]}": "2"}
    yield (
        "wrong",
        ada.send(here, "review", **{**fields, "contact": "ada"}, item=items[3], **{f"quantity-{items[3]}": "9"}),
    )
    yield "confirm", ada.send(here, "review", **fields, **several)
    yield "change", ada.send(here, "edit", **fields, **several)
    yield "acknowledged", ada.get(ada.send(here, "confirm", **fields, **several)["Location"])
    yield "declare the rest", ada.get(here)
    yield "closed", ada.get(f"{at.order('cancelled')}withdraw/")
    yield "over", ada.get(f"{at.order('old 3')}withdraw/")
    assert at.scene.withdrawal is not None
    done = Withdrawal.objects.filter(pk=at.scene.withdrawal.pk)
    for state in ("done", "left_to_the_shop"):
        done.update(state=state)
        yield f"acknowledged {state}", ada.get(f"/account/withdrawals/{at.scene.withdrawal.uuid}/")
    order = at.stocked(items=2, number="2284207301612903", details=BY_TRANSFER, status=550)
    order.items.update(delivered_date=timezone.now(), quantity=3)
    link = f"/withdrawals/{TO_WITHDRAW.sign(order)}/"
    fields["declaration"] = _declaration(anybody.get(link))
    fields |= {"item": [str(item.pk) for item in order.items.order_by("pk")]}
    yield "declare by link", anybody.get(link)
    yield "wrong iban by link", anybody.send(link, "review", **fields, iban="TR00")
    fields |= {"iban": IBAN, "holder_name": "Ada Yılmaz"}
    yield "confirm by link", anybody.send(link, "review", **fields)
    yield "acknowledged by link", anybody.get(anybody.send(link, "confirm", **fields)["Location"])
    yield "closed by link", anybody.get(link)
    yield "refused by link", anybody.send(link, "review", **fields)
    yield "ask", anybody.get("/withdraw/")
    yield "ask signed in", ada.get("/withdraw/")
    yield "ask wrong", anybody.send("/withdraw/", number="", email="ada")
    yield "asked", anybody.get("/withdraw/asked/")
    DynamicSetting.objects.create(name="WITHDRAWAL", value={"enabled": False})
    yield "not offered", ada.get(f"{at.order('fresh')}withdraw/")
    at.elapse(timedelta(seconds=django_settings.WITHDRAWAL_LINK_MAX_AGE + 60))
    yield "link over", anybody.get(link)


def _declaration(page: Any) -> str:
    """The key that the form was made with."""
    return str(page.content.decode().split('name="declaration" value="')[1].split('"')[0])


def guests(at: Place) -> Visits:
    """An order without an account."""
    anybody = at.visitor()
    yield "ask", anybody.get("/guest/")
    yield "ask wrong", anybody.send("/guest/", number="", email="gul")
    yield "asked", anybody.get(anybody.send("/guest/", number="1", email="gul@example.com")["Location"])
    for name in ("fresh", "mixed", "answered", "cancelled", "delivered", "on its way"):
        yield f"order {name}", anybody.get(_guests(at.scene.orders[name]))
        yield f"cancel {name}", anybody.get(f"{_guests(at.scene.orders[name])}cancel/")
    here, items = f"{_guests(at.scene.orders['fresh'])}cancel/", at.items("fresh")
    yield "cancel nothing", anybody.send(here, "review")
    yield "cancel wrong", anybody.send(here, "review", item=items[:1], **{f"reason-{items[0]}": "3"})
    chosen = {"item": items[:2], f"reason-{items[0]}": "1"}
    yield "confirm", anybody.send(here, "review", **chosen)
    yield "change", anybody.send(here, "edit", **chosen)
    yield "asked the shop", anybody.get(anybody.send(here, "confirm", **chosen)["Location"])
    yield "refused", anybody.send(here, "confirm", **chosen)
    order = at.stocked(items=1, number="2284207301612904", details=BY_TRANSFER)
    yield "cancel by transfer", anybody.get(f"{_guests(order)}cancel/")
    link = _guests(at.scene.orders["fresh"])
    at.elapse(timedelta(seconds=django_settings.GUEST_LINK_MAX_AGE + 60))
    yield "link over", anybody.get(link)
    at.settings.GUEST_LINKS_PER_ADDRESS = 1
    anybody.send("/guest/", number="1", email="gul@example.com")
    yield "too often", anybody.send("/guest/", number="1", email="gul@example.com")


def _guests(order: Order) -> str:
    return f"/guest/orders/{TO_ORDER.sign(order)}/"


def sign_in(at: Place) -> Visits:
    """Every way in, and out."""
    anybody, ada = at.visitor(), at.scene.customer
    yield "form", anybody.get("/account/login/")
    yield "form from a page", anybody.get(f"/account/login/?next={at.order('fresh')}")
    yield "form empty", anybody.send("/account/login/")
    yield "form wrong", anybody.send("/account/login/", email="ada@example.com", password="wrong")
    yield "form no e-mail", anybody.send("/account/login/", email="ada", password="x")
    for ways in ("password,link", "link", "oidc", "password,oidc", "oidc,link", "handover"):
        at.settings.SIGN_IN = ways.split(",")
        yield f"form of {ways.replace(',', ' and ')}", anybody.get(f"/account/login/?next={at.order('fresh')}")
    yield "hand-over failed", anybody.get("/session/handover/?token=x")
    at.settings.SIGN_IN = ["password", "link"]
    for name, path in {"link": "/account/link/", "password": "/account/password/"}.items():
        yield f"{name} ask", anybody.get(path)
        yield f"{name} ask from a page", anybody.get(f"{path}?next={at.order('fresh')}")
        yield f"{name} ask wrong", anybody.send(path, email="ada")
        yield f"{name} asked", anybody.get(anybody.send(path, email="nobody@example.com")["Location"])
        yield f"{name} over", anybody.get(f"{path}forged/")
    yield "by link", anybody.get(f"/account/link/{TO_SIGN_IN.sign(ada, token='a', email=ada.email)}/")
    password = f"/account/password/{TO_NEW_PASSWORD.sign(ada, token='b', email=ada.email)}/"
    yield "new password", anybody.get(password)
    yield "new password empty", anybody.send(password)
    yield "new password bad", anybody.send(password, password="1234")
    at.settings.SIGN_IN_LINKS_PER_ADDRESS = 1
    yield "too often", anybody.send("/account/link/", email="ada@example.com")
    known = at.visitor(ada)
    yield "sign out", known.get("/users/logout/")
    yield "signed out", known.send("/users/logout/")
    DynamicSetting.objects.create(name="WITHDRAWAL", value={"enabled": False})
    yield "form without withdrawal", anybody.get("/account/login/")


def errors(at: Place) -> Visits:
    """What went wrong, said to a person."""
    ada, anybody = at.visitor(at.scene.customer), at.visitor()
    yield "not found", ada.get("/account/orders/1/")
    yield "not found signed out", anybody.get("/nowhere/")
    yield "no such method", ada.delete("/account/orders/")
    strict = at.visitor(at.scene.customer)
    strict.handler.enforce_csrf_checks = True
    yield "form too old", strict.send("/account/addresses/new/", "save")
    yield "too many fields", ada.post("/account/addresses/new/", {f"f{n}": "" for n in range(10_001)})
    yield "try later", _answered(at, customer_page(_later))
    yield "breakdown", _broken(at, RuntimeError("a secret"))
    at.settings.SHOP_ACCENT, at.settings.SHOP_SUPPORT_EMAIL = "#6d28d9", "help@example.com"
    yield "database away", _broken(at, OperationalError("gone"))


def _later(_request: Any) -> Any:
    raise TryLater("busy", "We are busy at the moment. Please try again in a few seconds.", seconds=5)


def _answered(at: Place, view: Any) -> Any:
    request = RequestFactory().get("/account/orders/", headers={"accept": "text/html"})
    request.user = at.scene.customer
    with translation.override(at.language):
        return view(request)


def _broken(at: Place, error: Exception) -> Any:
    try:
        raise error
    except type(error):
        return _answered(at, http_errors.server_error)


def looks(at: Place) -> Visits:
    """A shop's own name, logo, colour and help."""
    ada = at.visitor(at.scene.customer)
    at.settings.SHOP_NAME, at.settings.SHOP_ACCENT = "Cups & Saucers", "#6d28d9"
    at.settings.SHOP_LOGO_URL = "https://example.com/logo.svg?a=1&b=2"
    yield "logo and colour", ada.get("/account/addresses/")
    at.settings.SHOP_SUPPORT_URL = "https://example.com/help?a=1&b=2"
    yield "help", ada.get("/account/orders/1/")
    at.settings.SHOP_SUPPORT_EMAIL = "help@example.com"
    yield "help and e-mail", ada.get("/account/orders/1/")
    at.settings.SHOP_SUPPORT_URL = ""
    yield "e-mail", ada.get("/account/orders/1/")
    yield from _hostile(at, ada)


def _hostile(at: Place, ada: Visitor) -> Visits:
    """Texts that would be markup, wherever a customer or the shop writes some."""
    nasty = "<b>\"'&amp;</b>{{ 7 }}{% x %}%(a)s"
    order = at.stocked(items=1, number='a<b>"&', details={"payment_option": {"name": nasty}})
    item = order.items.get()
    item.product["name"] = nasty
    item.save()
    order.shipping_address["line"] = nasty
    order.invoice_number = nasty[:20]
    order.save()
    path = f"/account/orders/{quote(order.number, safe='')}/"
    yield "markup in an order", ada.get(path)
    yield "markup in the form", ada.get(f"{path}cancel/")
    yield "markup typed", ada.send(f"{path}cancel/", "review", item=item.pk, **{f"description-{item.pk}": nasty})
    builders.an_address(at.scene.customer, title=nasty[:40], line=nasty)
    yield "markup in the book", ada.get("/account/addresses/")
    yield "markup searched", ada.get("/account/orders/", {"number": nasty, "other": nasty})
    typed = {"title": nasty, "line": nasty, "next": f"/account/{nasty}"}
    yield "markup in an address", ada.send("/account/addresses/new/", "save", **typed)
