"""The few words that the demo says to its children over HTTP."""

import http.client
import json
from collections.abc import Sequence
from typing import Any


class SandboxDoor:
    """The sandbox's control door (no login, this machine only)."""

    def __init__(self, port: int) -> None:
        self.port = port

    def has_order(self, number: str) -> bool:
        """Whether the sandbox remembers the order."""
        return self._call("GET", f"/sandbox/orders/{number}/") == 200

    def add_orders(self, orders: Sequence[dict[str, Any]]) -> None:
        """Hand over orders of the commerce wire's shape. Raises RuntimeError if they are not taken."""
        status = self._call("POST", "/sandbox/orders/", orders)
        if status != 200:
            raise RuntimeError(f"the sandbox answered {status} to the demo's orders")

    def _call(self, method: str, path: str, body: Any = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            return connection.getresponse().status
        finally:
            connection.close()


def answers(port: int, path: str) -> bool:
    """Whether a server on this port says 200 to a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
