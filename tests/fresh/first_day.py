"""The first day, step by step and timed, with nothing but the installed `aftercart` and Python's standard library.

`init`, `check`, an order handed over with a token, a customer who signs in by the way that is named (`link`, `oidc`,
`handover`), a completed-order link that a token made, a cancellation: 204. Exits 1 at the first thing that is not so.
"""

import email
import html
import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.policy import default
from pathlib import Path
from typing import Any

WEB, OMNITRON = "http://127.0.0.1:8000", "http://127.0.0.1:8001"
CUSTOMER = "ada@example.com"
MAILS = Path.cwd() / "mails"
INSTALLED = Path(shutil.which("aftercart") or ".").resolve().parent.parent
HANDOVER_KEY = "as many letters as openssl rand makes of 48 bytes"
PROVIDER_SECRET = "s3cret/+ &%"  # tests/identity_provider.py
started = time.monotonic()
processes: list[subprocess.Popen[bytes]] = []


def step(what: str) -> None:
    print(f"first day: {time.monotonic() - started:5.1f} s  {what}", flush=True)


def fail(why: str) -> None:
    for log in sorted(Path.cwd().glob("*.log")):
        print(f"--- {log.name}\n{log.read_text()[-2000:]}")
    sys.exit(f"first day: {why}")


def run(*words: str, code: int = 0, **environment: str) -> str:
    done = subprocess.run(
        ["aftercart", *words], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != code:
        fail(f"aftercart {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def start(name: str, *command: str | Path) -> Path:
    """Start something that goes on; returns its log."""
    log = Path(f"{name}.log")
    with log.open("wb") as out:
        processes.append(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT))
    return log


def until(holds: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.2)
    return fail(f"{what}: not after {seconds:.0f} s")


jar = http.cookiejar.CookieJar()
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))


def ask(method: str, url: str, data: Any = None, *, form: Any = None, **headers: str) -> tuple[int, str]:
    body = None
    if data is not None:
        headers["Content-Type"], body = "application/json", json.dumps(data).encode()
    if form is not None:
        headers["Content-Type"], body = "application/x-www-form-urlencoded", urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with browser.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def posted(url: str, **fields: str) -> tuple[int, str]:
    """Open a form and send it as a browser does, with what it hides."""
    _, page = ask("GET", url)
    page = page[page.find("<main") : page.find("</main>")]  # the foot has a form of its own: the language
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return ask("POST", url, form={**{k: html.unescape(v) for k, v in hidden.items()}, **fields}, Referer=url)


def an_order() -> dict[str, Any]:
    user = {"pk": 7, "email": CUSTOMER, "first_name": "Ada", "last_name": "Y", "user_type": "registered"}
    address = {
        "pk": 1, "email": CUSTOMER, "phone_number": "05551112233", "first_name": "Ada", "last_name": "Y",
        "country": {"pk": 1, "name": "Türkiye", "code": "TR"}, "city": {"pk": 34, "name": "İstanbul"},
        "township": {"pk": 21, "name": "Kadıköy"}, "district": None, "line": "Street 1", "title": "Home",
        "postcode": "34710", "user": user,
    }  # fmt: skip
    items = [
        {"id": 11, "status": "400", "price": "60.00", "product": {"pk": 1, "sku": "CUP", "name": "Cup"}},
        {"id": 12, "status": "400", "price": "40.00", "product": {"pk": 2, "sku": "LAMP", "name": "Lamp"}},
    ]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    card = {"pk": 1, "name": "Card", "payment_type": "credit_card", "slug": "credit-card"}
    return {
        "id": 1, "number": "2284207301612555", "status": "400", "currency": "try", "amount": "100.00", "user": 7,
        "user_email": CUSTOMER, "language_code": "en", "payment_option": card, "shipping_address": address,
        "billing_address": address, "created_date": now, "orderitem_set": items,
    }  # fmt: skip


def set_up(way: str) -> None:
    """What a merchant types: `init`, the settings of the way to sign in, the servers, `check`."""
    login = ("--username", "shop", "--password", "s")
    start("omnitron", "aftercart", "sandbox", "--port", "8001", "--data", "omnitron.sqlite3", *login)
    until(lambda: ask("GET", f"{OMNITRON}/sandbox/health/")[0] == 200, "the merchant's Omnitron answers")
    flags = ("--site-url", WEB, "--omnitron-url", f"{OMNITRON}/", "--omnitron-username", "shop")
    flags += ("--admin-email", "boss@example.com", "--email-url", f"filemail://{MAILS}")
    run("init", "--no-input", *flags, "--from-email", "shop@example.com", OMNITRON_PASSWORD="s")
    step("aftercart init")
    if more := WAYS[way][0]():
        with Path("aftercart.env").open("a") as settings:
            settings.write("".join(f"{name}='{value}'\n" for name, value in more.items()))
        step(f"settings for this way to sign in: {', '.join(more)}")
    start("web", "aftercart", "serve")
    start("worker", "aftercart", "worker")
    until(lambda: ask("GET", f"{WEB}/health/")[0] == 200, "the shop answers")
    step("aftercart serve and aftercart worker: the shop answers")
    about = {finding["about"] for finding in json.loads(run("check", "--json"))}
    if not {"Omnitron", "worker", "mails", "sign-in"} <= about:
        fail(f"aftercart check looked at {sorted(about)}")
    step("aftercart check: no errors")


