"""Whatever process of a service dies, at any moment, is replaced; the others go on: of the commands we document."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitron_sandbox import Sandbox
from tests.conftest import demanded
from tests.reliability.brokers import Server
from tests.reliability.crowd import cancel_body, post
from tests.reliability.documented import (
    here,
    in_the_procfile,
    in_units,
    on_the_page,
    setting,
    short,
    supervisor_of,
    units,
)
from tests.reliability.laws import settled
from tests.reliability.servers import Shop, a_shop, free_port
from tests.reliability.trouble import children

SECONDS = 60.0
"""Within which a process is replaced: it takes one to four, on a machine that does nothing else."""


def end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def until(holds: Any, shop: Shop) -> None:
    finish = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < finish, shop.logs()
        time.sleep(0.1)


def answers(shop: Shop) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=5)
    try:
        connection.request("GET", "/health/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def test_the_page_the_units_and_the_procfile_say_the_same() -> None:
    page, units, procfile = on_the_page(), in_units(), in_the_procfile()
    assert set(page) == {"web", "worker", "beat"} == set(procfile) == set(units)
    for name, command in page.items():
        assert short(command) == short(units[name]) == short(procfile[name])


def test_the_units_start_everything_again_for_ever() -> None:
    for unit in units():
        assert setting(unit, "Restart") == "always", unit.name
        assert setting(unit, "StartLimitIntervalSec") == "0", unit.name
    # systemd's default ends the whole service where the kernel kills one process of it for memory.
    [web] = [unit for unit in units() if unit.stem == "aftercart-web"]
    assert setting(web, "OOMPolicy") == "continue"


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        demanded("systemd-analyze is not installed")
    for unit in units():
        text = unit.read_text().replace(setting(unit, "ExecStart").split()[0], sys.executable)
        (tmp_path / unit.name).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.glob("*.service")))],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    ours = [line for line in checked.stderr.splitlines() if "aftercart" in line]
    assert not ours


@pytest.fixture
def shop(remote: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    with a_shop("sqlite", tmp_path, remote, OMNITRON_TIMEOUT="10") as shop:
        yield shop


@pytest.fixture
def web(shop: Shop) -> int:
    """The documented web server: the id of its parent process."""
    process = shop.start(*here(on_the_page()["web"]), "--port", str(shop.port))
    shop.wait_for_web(process)
    until(lambda: len(children(process.pid)) == 2, shop)
    return process.pid


def test_a_web_process_dies_and_what_the_other_has_begun_is_answered(shop: Shop, web: int, remote: Sandbox) -> None:
    seed = shop.inside("seed", orders=8)
    remote.add_orders(seed["orders"])
    remote.fault(operation="cancel", kind="latency", seconds=2.0)
    statuses: list[int] = []

    def cancel(order: Any) -> None:
        statuses.append(post(shop.url, f"/orders/{order['number']}/cancel/", cancel_body(order), seed)[0])

    cancelling = [threading.Thread(target=cancel, args=(order,)) for order in seed["orders"]]
    for thread in cancelling:
        thread.start()
    until(lambda: len(remote.calls(operation="cancel")) == len(seed["orders"]), shop)
    # Who has how many of the eight is the kernel's choice: the one that is left answers its own.
    first, second = children(web)
    end(first)
    for thread in cancelling:
        thread.join()
    assert set(statuses) <= {0, 204}, shop.logs()
    assert 204 in statuses, "the process that was left had nothing under way"
    until(lambda: len(children(web)) == 2, shop)
    assert second in children(web)
    remote.clear_faults()
    shop.start_worker()
    wished = {item["id"] for order in seed["orders"] for item in order["orderitem_set"]}
    settled(shop, remote, wished=wished)


def test_web_processes_die_together_and_one_after_the_other_without_an_end(shop: Shop, web: int) -> None:
    """granian alone takes the second death of one process within 5.5 seconds for a crash loop, and ends."""
    for _ in range(3):
        for pid in children(web):
            end(pid)
        until(lambda: len(children(web)) == 2 and answers(shop), shop)
    for _ in range(3):
        end(max(children(web)))  # the youngest: the one that was just replaced
        until(lambda: len(children(web)) == 2 and answers(shop), shop)


def test_no_web_process_goes_on_without_its_parent(shop: Shop, web: int) -> None:
    """It would answer beside the service that is started anew, with the code of before."""
    orphans = children(web)
    end(web)
    until(lambda: not any(Path(f"/proc/{pid}/stat").exists() and _runs(pid) for pid in orphans), shop)


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_body_that_never_comes_does_not_hold_back_the_stop(shop: Shop) -> None:
    command = [*here(on_the_page()["web"]), "--port", str(shop.port), "--workers-kill-timeout", "2"]
    process = shop.start(*command)
    shop.wait_for_web(process)
    connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=60)
    connection.putrequest("POST", "/orders/1/cancel/")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"{")
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=SECONDS) == 0, shop.logs()
    connection.close()


def test_a_service_of_the_procfile_survives_the_death_of_each_of_its_processes(
    broker: Server, remote: Sandbox, tmp_path: Path
) -> None:
    url = f"amqp://guest:guest@127.0.0.1:{broker.port}//"
    folder = tmp_path / "var"
    folder.mkdir()
    with a_shop("sqlite", folder, remote, CELERY_BROKER_URL=url, POLL_SECONDS="60") as shop:
        shop.port = free_port()
        config = tmp_path / "supervisord.conf"
        config.write_text(supervisor_of(tmp_path, port=shop.port))
        runner = shop.start("-W", "ignore", "-m", "supervisor.supervisord", "-c", str(config))
        until(lambda: len(children(runner.pid)) == 3 and answers(shop), shop)
        for name in in_the_procfile():
            [victim] = [pid for pid in children(runner.pid) if name in _command(pid)]
            end(victim)
            until(lambda gone=victim: gone not in children(runner.pid), shop)
        until(lambda: len(children(runner.pid)) == 3 and answers(shop), shop)
        seed = shop.inside("seed")
        remote.add_orders(seed["orders"])
        remote.fault(operation="order", kind="reset_before")
        [order] = seed["orders"]
        assert post(shop.url, f"/orders/{order['number']}/cancel/", cancel_body(order), seed)[0] == 200
        remote.clear_faults()
        settled(shop, remote, wished={item["id"] for item in order["orderitem_set"]}, seconds=40)
        shop.kill(runner, signal.SIGTERM)


def _command(pid: int) -> str:
    """Which of the three a process is, by its command: `web`, `worker` or `beat`; "" while it is being started."""
    words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return "web" if "aftercart.serve" in words else ["", *re.findall(r"celery (\w+)", words)][-1]
