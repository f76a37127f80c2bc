"""Orders of the wire's shape with one part of another form, from the code's own lists of parts."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from pydantic import AliasChoices, BaseModel

from aftercart.orders.intake import OrderRefused
from aftercart.orders.orderer import orderer_of
from aftercart.orders.received import ITEM_DETAILS, ORDER_DETAILS, PRODUCT
from aftercart.orders.wire import ItemMessage, OrderMessage, UserMessage, read_order
from aftercart.orders.wire_parts import AddressMessage, Carrier, PlaceMessage, ProductMessage

TEXT = (Path(__file__).parent / "data" / "completed.json").read_bytes()
MISSING = object()
# What two orders must not share, or what the tests go by.
IDENTITY = {"id", "pk", "number", "order", "user", "orderitem_set", "status", "email", "user_email", "username"}

ITEM = "orderitem_set.0"
CARRIER = f"{ITEM}.available_easy_return_shipping_companies.0"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


VARIANTS: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "true": True,
    "zero": 0,
    "minus one": -1,
    "a number": 7,
    "beyond 63 bits": 2**63,
    "beyond 64 bits": 2**64,
    "far beyond 64 bits": -(2**70),
    "a fraction": 1.125,
    "a huge fraction": 1e300,
    "blank": "",
    "a space": " ",
    "a text": "text",
    "digits": "12",
    "a code": "TR",
    "many digits": "9" * 5000,
    "NUL": "a\0b",
    "half a character": "\ud800",
    "an emoji": "😀" * 40,
    "markup": '<script>alert(1)</script>"{{ 7 }}%s',
    "a long text": "x" * 19_000,
    "an endless text": "x" * 30_000,
    "an empty list": [],
    "a list": [1, None, "x", [], {}],
    "a list of objects": [{"pk": 1, "amount": "NaN"}, {"amount": "1e400"}, {"amount": {}}, {}],
    "an empty object": {},
    "an object": {"value": None, "label": 1},
    "an enum": {"value": "x", "label": "X"},
    "nested": nested(8),
    "nested deeply": nested(60),
    "the last day": "9999-12-31T23:59:59Z",
    "nearly the last day": "9999-12-30T00:00:00+14:00",
    "the first day": "0001-01-01T00:00:00Z",
    "far off": "2999-12-31T23:59:59-12:00",
    "long ago": "1900-01-01T00:00:00+14:00",
    "not a number": "NaN",
    "infinite": "Infinity",
    "a tiny amount": "0.0001",
    "a large amount": "9999999999.99",
    "a rate": "8.375",
}


class Odd(NamedTuple):
    """One part of an order, and what stands in its place."""

    path: str
    variant: str


def base(number: int = 1) -> dict[str, Any]:
    """An order with something in each of its parts."""
    order: dict[str, Any] = orjson.loads(TEXT)["order"]
    order |= {"id": 85_000 + number, "number": f"ODD-{number}", "user": 7001}
    order["transaction_set"] = [{"amount": "10.00", "transaction_type": "sale", "status": "completed"}]
    order |= {"loyaltytransaction_set": [{"amount": "-1.00"}], "discountitem_set": [{"amount": "1.00", "name": "x"}]}
    order["orderitem_set"] = order["orderitem_set"][:1]
    for n, item in enumerate(order["orderitem_set"]):
        item |= {"id": 95_000 + 10 * number + n, "order": order["id"]}
        item["available_easy_return_shipping_companies"] = [
            {"pk": 1, "shipping_company": {"value": "yurtici", "label": "Yurtici"}}
        ]
    return order


def _fields(model: type[BaseModel], path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        names = alias.choices if isinstance(alias, AliasChoices) else [alias or name]
        yield from (f"{path}.{one}".lstrip(".") for one in names)


@cache
def paths() -> list[str]:
    """Every part that the code names, and some that it only repeats."""
    found = [*_fields(OrderMessage, ""), *ORDER_DETAILS, "repeated"]
    found += [*_fields(ItemMessage, ITEM), *(f"{ITEM}.{name}" for name in ITEM_DETAILS), f"{ITEM}.repeated"]
    found += [*_fields(ProductMessage, f"{ITEM}.product"), *(f"{ITEM}.product.{name}" for name in PRODUCT)]
    found += [*_fields(Carrier, CARRIER), f"{CARRIER}.repeated"]
    for address in ("shipping_address", "billing_address"):
        found += [*_fields(AddressMessage, address), f"{address}.hash_data", f"{address}.repeated"]
        found += [*_fields(UserMessage, f"{address}.user"), f"{address}.user"]
        for place in ("country", "city", "township", "district"):
            found += _fields(PlaceMessage, f"{address}.{place}")
    found += [f"payment_option.{name}" for name in ("pk", "name", "payment_type", "slug")]
    found += ["loyaltytransaction_set.0", "loyaltytransaction_set.0.amount"]
    found += [f"discountitem_set.0.{name}" for name in ("pk", "name", "amount", "cancel_amount", "code", "offer_type")]
    found += ["transaction_set", "net_shipping_amount", "gift_card_amount", f"{ITEM}.discount_amount"]
    found += [f"transaction_set.0.{name}" for name in ("amount", "transaction_type", "type", "status", "is_success")]
    found += ["discountitem_set.0", "extra_field.deep", f"{CARRIER}"]
    return list(dict.fromkeys(found))


def put(order: dict[str, Any], path: str, value: Any) -> bool:
    """Replace one part; False where there is no place for it."""
    *parents, leaf = path.split(".")
    inside: Any = order
    for name in parents:
        if isinstance(inside, list) and name.isdigit() and int(name) < len(inside):
            inside = inside[int(name)]
        elif isinstance(inside, dict) and name in inside:
            inside = inside[name]
        else:
            return False
    if isinstance(inside, list) and int(leaf) < len(inside):
        inside[int(leaf)] = None if value is MISSING else deepcopy(value)
    elif isinstance(inside, dict) and value is MISSING:
        inside.pop(leaf, None)
    elif isinstance(inside, dict):
        inside[leaf] = deepcopy(value)
    else:
        return False
    return True


def odd(path: str, variant: str, number: int = 1) -> dict[str, Any]:
    """The order with one part replaced."""
    order = base(number)
    put(order, path, VARIANTS[variant])
    return order


@cache
def reasons_of(path: str, variant: str) -> tuple[str, ...]:
    """Why the intake refuses an order with this part replaced."""
    return reasons(odd(path, variant))


def reasons(order: dict[str, Any]) -> tuple[str, ...]:
    """Why the intake refuses it; nothing where it does not."""
    try:
        orderer_of(read_order(order))
    except OrderRefused as refusal:
        return refusal.reasons
    return ()


def accepted() -> list[Odd]:
    """What the intake takes, of all there is."""
    return [Odd(path, variant) for path in paths() for variant in VARIANTS if not reasons_of(path, variant)]


def merged(found: list[Odd]) -> Iterator[dict[str, Any]]:
    """Few orders with all of it: for each variant one with every part so, and one with every part of parts."""
    number = 1
    for variant, value in VARIANTS.items():
        mine = [path for path, of in found if of == variant and path.split(".")[-1] not in IDENTITY]
        outer = {path for path in mine if any(other.startswith(f"{path}.") for other in paths())}
        for chosen in (set(mine) - outer, outer):
            order = _with(base(number), chosen, value)
            if order == base(number):
                continue
            status = ("400", "550")[number % 3 % 2]
            yield order | {"status": status, "orderitem_set": [i | {"status": status} for i in order["orderitem_set"]]}
            number += 1


def _with(order: dict[str, Any], chosen: set[str], value: Any) -> dict[str, Any]:
    """The order with all of these parts replaced, or those of them that can be together."""
    longest_first = sorted(chosen, key=lambda path: (-len(path), path))
    whole = deepcopy(order)
    for path in longest_first:
        put(whole, path, value)
    if not reasons(whole):
        return whole
    half = len(longest_first) // 2
    if not half:
        return order
    first = _with(order, set(longest_first[:half]), value)
    return _with(first, set(longest_first[half:]), value)
