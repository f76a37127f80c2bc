"""HTTP clients in one form, to be compared: ours, libcurl's (pycurl) and httpcore's; both are installed apart."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import httpcore
import pycurl

from aftercart.omnitron.http.circuit import Circuit
from aftercart.omnitron.http.deadline import Deadline
from aftercart.omnitron.http.transport import NoAnswer, Request, Transport

HEADERS = {"Accept": "application/json", "User-Agent": "aftercart", "Authorization": "Token k"}
LARGEST = 8 * 1024 * 1024


class Client(Protocol):
    """`ask` answers the status, or raises; `left` says of the last one whether a byte may have left."""

    left: bool

    def ask(self, method: str, path: str, body: bytes | None, seconds: float) -> int: ...


class Ours:
    def __init__(self, url: str, trusted: Path | None = None) -> None:
        context = ssl.create_default_context(cafile=trusted)
        circuit = Circuit(threshold=10**9)
        self.transport = Transport(url=url, max_concurrent=1, circuit=circuit, ssl_context=context)
        self.left = False
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())

    def ask(self, method: str, path: str, body: bytes | None, seconds: float) -> int:
        try:
            return self.transport.exchange(
                Request("any", method, path, body, Deadline.after(seconds)), self._headers
            ).status
        except Exception as error:
            self.left = isinstance(error, NoAnswer)
            raise


class Curl:
    """libcurl as it comes: one handle, which keeps its connection."""

    def __init__(self, url: str, trusted: Path | None = None) -> None:
        self.url = url
        self.left = False
        self._received: list[bytes] = []
        self._size = 0
        self.request_id = b""
        self._headers = [f"{name}: {value}" for name, value in HEADERS.items()]
        self.handle = handle = pycurl.Curl()
        for option, value in {
            pycurl.NOSIGNAL: 1,
            pycurl.PROXY: "",
            pycurl.MAXAGE_CONN: 15,
            pycurl.MAXCONNECTS: 1,
            pycurl.HTTPHEADER: self._headers,
            pycurl.WRITEFUNCTION: self._write,
            pycurl.HEADERFUNCTION: self._header,
        }.items():
            handle.setopt(option, value)
        if trusted:
            handle.setopt(pycurl.CAINFO, str(trusted))

    def _write(self, data: bytes) -> int | None:
        self._size += len(data)
        self._received.append(data)
        return -1 if self._size > LARGEST else None

    def _header(self, line: bytes) -> None:
        if line[:13].lower() == b"x-request-id:":
            self.request_id = line[13:].strip()

    def ask(self, method: str, path: str, body: bytes | None, seconds: float) -> int:
        handle = self.handle
        self._received, self._size = [], 0
        handle.setopt(pycurl.URL, self.url + path)
        handle.setopt(pycurl.TIMEOUT_MS, int(seconds * 1000))
        if body is None:
            handle.setopt(pycurl.HTTPGET, 1)
        else:
            handle.setopt(pycurl.POSTFIELDS, body)
        try:
            handle.perform()
        finally:
            self.left = handle.getinfo(pycurl.REQUEST_SIZE) > 0
        return int(handle.getinfo(pycurl.RESPONSE_CODE))


class CurlOnce(Curl):
    """libcurl that is stopped before it sends a request again by itself."""

    def __init__(self, url: str, trusted: Path | None = None) -> None:
        super().__init__(url, trusted)
        self._begun = 0
        self.handle.setopt(pycurl.PREREQFUNCTION, self._before)

    def _before(self, *_: Any) -> int:
        self._begun += 1
        return int(pycurl.PREREQFUNC_OK if self._begun == 1 else pycurl.PREREQFUNC_ABORT)

    def ask(self, method: str, path: str, body: bytes | None, seconds: float) -> int:
        self._begun = 0
        try:
            return super().ask(method, path, body, seconds)
        finally:
            self.left = self.left or self._begun > 1


class CurlFresh(Curl):
    """libcurl with a connection of its own for each call: nothing is kept that could die."""

    def __init__(self, url: str, trusted: Path | None = None) -> None:
        super().__init__(url, trusted)
        self.handle.setopt(pycurl.FRESH_CONNECT, 1)


class Core:
    """httpcore as it comes."""

    def __init__(self, url: str, trusted: Path | None = None) -> None:
        self.url = url
        self.left = False
        context = ssl.create_default_context(cafile=trusted)
        self.pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=1, keepalive_expiry=15, network_backend=self._backend()
        )

    def _backend(self) -> httpcore.NetworkBackend | None:
        return None

    def ask(self, method: str, path: str, body: bytes | None, seconds: float) -> int:
        limits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        self.left = True  # it does not say
        return self.pool.request(
            method, self.url + path, headers=HEADERS, content=body, extensions={"timeout": limits}
        ).status


class Watched(httpcore.NetworkStream):
    """A connection of httpcore whose every wait is cut at its client's deadline."""

    def __init__(self, inner: httpcore.NetworkStream, client: "CoreWatched") -> None:
        self._inner, self._client = inner, client

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._client.remaining(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._client.remaining(httpcore.WriteTimeout)
        self._client.left = True
        self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Watched":
        left = self._client.remaining(httpcore.ConnectTimeout)
        return Watched(self._inner.start_tls(ssl_context, server_hostname, left), self._client)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class CoreWatched(Core, httpcore.SyncBackend):
    """httpcore on a network backend of one's own: its public seam."""

    deadline = Deadline.after(0)

    def _backend(self) -> httpcore.NetworkBackend:
        return self

    def remaining(self, over: type[Exception]) -> float:
        if self.deadline.expired:
            raise over("the deadline is over")
        return self.deadline.remaining()

    def connect_tcp(self, *args: Any, **options: Any) -> Watched:
        options["timeout"] = self.remaining(httpcore.ConnectTimeout)
        return Watched(super().connect_tcp(*args, **options), self)

    def ask(self, method: str, path: str, body: bytes | None, seconds: float) -> int:
        self.deadline = Deadline.after(seconds)
        limits = {"pool": seconds}
        self.left = False
        return self.pool.request(
            method, self.url + path, headers=HEADERS, content=body, extensions={"timeout": limits}
        ).status


CLIENTS: dict[str, Callable[..., Any]] = {
    "ours": Ours,
    "libcurl as it comes": Curl,
    "libcurl, sent once": CurlOnce,
    "libcurl, no kept connection": CurlFresh,
    "httpcore as it comes": Core,
    "httpcore, own backend": CoreWatched,
}
