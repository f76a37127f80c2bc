"""Many customers' requests at once, over plain HTTP."""

import http.client
import json
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

Answer = tuple[int, Any]


def post(url: str, path: str, body: Any, seed: Any, *, timeout: float = 60) -> Answer:
    """One POST as the storefront sends it; status 0 where the connection broke."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Cookie": seed["cookie"],
        "X-CSRFToken": seed["token"],
    }
    try:
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, json.loads(text) if text and is_json else None
    except (OSError, http.client.HTTPException) as broken:
        return 0, repr(broken)
    finally:
        connection.close()


def cancel_body(order: Any, items: Sequence[int] | None = None) -> dict[str, Any]:
    """A cancellation of some items (by position; default: all) of an order on the wire."""
    chosen = order["orderitem_set"] if items is None else [order["orderitem_set"][n] for n in items]
    return {"cancel_order_items": [{"order_item": item["id"], "reason": "1"} for item in chosen]}


def all_at_once(url: str, wishes: Sequence[tuple[str, Any]], seed: Any) -> list[Answer]:
    """Send all wishes (path, body) at the same moment; the answers in their order."""
    answers: list[Answer] = [(0, None)] * len(wishes)
    gate = threading.Barrier(len(wishes))

    def send(index: int) -> None:
        gate.wait()
        path, body = wishes[index]
        answers[index] = post(url, path, body, seed)

    threads = [threading.Thread(target=send, args=(index,)) for index in range(len(wishes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
