"""A steady load of customers who cancel and look, each answer kept with its time: for tests that break things."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.reliability.crowd import cancel_body

PAGES = ("/account/orders/", "/account/orders/{number}/")


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

    def is_clear(self) -> bool:
        """Whether it is an answer that a customer or a storefront can live with."""
        if self.status == 503:
            if "json" not in self.kind:
                return self.what == "page" and b"<p" in self.body
            said = json.loads(self.body)
            return bool(said["error_code"]) and bool(said["non_field_errors"])
        return self.status in (200, 204) or (self.status == 400 and "json" in self.kind)


@dataclass
class Load:
    """Customers that send one request after the other, `pause` seconds apart, until told to stop."""

    urls: Sequence[str]
    seed: Any
    pause: float = 0.1
    tries: int = 1
    double_every: int = 0  # every so many orders the customer clicks twice
    answers: list[Answered] = field(default_factory=list)
    wished: set[int] = field(default_factory=set)
    _turns: Iterator[int] = field(default_factory=itertools.count)
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
                        self._send("page" if "html" in accept else "json", "GET", page.format(**order), accept)
                self._send("json", "GET", "/current_user/", "application/json")
                if self._stop.wait(self.pause):
                    return

        for target in [cancel] * cancellers + [read] * readers:
            self._threads.append(threading.Thread(target=target, daemon=True))
            self._threads[-1].start()

    def stop(self) -> None:
        """Send no more; wait for what was sent."""
        self._stop.set()
        self.join()

    def join(self, seconds: float = 60) -> None:
        """Wait for all orders to be cancelled."""
        for thread in self._threads:
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
            if answer.status not in (0, 503) or self._stop.wait(self.pause):
                return

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
        except (OSError, http.client.HTTPException) as broken:
            facts = (0, "", repr(broken).encode())
        finally:
            connection.close()
        now = time.monotonic()
        answer = Answered(what, facts[0], now - began, now, facts[1], facts[2][:4000], order)
        self.answers.append(answer)
        return answer
