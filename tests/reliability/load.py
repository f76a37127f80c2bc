"""A steady load of customers who cancel and look, each answer kept with its time: for tests that break things."""

import http.client
import itertools
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.reliability.crowd import cancel_body

PAGES = ("/account/orders/", "/account/orders/{number}/")
STYLE = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


@dataclass(frozen=True)
class Answered:
    """One answer: what was asked, when it came, after how long."""

    what: str
    status: int
    seconds: float
    at: float
    kind: str = ""
    body: bytes = b""
    order: str = ""
    retry_after: str = ""

    def is_clear(self) -> bool:
        """Whether it is an answer that a customer or a storefront can live with."""
        if self.status == 503:
            if not self.retry_after:
                return False
            if "json" not in self.kind:
                return self.what == "page" and b"<p" in self.body
            said = json.loads(self.body)
            return bool(said["error_code"]) and bool(said["non_field_errors"])
        if self.status == 400:
            return self.what == "cancel" and "json" in self.kind and bool(json.loads(self.body).get("error_code"))
        return self.status in (200, 204)


@dataclass
class Load:
    """Customers that send one request after the other, `pause` seconds apart, until told to stop."""

    urls: Sequence[str]
    seed: Any
    pause: float = 0.1
    tries: int = 1
    again: float | None = None  # seconds until it is tried again; None: `pause`
    double_every: int = 0  # every so many orders the customer clicks twice
    with_styles: bool = False  # every page with all that it links to
    answers: list[Answered] = field(default_factory=list)
    wished: set[int] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)  # orders of which all tries failed
    _turns: Iterator[int] = field(default_factory=itertools.count)
    _cancellers: list[threading.Thread] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self, *, cancellers: int = 6, readers: int = 2) -> None:
        """Begin: every order is cancelled once (again after a 503 or a broken connection, `tries` in all)."""
        orders = iter(self.seed["orders"])
        lock = threading.Lock()

        def cancel() -> None:
            while not self._stop.is_set():
                with lock:
                    order = next(orders, None)
                if order is None:
                    return
                self._cancel(order)
                self._stop.wait(self.pause)

        def read() -> None:
            for order in itertools.cycle(self.seed["orders"]):
                for page in PAGES:
                    for accept in ("application/json", "text/html"):
                        what = "page" if "html" in accept else "json"
                        read = self._send(what, "GET", page.format(**order), accept)
                        for style in STYLE.findall(read.body) if self.with_styles else ():
                            self._send("style", "GET", style.decode(), "*/*")
                self._send("json", "GET", "/current_user/", "application/json")
                if self._stop.wait(self.pause):
                    return

        for target in [cancel] * cancellers + [read] * readers:
            self._threads.append(threading.Thread(target=target, daemon=True))
            self._threads[-1].start()
        self._cancellers = self._threads[:cancellers]

    def stop(self) -> None:
        """Send no more; wait for what was sent."""
        self._stop.set()
        self.join()

    def join(self, seconds: float = 60) -> None:
        """Wait for all orders to be cancelled."""
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a request hangs"

    def join_cancellers(self, seconds: float) -> None:
        """Wait for all orders to be cancelled, while others go on reading."""
        for thread in self._cancellers:
            thread.join(seconds)
            assert not thread.is_alive(), "a request hangs"

    def statuses(self, what: str = "cancel") -> Counter[int]:
        return Counter(answer.status for answer in self.answers if answer.what == what)

    def _cancel(self, order: Any) -> None:
        if self.double_every and int(order["id"]) % self.double_every == 0:
            second = threading.Thread(target=self._cancel_once, args=(order,))
            second.start()
            self._cancel_once(order)
            second.join()
        else:
            self._cancel_once(order)

    def _cancel_once(self, order: Any) -> None:
        path, body = f"/orders/{order['number']}/cancel/", json.dumps(cancel_body(order)).encode()
        for _ in range(self.tries):
            answer = self._send("cancel", "POST", path, "application/json", body, order["number"])
            if answer.status in (200, 204):
                self.wished.update(item["id"] for item in order["orderitem_set"])
            if answer.status not in (0, 503):
                return
            if self._stop.wait(self.pause if self.again is None else self.again):
                break
        self.unanswered.add(order["number"])

    def _send(
        self, what: str, method: str, path: str, accept: str, body: bytes | None = None, order: str = ""
    ) -> Answered:
        url = self.urls[next(self._turns) % len(self.urls)]
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        headers = {"Accept": accept, "Cookie": self.seed["cookie"], "X-CSRFToken": self.seed["token"]}
        if body is not None:
            headers["Content-Type"] = "application/json"
        began = time.monotonic()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            facts: tuple[Any, ...] = (response.status, response.getheader("Content-Type", ""), response.read())
            later = response.getheader("Retry-After", "")
        except (OSError, http.client.HTTPException) as broken:
            facts, later = (0, "", repr(broken).encode()), ""
        finally:
            connection.close()
        now = time.monotonic()
        answer = Answered(what, facts[0], now - began, now, facts[1], facts[2][:4000], order, later)
        self.answers.append(answer)
        return answer
