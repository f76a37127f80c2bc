"""What the tests of the sandbox share: a commerce order, and somebody who calls over real HTTP."""

from __future__ import annotations

from typing import Any

import requests

from omnitron_sandbox import Sandbox

ROOTS = ["/api/v1/channel/1", "/api/v1", "/api/i1"]
PLACES = {
    "country": {"pk": 1, "name": "TÜRKİYE", "code": "TR", "is_active": True},
    "city": {"pk": 1, "name": "ADANA", "country": 1},
    "township": {"pk": 1, "name": "ALADAĞ", "city": 1},
    "district": {"pk": 5, "name": "AKÖREN MAH", "city": 1, "township": 1},
}


def enum(value: str) -> dict[str, str]:
    return {"value": value, "label": value}


def commerce_order(number: int = 2284207301612555, *, items: int = 1, status: str = "400") -> dict[str, Any]:
    """An order as commerce shows it; ids follow from the number, so that every one has its own."""
    order_id = number % 100000
    address = {
        "pk": 108, "email": "ada@example.com", "phone_number": "05555555555", "first_name": "Ada",
        "last_name": "Lovelace", "line": "Test street 1", "title": "home", "postcode": "01720", **PLACES,
        "user": {"pk": 97, "email": "ada@example.com", "user_type": "registered"},
    }  # fmt: skip
    return {
        "id": order_id, "number": str(number), "status": enum(status), "currency": enum("try"),
        "amount": "1368.90", "shipping_amount": "19.90", "discount_amount": "0.00",
        "created_date": "2023-05-09T14:32:54.651818Z", "user": 97, "user_email": "ada@example.com",
        "payment_option": {"pk": 1, "payment_type": "credit_card", "slug": "credit-card"},
        "shipping_address": address, "billing_address": address, "extra_field": {},
        "orderitem_set": [
            {
                "id": order_id * 10 + index, "status": enum(status), "price_currency": enum("try"),
                "price": "1349.00", "retail_price": "1400.00", "tax_rate": "8.00", "order": order_id,
                "product": {
                    "pk": 29 + index, "sku": f"sku-{index}", "base_code": "TF9253", "name": "Shirt",
                    "image": "https://images.example/1.jpg", "absolute_url": "/shirt/",
                    "attributes": {"size": "M"},
                },
                "extra_field": {"price_extra_field": {}},
            }
            for index in range(items)
        ],
    }  # fmt: skip


class Caller:
    """Somebody signed in at the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.log_in()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def log_in(self) -> None:
        body = {"username": self.sandbox.username, "password": self.sandbox.password}
        key = self.session.post(f"{self.sandbox.url}/api/v1/auth/login/", json=body, timeout=10).json()["key"]
        self.session.headers["Authorization"] = f"Token {key}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.sandbox.url + path, timeout=options.pop("timeout", 10), **options)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.send("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def cancel(self, number: str, *, root: str = ROOTS[0], reason: int = 1, **changes: Any) -> requests.Response:
        """Cancel all items of an order, as the published client does."""
        order = self.sandbox.order(number)
        pks = [item["pk"] for item in order["orderitem_set"]]
        body = {
            "order": order["pk"],
            "cancel_items": pks,
            "reasons": {str(pk): reason for pk in pks},
            "forced_refund_amount": None,
        } | changes
        return self.send("POST", f"{root}/orders/{order['pk']}/cancel/", json=body)

    def ask(self, number: str, *, index: int = 0, **changes: Any) -> requests.Response:
        """Create a cancellation request for one item, as the published client does."""
        item = self.sandbox.order(number)["orderitem_set"][index]
        body = {"order_item": item["pk"], "reason": 1, "description": "", "cancellation_type": "cancel"}
        return self.send("POST", f"{ROOTS[0]}/cancellation_requests/", json=body | changes)

    def move(self, order: dict[str, Any], /, **changes: Any) -> requests.Response:
        """Change an order's shipping address; ids are remote ones."""
        address = {
            "pk": 777, "first_name": "Ada", "last_name": "Lovelace", "phone_number": "05550000000",
            "line": "New street 2", "title": "work", "country": 1, "city": 1, "township": 1, "district": 5,
        }  # fmt: skip
        body = {
            "channel_id": 1, "order": order["id"], "address": address, "order_address_types": ["shipping"],
        } | changes  # fmt: skip
        return self.send("POST", "/api/v1/order_address_changing/", json=body)


def statuses(sandbox: Sandbox, number: str) -> tuple[str, list[str]]:
    order = sandbox.order(number)
    return order["status"], [item["status"] for item in order["orderitem_set"]]


def assert_refused(answer: requests.Response, code: str) -> None:
    assert (answer.status_code, answer.json()["error_code"]) == (406, code)
    assert isinstance(answer.json()["non_field_errors"], str), "the published client splits it"
