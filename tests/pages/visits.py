"""The account's pages in each of their states, visited without a browser. Each function yields a name and an answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from aftercart.address_changes.models import AddressChange
from aftercart.cancellations.models import CancellationRequest, RequestStatus
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders import signed_number
from aftercart.orders.models import Order, OrderItem
from omnitron_sandbox import Sandbox
from tests import builders
from tests.browser.scenes import LONG_WORD, Scene
from tests.conftest import AsServed

IBAN = "TR33 0006 1005 1978 6457 8413 26"
BY_TRANSFER = {"payment_option": {"pk": 3, "name": "Bank transfer", "payment_type": "funds_transfer", "slug": "eft"}}
Visits = Iterator[tuple[str, Any]]


class Visitor(Client):
    """A browser in one language; signed in where a customer is given."""

    def __init__(self, language: str, customer: Any = None) -> None:
        super().__init__(raise_request_exception=False, headers={"accept": "text/html", "accept-language": language})
        self.handler = AsServed(enforce_csrf_checks=False)
        if customer is not None:
            self.force_login(customer, backend=django_settings.AUTHENTICATION_BACKENDS[-1])

    def send(self, path: str, step: str = "", **fields: Any) -> Any:
        """POST a form, by the button of this step."""
        return self.post(path, {**fields, **({"step": step} if step else {})})


@dataclass
class Place:
    """Who visits what."""

    scene: Scene
    sandbox: Sandbox
    settings: Any
    language: str
    elapse: Callable[[timedelta], None]
    """Let so much time go by."""

    def visitor(self, customer: Any = None) -> Visitor:
        """A browser of its own."""
        return Visitor(self.language, customer)

    def order(self, name: str) -> str:
        """The address of an order's page."""
        return f"/account/orders/{self.scene.orders[name].number}/"

    def items(self, name: str) -> list[int]:
        """The keys of an order's items."""
        return list(self.scene.orders[name].items.order_by("pk").values_list("pk", flat=True))

    def stocked(self, **fields: Any) -> Order:
        """One order more, that Omnitron knows too."""
        order = builders.an_order(self.scene.customer, **{"created": timezone.now(), **fields})
        for n, item in enumerate(order.items.order_by("pk")):
            item.product["name"] = f"Cup {n + 1}"
            item.save()
        self.sandbox.add_orders([builders.as_wire(order)])
        return order


def orders(at: Place) -> Visits:
    """My orders, one order, the completed order."""
    ada = at.visitor(at.scene.customer)
    for name, query in {
        "list": "",
        "list 2": "?page=2",
        "list last": "?page=99",
        "filter state": "?state=closed&time=6-months",
        "filter year": "?time=2026",
        "filter number": f"?number={at.scene.orders['fresh'].number}",
        "filter pages": "?time=2026&state=delivered&page=1",
        "none of a number": "?number=4711",
        "none of a state": "?state=on-its-way&time=2026&number=1",
    }.items():
        yield name, ada.get(f"/account/orders/{query}")
    yield "list empty", at.visitor(at.scene.newcomer).get("/account/orders/")
    for name in at.scene.orders:
        if not name.startswith("old "):
            yield f"order {name}", ada.get(at.order(name))
    for name in ("fresh", "preparing", "cancelled", "delivered", "unpaid"):
        yield f"completed {name}", ada.get(f"/orders/completed/{signed_number.sign(at.scene.orders[name].number)}/")
    yield "order of a set", ada.get(f"/account/orders/{_a_set(at).number}/")
    _open_changes(at)
    yield "order address checked", ada.get(at.order("old 0"))
    yield "order address waits", ada.get(at.order("old 1"))
    DynamicSetting.objects.create(name="EXTRA_CANCEL_RULES", value={"hour_gap": {"is_active": True, "time": 600}})
    yield "order closes", ada.get(at.order("fresh"))
    DynamicSetting.objects.create(name="CANCELLATION_FALLBACK", value={"enabled": False})
    yield "order closes for good", ada.get(at.order("fresh"))
    DynamicSetting.objects.create(name="WITHDRAWAL", value={"enabled": False})
    yield "order without withdrawal", ada.get(at.order("fresh"))
    link = f"/orders/completed/{signed_number.sign(at.scene.orders['fresh'].number)}/"
    yield "completed signed out", at.visitor().get(link)
    at.elapse(timedelta(seconds=django_settings.COMPLETED_LINK_MAX_AGE + 60))
    yield "completed expired", ada.get(link)


