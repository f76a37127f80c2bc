"""The published storefront's server, as it proxies a browser's requests: these headers, cookies and bytes."""

from typing import Any

from tests.conftest import SignedIn


class Storefront(SignedIn):
    """Everything is sent with all it has, the literal `undefined` where a cookie of its own is missing."""

    def __init__(self, customer: Any = None) -> None:
        super().__init__(customer)
        self.headers = {
            "Accept": "application/json",
            "Accept-Language": "undefined",
            "x-currency": "undefined",
            "x-csrftoken": self.token,
            "X-Requested-With": "XMLHttpRequest",
            "Referer": "http://testserver",
        }
        self.cookies["csrftoken"] = self.token
        if "sessionid" in self.cookies:
            self.cookies["osessionid"] = self.cookies["sessionid"].value

    def bytes(self, method: str, path: str, body: str = "", content_type: str = "application/json") -> Any:
        """A request with exactly this body."""
        return self.generic(method, path, body, content_type=content_type, headers=self.headers)

    def remove(self, path: str) -> Any:
        """DELETE as its fetch sends it: with a body, and as text."""
        return self.bytes("DELETE", path, "{}", "text/plain;charset=UTF-8")
