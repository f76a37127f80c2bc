"""Vendure: `orderByCode` through the shop API by the signed-in customer, warm, with as many items as ours."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.reliability.servers import a_database, free_port
from tests.speed.findings import Findings
from tests.speed.ground import Ground
from tests.speed.scenes import COMPLETED, Pace
from tests.speed.subjects import HERE, House
from tests.speed.turns import in_turns, ratio

CUSTOMERS, ORDERS, ITEMS = 4, 2, 3
ADDRESS = "fullName streetLine1 city postalCode country countryCode phoneNumber company"
ORDER = f"""query($code: String!) {{ orderByCode(code: $code) {{
  id code state active createdAt updatedAt orderPlacedAt currencyCode totalQuantity subTotal subTotalWithTax
  shipping shippingWithTax total totalWithTax couponCodes
  customer {{ id firstName lastName emailAddress phoneNumber }}
  shippingAddress {{ {ADDRESS} }} billingAddress {{ {ADDRESS} }}
  discounts {{ description amountWithTax }} payments {{ id method amount state }}
  shippingLines {{ priceWithTax shippingMethod {{ id code name }} }} fulfillments {{ id state trackingCode }}
  taxSummary {{ description taxRate taxBase taxTotal }}
  lines {{ id quantity unitPrice unitPriceWithTax linePrice linePriceWithTax taxRate
    productVariant {{ id sku name price priceWithTax currencyCode product {{ id slug name }} }}
    featuredAsset {{ id preview }} discounts {{ description amountWithTax }} }}
}} }}"""


def measure(ground: Ground, findings: Findings, pace: Pace, var: Path, tell: Callable[[str], None]) -> None:
    """In turns with our completed order."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise RuntimeError("there is no node")
    packages = _packages(var / "vendure")
    folder = ground.house.folder / "vendure"
    folder.mkdir()
    with a_database("postgres", folder) as database:
        house = House(folder, database, ground.sandbox.port)
        port = free_port()
        theirs = house.start(
            "vendure",
            [node, str(packages / "server.js")],
            port=port,
            cwd=packages,
            PORT=str(port),
            NODE_ENV="production",
        )
        ours = None
        try:
            told = _stock(port)
            tell(f"Vendure: {len(told)} orders")
            ours = ground.house.product()
            costs = in_turns(
                [ours, theirs],
                {
                    "product": lambda _subject, number: ground.gets(
                        "ordinary", COMPLETED, pace.batch, start=number * pace.batch
                    ),
                    "vendure": lambda _subject, _number: [
                        _request(token, code) for token, code in (told * pace.batch)[: max(10, pace.batch // 3)]
                    ],
                },
                rounds=pace.rounds,
                tell=lambda text: tell(f"Vendure: {text}"),
            )
        finally:
            theirs.stop()
            if ours is not None:
                ours.stop()
    findings.cost("completed order, beside Vendure's orderByCode", ground, costs)
    findings.promise("vendure/completed", ratio(costs["vendure"].total, costs["product"].total))


def _packages(folder: Path) -> Path:
    """Where Vendure is installed; made once."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("server.js", "package.json"):
        shutil.copy(HERE / "vendureshop" / name, folder / name)
    if not (folder / "node_modules" / "@vendure" / "core").exists():
        command = ["npm", "install", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=900)
    return folder


def _request(token: str, code: str) -> bytes:
    body = json.dumps({"query": ORDER, "variables": {"code": code}}).encode()
    head = f"POST /shop-api HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class _Door:
    """One of Vendure's two APIs, signed in."""

    def __init__(self, port: int, api: str, username: str, password: str) -> None:
        self.url, self.token = f"http://127.0.0.1:{port}/{api}", ""
        self(
            "mutation($u: String!, $p: String!) { login(username: $u, password: $p) { __typename } }",
            u=username,
            p=password,
        )

    def __call__(self, query: str, **variables: Any) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        body = json.dumps({"query": query, "variables": variables}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=60) as answer:
            self.token = answer.headers.get("vendure-auth-token") or self.token
            told = json.loads(answer.read())
        if told.get("errors"):
            raise RuntimeError(f"Vendure: {told['errors'][0]['message']}")
        return next(iter(told["data"].values()))


def _made(admin: _Door, what: str, kind: str, given: Any) -> str:
    return str(admin(f"mutation($input: {kind}!) {{ {what}(input: $input) {{ id }} }}", input=given)["id"])


def _named(name: str) -> list[dict[str, str]]:
    return [{"languageCode": "en", "name": name}]


def _stock(port: int) -> list[tuple[str, str]]:
    """Orders by way of its own APIs: the customer's token and the order's code of each."""
    admin = _Door(port, "admin-api", "bench", "only-for-measuring")
    country = _made(
        admin, "createCountry", "CreateCountryInput", {"code": "TR", "enabled": True, "translations": _named("Türkiye")}
    )
    zone = _made(admin, "createZone", "CreateZoneInput", {"name": "Türkiye", "memberIds": [country]})
    tax = _made(admin, "createTaxCategory", "CreateTaxCategoryInput", {"name": "Standard"})
    rate = {"name": "20", "enabled": True, "value": 20, "categoryId": tax, "zoneId": zone}
    _made(admin, "createTaxRate", "CreateTaxRateInput", rate)
    channel = {"id": "1", "defaultTaxZoneId": zone, "defaultShippingZoneId": zone}
    admin("mutation($input: UpdateChannelInput!) { updateChannel(input: $input) { __typename } }", input=channel)
    told = [{"languageCode": "en", "name": "Standard", "description": ""}]
    price = {"rate": "500", "includesTax": "auto", "taxRate": "20"}
    shipping = {
        "code": "standard",
        "fulfillmentHandler": "manual-fulfillment",
        "checker": {
            "code": "default-shipping-eligibility-checker",
            "arguments": [{"name": "orderMinimum", "value": "0"}],
        },
        "calculator": {
            "code": "default-shipping-calculator",
            "arguments": [{"name": name, "value": value} for name, value in price.items()],
        },
        "translations": told,
    }
    method = _made(admin, "createShippingMethod", "CreateShippingMethodInput", shipping)
    settled = [{"name": "automaticSettle", "value": "true"}]
    handler = {"code": "dummy-payment-handler", "arguments": settled}
    payment = {"code": "card", "enabled": True, "handler": handler, "translations": told}
    _made(admin, "createPaymentMethod", "CreatePaymentMethodInput", payment)
    variants = []
    for n in range(ITEMS):
        named = [{"languageCode": "en", "name": f"Reading lamp {n}", "slug": f"lamp-{n}", "description": ""}]
        product = _made(admin, "createProduct", "CreateProductInput", {"enabled": True, "translations": named})
        given = {"productId": product, "sku": f"SKU-{n}", "price": 134900, "taxCategoryId": tax, "stockOnHand": 10_000}
        create = "mutation($i: [CreateProductVariantInput!]!) { createProductVariants(input: $i) { id } }"
        variants.append(admin(create, i=[{**given, "translations": _named(f"Reading lamp {n}")}])[0]["id"])
    orders = []
    for n in range(CUSTOMERS):
        email = f"c{n}@example.com"
        admin(
            'mutation($i: CreateCustomerInput!) { createCustomer(input: $i, password: "speed-speed") { __typename } }',
            i={"firstName": "Nil", "lastName": "Kaya", "emailAddress": email},
        )
        shop = _Door(port, "shop-api", email, "speed-speed")
        orders += [(shop.token, _ordered(shop, variants, method)) for _ in range(ORDERS)]
    return orders


def _ordered(shop: _Door, variants: list[str], method: str) -> str:
    for variant in variants:
        shop("mutation($v: ID!) { addItemToOrder(productVariantId: $v, quantity: 1) { __typename } }", v=variant)
    where = {
        "fullName": "Nil Kaya",
        "streetLine1": "Sokak 12",
        "city": "İstanbul",
        "postalCode": "34710",
        "countryCode": "TR",
    }
    shop("mutation($i: CreateAddressInput!) { setOrderShippingAddress(input: $i) { __typename } }", i=where)
    shop("mutation($m: [ID!]!) { setOrderShippingMethod(shippingMethodId: $m) { __typename } }", m=[method])
    shop('mutation { transitionOrderToState(state: "ArrangingPayment") { __typename } }')
    paid = shop(
        'mutation { addPaymentToOrder(input: {method: "card", metadata: {}}) { __typename ... on Order { code } } }'
    )
    if "code" not in paid:
        raise RuntimeError(f"Vendure: an order was not paid: {paid}")
    return str(paid["code"])
