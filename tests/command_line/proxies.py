"""The proxies of deploy/ as Debian packages them, each in front of a service that `aftercart init` made."""

import contextlib
import http.client
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reliability.servers import ROOT, free_port

HOST = "orders.shop.example"
CERTIFICATE = ROOT / "tests" / "omnitron" / "localhost.pem"
"""Of localhost, with its key: whoever asks here looks at neither name nor issuer."""
NGINX = """
daemon off;
user {user};
pid {folder}/pid;
worker_processes 1;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {host};
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        include {example};
        location / {{ return 200 "the storefront"; }}
    }}
}}
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def cookies(self) -> str:
        return "; ".join(cookie.split(";")[0] for cookie in self.headers.get_all("Set-Cookie") or ())


@dataclass(frozen=True)
class Proxy:
    """A running one: asked over HTTPS by the name that it serves."""

    name: str
    port: int

    def ask(
        self, path: str, method: str = "GET", body: Any = None, *, source: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """One request on a connection of its own, from this address of the loopback."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(HOST, timeout=30)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(source, 0))
        connection.sock = context.wrap_socket(plain, server_hostname=HOST)
        with contextlib.closing(connection):
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all there
                connection.request(method, path, body, sent, encode_chunked=sent.get("Transfer-Encoding") == "chunked")
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())


def nginx(folder: Path, *, upstream: int, port: int) -> list[str]:
    """The command that runs deploy/nginx.conf in a server block of HTTPS, beside a storefront."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    config = NGINX.format(
        user="root" if os.getuid() == 0 else "nobody",
        folder=folder,
        temporary=" ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds),
        port=port,
        host=HOST,
        certificate=CERTIFICATE,
        example=_example("nginx.conf", folder, ("127.0.0.1:8000", f"127.0.0.1:{upstream}")),
    )
    (folder / "whole.conf").write_text(config)
    return ["nginx", "-p", str(folder), "-c", str(folder / "whole.conf"), "-e", "stderr"]


def caddy(folder: Path, *, upstream: int, port: int) -> list[str]:
    """The command that runs deploy/Caddyfile, at a port and with a certificate that are there."""
    example = _example(
        "Caddyfile",
        folder,
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        (f"\n{HOST} {{", f"\nhttps://{HOST}:{port} {{\n\tbind 127.0.0.1\n\ttls {CERTIFICATE} {CERTIFICATE}"),
    )
    example.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + example.read_text())
    return ["caddy", "run", "--config", str(example), "--adapter", "caddyfile"]


COMMANDS = {"nginx": nginx, "caddy": caddy}


def _example(name: str, folder: Path, *changes: tuple[str, str]) -> Path:
    text = (ROOT / "deploy" / name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / name).write_text(text)
    return folder / name


@contextlib.contextmanager
def running(name: str, folder: Path, *, upstream: int) -> Iterator[Proxy]:
    """The proxy, until the block ends."""
    port = free_port()
    command = COMMANDS[name](folder, upstream=upstream, port=port)
    at_home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **at_home})
    try:
        until = time.monotonic() + 30
        while not _listens(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
        yield Proxy(name, port)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def plain(port: int, path: str) -> Answer:
    """The service itself asked over plain HTTP, by the name that it is known by."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": HOST})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