def _a_set(at: Place) -> Order:
    order = at.stocked(items=4, number="2284207301612900")
    items = list(order.items.order_by("pk"))
    for part in items[1:3]:
        part.parent, part.details = items[0].pk, {"parent": items[0].pk}
    items[3].removed_date = timezone.now()
    OrderItem.objects.bulk_update(items, ["parent", "details", "removed_date"])
    return order


def _open_changes(at: Place) -> None:
    for name, state in (("old 0", AddressChange.State.UNKNOWN), ("old 1", AddressChange.State.WAITING_APPROVAL)):
        order = at.scene.orders[name]
        here = order.shipping_address
        AddressChange.objects.create(
            order=order,
            customer=order.customer,
            state=state,
            channel_id=1,
            address_id=1,
            old_address=here,
            new_address=here,
        )


def many_orders(at: Place) -> Visits:
    """More orders than can be paged to."""
    now, customer = timezone.now(), at.scene.newcomer
    Order.objects.bulk_create(
        Order(number=f"M{n:05d}", customer=customer, status=550, amount="1.00", created_date=now, modified_date=now)
        for n in range(1001)
    )
    visitor = at.visitor(customer)
    yield "list last of many", visitor.get("/account/orders/?page=100")
    yield "filter many", visitor.get("/account/orders/?state=delivered&page=100")


def cancelling(at: Place) -> Visits:
    """The form that cancels and returns, its confirming page, and what is said afterwards."""
    ada = at.visitor(at.scene.customer)
    for name in ("fresh", "mixed", "delivered", "cancelled", "huge", "preparing", "unpaid", "answered"):
        yield f"form {name}", ada.get(f"{at.order(name)}cancel/")
    here, first = f"{at.order('fresh')}cancel/", at.items("fresh")
    yield "nothing chosen", ada.send(here, "review")
    yield "no reason", ada.send(here, "review", item=first)
    yield (
        "wrong",
        ada.send(
            here,
            "review",
            item=first[:2],
            **{f"reason-{first[0]}": "999", f"quantity-{first[0]}": "7", "as_loyalty": "on"},
        ),
    )
    yield "needs words", ada.send(here, "review", item=first[:1], **{f"reason-{first[0]}": "3"})
    yield "a stranger's item", ada.send(here, "review", item=["1", "999999"])
    chosen = {"item": first, f"reason-{first[0]}": "1", f"description-{first[0]}": "Too many.\nSorry!"}
    yield "confirm", ada.send(here, "review", **chosen)
    yield "confirm loyalty", ada.send(here, "review", **chosen, as_loyalty="on")
    yield "change", ada.send(here, "edit", **chosen)
    yield "confirm one", ada.send(here, "review", item=first[:1], **{f"reason-{first[0]}": "1"})
    returned = at.items("delivered")
    fields = {f"reason-{pk}": "5" for pk in returned[1:]}
    fields |= {f"quantity-{returned[1]}": "2", f"description-{returned[1]}": LONG_WORD}
    fields |= {f"carrier-{pk}": "1" for pk in returned[1:]}
    address = str(at.scene.customer.addresses.get(title="Home").pk)
    there = f"{at.order('delivered')}cancel/"
    yield "return", ada.send(there, "review", item=returned[1:], pickup_address=address, **fields)
    yield "return wrong", ada.send(there, "review", item=returned[1:], pickup_address="99999", **fields)
    yield "return change", ada.send(there, "edit", item=returned[1:], pickup_address=address, **fields)
    mixed = at.items("mixed")
    both = {f"reason-{pk}": "1" for pk in mixed} | {f"reason-{mixed[1]}": "4"}
    yield "both", ada.send(f"{at.order('mixed')}cancel/", "review", item=[mixed[1], mixed[3]], **both)
    yield from _with_bank_account(at, ada)
    DynamicSetting.objects.create(name="EXTRA_CANCEL_RULES", value={"hour_gap": {"is_active": True, "time": 600}})
    yield "form closes", ada.get(here)
    yield "confirm closes", ada.send(here, "review", **chosen)
    yield "done", ada.get(ada.send(here, "confirm", item=first[:2], **{f"reason-{first[0]}": "1"})["Location"])
    yield "refused", ada.send(here, "confirm", item=first[:1], **{f"reason-{first[0]}": "1"})
    asked = ada.send(there, "confirm", item=returned[1:], **fields)
    yield "asked", ada.get(asked["Location"])


def _with_bank_account(at: Place, ada: Visitor) -> Visits:
    order = at.stocked(items=1, number="2284207301612901", details=BY_TRANSFER)
    here, item = f"/account/orders/{order.number}/cancel/", str(order.items.get().pk)
    chosen = {"item": item, f"reason-{item}": "2"}
    yield "form by transfer", ada.get(here)
    yield "wrong iban", ada.send(here, "review", **chosen, iban="TR00", holder_name="")
    yield "confirm by transfer", ada.send(here, "review", **chosen, iban=IBAN, holder_name="Ada Yılmaz")
    yield "form of a set", ada.get(f"/account/orders/{_a_set(at).number}/cancel/")


