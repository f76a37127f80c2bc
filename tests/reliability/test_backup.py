"""A backup made under load, restored elsewhere: the shop that goes on from it keeps the laws."""

import shutil
from pathlib import Path
from typing import Any

from tests.conftest import demanded
from tests.reliability.crowd import cancel_body, post
from tests.reliability.laws import settled
from tests.reliability.servers import Shop, a_database


def cancel(shop: Shop, seed: Any, orders: list[Any]) -> list[int]:
    return [post(shop.url, f"/orders/{o['number']}/cancel/", cancel_body(o), seed)[0] for o in orders]


def test_a_restored_shop_learns_what_it_missed_and_nothing_happens_twice(
    backend: str, running_shop: Shop, remote: Any, tmp_path: Path
) -> None:
    if backend == "postgres" and shutil.which("pg_dump") is None:
        demanded("pg_dump is not installed (postgresql-client)")
    shop = running_shop
    seed = shop.inside("seed", orders=12, items=2)
    remote.add_orders(seed["orders"])
    done, unclear, asked, later = (seed["orders"][n : n + 3] for n in (0, 3, 6, 9))
    shop.start_web()
    shop.start_worker()
    assert cancel(shop, seed, done) == [204] * 3
    remote.fault(operation="cancel", kind="reset_before", times=3)
    assert cancel(shop, seed, asked) == [200] * 3, "requests for the back office"
    settled(shop, remote, wished={item["id"] for order in (*done, *asked) for item in order["orderitem_set"]})
    for process in shop.processes[1:]:
        shop.kill(process)  # nobody settles, so that the backup has open ends
    remote.fault(operation="cancel", kind="reset_after", times=3)
    assert cancel(shop, seed, unclear) == [200] * 3
    file = tmp_path / "backup"
    shop.run("-m", "aftercart", "backup", str(file))
    assert cancel(shop, seed, later) == [204] * 3, "which the backup does not know"
    for process in shop.processes:
        shop.kill(process)
    remote.clear_faults()

    (tmp_path / "elsewhere").mkdir()
    with a_database(backend, tmp_path / "elsewhere") as database:
        elsewhere = Shop(tmp_path / "elsewhere", database, {**shop.environment, "DATABASE_URL": database})
        try:
            elsewhere.run("-m", "aftercart", "restore", str(file))
            elsewhere.run("manage.py", "migrate", "--check")
            elsewhere.start_web()
            elsewhere.start_worker()
            wished = {item["id"] for order in seed["orders"] for item in order["orderitem_set"]}
            facts = settled(elsewhere, remote, wished=wished, seconds=60)
            assert {a["state"] for a in facts["attempts"]} <= {"agreed", "fell_back"}
            for order in seed["orders"]:
                cancels = len(remote.calls(operation="cancel", number=order["number"]))
                assert cancels == 1, f"{order['number']}: {cancels} cancels at Omnitron"
        finally:
            elsewhere.end()
