"""What tests of other systems' words share: an OpenID provider that is a process of its own, and what a refusal is."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import Client

from tests.reliability.servers import ROOT


class Provider:
    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, **changes: Any) -> None:
        self._say("/control", changes)

    def asked(self) -> list[str]:
        return [*self._say("/control")["asked"]]

    def sign(self, claims: dict[str, Any]) -> str:
        return str(self._say("/sign", claims)["token"])

    def public_key(self) -> str:
        return str(self._say("/control")["public"])

    def _say(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def a_provider() -> Iterator[Provider]:
    command = [sys.executable, "-m", "tests.identity_provider"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield Provider(running.stdout.readline().strip())
        finally:
            running.terminate()


def is_signed_in(client: Client) -> bool:
    return client.get("/current_user/").status_code == 200


def assert_refused(answer: Any) -> None:
    assert answer.status_code == 400
    assert "This sign-in did not work" in answer.content.decode()
    assert "sessionid" not in answer.cookies
    assert answer["Referrer-Policy"] == "no-referrer"
