"""The access log of our own command: which page, how long, and neither who nor with what; a fast route's, too."""

import http.client
import os
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.signing import TimestampSigner

from tests.reliability.servers import Shop

SIGNED = TimestampSigner(key="planted", salt="planted").sign("4711-0123456789abcdef")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_access_log_has_no_addresses_links_or_cookies(running_shop: Shop, remote: Any) -> None:
    seed = running_shop.inside("seed")
    port = urlsplit(running_shop.url).port
    log = running_shop.folder / f"{len(running_shop.processes)}.log"
    web = running_shop.start(
        *("-m", "aftercart.serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--access-log")
    )
    running_shop.wait_for_web(web)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for path in (f"/guest/orders/{SIGNED}/", f"/withdrawals/{SIGNED}/", "/account/login/?email=ada%40example.com"):
        connection.request("GET", path, headers={"Cookie": "sessionid=planted-cookie"})
        connection.getresponse().read()
    options = f"/orders/{seed['orders'][0]['number']}/cancellation-options/"
    connection.request("GET", options, headers={"Cookie": seed["cookie"], "Accept": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    assert "Content-Security-Policy" not in answer.headers, "it was to be a fast route's"
    connection.close()
    end = time.monotonic() + 10
    while options not in (text := log.read_text()):
        assert time.monotonic() < end, text
        time.sleep(0.1)
    assert "GET /guest/orders/…/" in text
    assert "GET /account/login/" in text
    for planted in (seed["cookie"], SIGNED, SIGNED.rpartition(":")[2], "planted-cookie", "ada", "127.0.0.1 -"):
        assert planted not in text, text
    assert os.environ.get("GRANIAN_ACCESS_LOG_FMT") is None