def addresses(at: Place) -> Visits:
    """The address book, and sending an order elsewhere."""
    ada, book = at.visitor(at.scene.customer), at.scene.customer.addresses
    mum, work = str(book.get(title="Mum").pk), str(book.get(title="Work").pk)
    yield "book", ada.get("/account/addresses/")
    yield "new", ada.get("/account/addresses/new/")
    yield "new for an order", ada.get(f"/account/addresses/new/?next={at.order('fresh')}address/")
    yield "new wrong", ada.send("/account/addresses/new/", "save", title="x" * 200, phone_number="call me", line="")
    country = str(book.get(title="Mum").country_id)
    yield "new places", ada.send("/account/addresses/new/", "places", country=country, is_corporate="on")
    yield "edit", ada.get(f"/account/addresses/{work}/")
    yield "edit main", ada.get(f"/account/addresses/{book.get(title='Home').pk}/")
    yield "edit wrong", ada.send(f"/account/addresses/{work}/", "save", primary="on", company_name="Levent A.Ş.")
    yield "delete", ada.get(f"/account/addresses/{work}/delete/")
    here = f"{at.order('fresh')}address/"
    yield "choose", ada.get(here)
    yield "choose added", ada.get(f"{here}?address={work}")
    yield "choose nothing", ada.send(here, "review")
    yield "choose again", ada.send(here, "edit", address=work)
    yield "confirm", ada.send(here, "review", address=mum)
    yield "confirm with approval", ada.send(f"{at.order('preparing')}address/", "review", address=mum)
    yield "closed", ada.get(f"{at.order('delivered')}address/")
    yield "closed meanwhile", ada.send(f"{at.order('delivered')}address/", "review", address=mum)
    yield "changed", ada.get(ada.send(here, "confirm", address=work)["Location"])
    at.sandbox.power(False)
    unpaid = f"{at.order('unpaid')}address/"
    yield "out of reach", ada.send(unpaid, "confirm", address=mum)
    at.sandbox.power(True)
    yield "made main", ada.get(ada.send(f"/account/addresses/{work}/primary/")["Location"])
    yield "deleted", ada.get(ada.send(f"/account/addresses/{work}/delete/")["Location"])
    newcomer = at.visitor(at.scene.newcomer)
    yield "book empty", newcomer.get("/account/addresses/")
    order = builders.an_order(at.scene.newcomer, number="2284207301612902", created=timezone.now())
    at.scene.newcomer.addresses.all().delete()
    yield "choose from none", newcomer.get(f"/account/orders/{order.number}/address/")


def requests(at: Place) -> Visits:
    """A request in each state, and taking it back."""
    ada = at.visitor(at.scene.customer)
    for name, request in at.scene.requests.items():
        yield f"request {name}", ada.get(f"/account/requests/{request.uuid}/")
    at.scene.requests["checked"].refresh_from_db()
    pair = at.scene.orders["checked"].cancellation_requests.order_by("pk")
    yield "request together", ada.get(f"/account/requests/{pair[1].uuid}/")
    waits = f"/account/requests/{at.scene.requests['waits'].uuid}/"
    yield "take back", ada.get(f"{waits}take-back/")
    too_late = f"/account/requests/{at.scene.requests['rejected'].uuid}/take-back/"
    yield "take back too late", ada.get(too_late)
    yield "take back refused", ada.send(too_late)
    carried = CancellationRequest.objects.filter(pk=at.scene.requests["confirmed"].pk)
    carried.update(easy_return_company=1, pickup_address=at.scene.orders["answered"].shipping_address)
    yield "carrier chosen", ada.get(f"/account/requests/{carried.get().uuid}/")
    carried.update(iban=IBAN.replace(" ", ""), holder_name="Ada Yılmaz", fully_refund_as_loyalty_money=False)
    yield "with account", ada.get(f"/account/requests/{carried.get().uuid}/")
    yield "taken back", ada.get(ada.send(f"{waits}take-back/")["Location"])
    cancel = at.scene.orders["preparing"].cancellation_requests.get()
    yield "take back a cancellation", ada.get(f"/account/requests/{cancel.uuid}/take-back/")
    CancellationRequest.objects.filter(pk=cancel.pk).update(status=RequestStatus.REJECTED)
    yield "cancellation declined", ada.get(f"/account/requests/{cancel.uuid}/")