def by_link() -> tuple[int, str]:
    posted(f"{WEB}/account/link/", email=CUSTOMER)
    mail = until(lambda: next(iter(MAILS.glob("*.eml")), None), "the link to sign in is mailed")
    text = email.message_from_bytes(mail.read_bytes(), policy=default).get_body(("plain",)).get_content()
    found = re.search(r"http://\S+/account/link/\S+", text)
    return posted(found[0]) if found else (0, text)


def provider_s_settings() -> dict[str, str]:
    log = start("provider", INSTALLED / "bin" / "python", "identity_provider.py")
    url = until(lambda: log.read_text().strip(), "the shop's login answers")
    known = {"OIDC_ISSUER": url, "OIDC_CLIENT_ID": "shop", "OIDC_CLIENT_SECRET": PROVIDER_SECRET}
    return {"SIGN_IN": "oidc", **known}


def by_handover() -> tuple[int, str]:
    """By the very lines that the page of the installation shows to a storefront."""
    page = (INSTALLED / "share" / "aftercart" / "docs" / "sign-in" / "handover.md").read_text()
    signing: dict[str, Any] = {"AUDIENCE": WEB, "EMAIL": CUSTOMER, "KEY": HANDOVER_KEY}
    exec(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], signing)
    form = {"token": signing["token"], "next": "/account/orders/"}
    return ask("POST", f"{WEB}/session/handover/", form=form)


# Settings beside those of `init`, and the customer's way in.
WAYS: dict[str, tuple[Callable[[], dict[str, str]], Callable[[], tuple[int, str]]]] = {
    "link": (dict, by_link),
    "oidc": (provider_s_settings, lambda: ask("GET", f"{WEB}/session/oidc/?next=/account/orders/")),
    "handover": (lambda: {"SIGN_IN": "handover", "HANDOVER_KEYS": HANDOVER_KEY}, by_handover),
}


def hand_over(order: dict[str, Any]) -> str:
    """The storefront's checkout hands the order over and has a link to it made; returns the link."""
    bearer = {"Authorization": f"Bearer {run('token', 'make', 'checkout').strip()}"}
    if (answer := ask("POST", f"{OMNITRON}/sandbox/orders/", order))[0] != 200:
        fail(f"Omnitron took no order: {answer}")
    status, report = ask("POST", f"{WEB}/integration/orders/", order, **bearer)
    if (status, json.loads(report or "{}").get("new")) != (200, 1):
        fail(f"handing over the order: {status} {report}")
    step("the checkout hands over an order, by aftercart token: new")
    status, made = ask("POST", f"{WEB}/integration/orders/{order['number']}/completed-link/", **bearer)
    if status not in (200, 201):
        fail(f"the link to it: {status} {made}")
    step("and has a link to it made")
    return str(json.loads(made)["url"])


def main(way: str) -> None:
    step(f"begins, with {way}")
    set_up(way)
    order = an_order()
    link = hand_over(order)
    status, page = WAYS[way][1]()
    if status != 200 or not any(cookie.name == "sessionid" for cookie in jar):
        fail(f"signing in: {status}\n{page[-500:]}")
    step("the customer signs in")
    status, shown = ask("GET", f"{link}?format=json")
    if status != 200 or json.loads(shown)["order"]["number"] != order["number"]:
        fail(f"the completed order: {status} {shown[:300]}")
    step("opens the completed order")
    csrf = json.loads(ask("GET", f"{WEB}/csrf_token/")[1])["csrf_token"]
    wish = {"cancel_order_items": [{"order_item": 11, "reason": "1"}, {"order_item": 12, "reason": "1"}]}
    status, answer = ask("POST", f"{WEB}/orders/{order['number']}/cancel/", wish, **{"X-CSRFToken": csrf})
    if status != 204:
        fail(f"the cancellation: {status} {answer}")
    step("and cancels: 204")
    status, there = ask("GET", f"{OMNITRON}/sandbox/orders/{order['number']}/")
    step(f"at Omnitron: {status} {sorted({item['status'] for item in json.loads(there)['orderitem_set']})}")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=60)
