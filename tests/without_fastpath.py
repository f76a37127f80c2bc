"""`make test-without-fastpath`: with FASTPATH=off the same promises are kept, on SQLite and on PostgreSQL.

On SQLite all of them. PostgreSQL takes longer to empty its tables after each test, so there it is those whose requests
the fast path answers or carries: an order as its owner sees it, and everything that cancels.
"""

import os
import subprocess
import sys

from tests.reliability.servers import ROOT, postgres_url

PROMISES = "tests/promises"
THROUGH_THE_ROOM = (
    "test_cancel_directly.py",
    "test_cancel_fallback.py",
    "test_cancel_fast_route.py",
    "test_cancellation_options.py",
    "test_completed_order.py",
    "test_cost.py",
    "test_orders_list.py",
    "test_sets.py",
)


def run(database: dict[str, str], *tests: str) -> int:
    others = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "worksteal"]
    command += ["-m", "not services and not fastpath", *tests, *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env={**others, "FASTPATH": "off", **database}, check=False).returncode


def main() -> int:
    url = postgres_url()
    ends = [run({}, PROMISES)]
    if url is not None:
        unhurried = {"DATABASE_URL": url, "DATABASE_STATEMENT_SECONDS": "0"}  # to drop a database may take a while
        ends.append(run(unhurried, *(f"{PROMISES}/{name}" for name in THROUGH_THE_ROOM)))
    elif os.environ.get("REQUIRE_ALL") == "1":
        sys.exit("REQUIRE_ALL=1, and no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    return max(ends)


if __name__ == "__main__":
    sys.exit(main())
