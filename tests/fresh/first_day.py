"""The first day, step by step and timed, with nothing but the installed `aftercart` and Python's standard library.

`init`, `check`, an order handed over with a token, a customer who signs in by a mailed link, a completed-order link
that a token made, a cancellation: 204. Exits 1 at the first thing that is not so.
"""

import email
import html
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from email.policy import default
from pathlib import Path

WEB, OMNITRON = "http://127.0.0.1:8000", "http://127.0.0.1:8001"
CUSTOMER = "ada@example.com"
MAILS = Path.cwd() / "mails"
started = time.monotonic()
processes: list = []


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


def start(name: str, *words: str) -> None:
    with Path(f"{name}.log").open("wb") as log:
        processes.append(subprocess.Popen(["aftercart", *words], stdout=log, stderr=subprocess.STDOUT))


def until(holds, what: str, seconds: float = 60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.2)
    return fail(f"{what}: not after {seconds:.0f} s")


jar = http.cookiejar.CookieJar()
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))


def ask(method: str, url: str, data=None, *, form=None, **headers: str):
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


def posted(url: str, **fields: str):
    """Open a form and send it as a browser does, with what it hides."""
    _, page = ask("GET", url)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return ask("POST", url, form={**{k: html.unescape(v) for k, v in hidden.items()}, **fields}, Referer=url)


def an_order() -> dict:
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


def main() -> None:
    start(
        "omnitron", "sandbox", "--port", "8001", "--data", "omnitron.sqlite3", "--username", "shop", "--password", "s"
    )
    until(lambda: ask("GET", f"{OMNITRON}/sandbox/health/")[0] == 200, "the merchant's Omnitron answers")
    flags = ("--site-url", WEB, "--omnitron-url", f"{OMNITRON}/", "--omnitron-username", "shop")
    flags += ("--admin-email", "boss@example.com", "--email-url", f"filemail://{MAILS}")
    run("init", "--no-input", *flags, "--from-email", "shop@example.com", OMNITRON_PASSWORD="s")
    with Path("aftercart.env").open("a") as settings:
        settings.write("SIGN_IN='password,link'\n")
    step("aftercart init")
    start("web", "serve")
    start("worker", "worker")
    until(lambda: ask("GET", f"{WEB}/health/")[0] == 200, "the shop answers")
    found = {finding["about"]: finding for finding in json.loads(run("check", "--json"))}
    assert {"Omnitron", "worker", "mails"} <= found.keys()
    step("aftercart check: no errors")

    token = run("token", "make", "checkout").strip()
    bearer = {"Authorization": f"Bearer {token}"}
    order = an_order()
    assert ask("POST", f"{OMNITRON}/sandbox/orders/", order)[0] == 200
    status, report = ask("POST", f"{WEB}/integration/orders/", order, **bearer)
    if (status, json.loads(report or "{}").get("new")) != (200, 1):
        fail(f"handing over the order: {status} {report}")
    step("the checkout hands over an order: new")
    status, made = ask("POST", f"{WEB}/integration/orders/{order['number']}/completed-link/", **bearer)
    link = json.loads(made)["url"]
    step("and has a link to it made")

    status, _ = posted(f"{WEB}/account/link/", email=CUSTOMER)
    mail = until(lambda: next(iter(MAILS.glob("*.eml")), None), "the link to sign in is mailed")
    text = email.message_from_bytes(mail.read_bytes(), policy=default).get_body(("plain",)).get_content()
    status, page = posted(re.search(r"http://\S+/account/link/\S+", text)[0])
    if status != 200 or not any(cookie.name == "sessionid" for cookie in jar):
        fail(f"signing in by the link: {status}\n{page[-500:]}")
    step("the customer signs in by a mailed link")

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


if __name__ == "__main__":
    try:
        main()
    finally:
        for process in processes:
            process.terminate()
