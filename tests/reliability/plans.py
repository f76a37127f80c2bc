"""How PostgreSQL would find the rows of the hot paths: `python -m tests.reliability.plans`, JSON out.

A customer with 9,000 of 10,000 orders, and one with a few; every statement of the hot requests and of the workers'
ticks is explained as it ran, and once more with the plan that PostgreSQL keeps for all values.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg import sql

from aftercart.account import rows
from aftercart.background.kinds import KINDS
from aftercart.background.watch import Duties
from aftercart.cancellations import statements
from aftercart.customers.models import Customer
from aftercart.duties import claim_due
from aftercart.orders import signed_number
from aftercart.orders.models import Order, OrderItem
from tests import builders

MANY, FEW = 9_000, 1_000
GROWING = re.compile(
    "^(orders_|cancellations_cancellation(request|attempt)|customers_(customer|session)|mails_|"
    "idempotency_|address_changes_|withdrawals_)"
)


def stock() -> tuple[Customer, Order]:
    """Many orders, copied from one in the database; the heavy customer and one of their orders."""
    heavy, light = builders.a_customer("ada"), builders.a_customer("eve")
    builders.a_reason(pk=1)
    first = builders.an_order(heavy, items=3)
    with connection.cursor() as cursor:
        kept = ("id", "number", "customer_id", "created_date")
        columns = ", ".join(f'"{field.column}"' for field in Order._meta.concrete_fields if field.column not in kept)
        cursor.execute(
            f"INSERT INTO orders_order (number, customer_id, created_date, {columns}) "
            "SELECT 'X' || n, CASE WHEN n <= %s THEN %s ELSE %s END, created_date - n * interval '1 minute', "
            f"{columns} "
            "FROM orders_order, generate_series(1, %s) AS n WHERE id = %s",
            [MANY, heavy.pk, light.pk, MANY + FEW, first.pk],
        )
        kept = ("id", "order_id")
        names = [field.column for field in OrderItem._meta.concrete_fields if field.column not in kept]
        cursor.execute(
            f"INSERT INTO orders_orderitem (order_id, {', '.join(names)}) "
            f"SELECT o.id, {', '.join('i.' + name for name in names)} "
            "FROM orders_orderitem AS i, orders_order AS o WHERE i.order_id = %s AND o.id <> %s",
            [first.pk, first.pk],
        )
        cursor.execute("ANALYZE")
        # A small table is read through because that is cheaper. What matters is whether there is another way.
        cursor.execute("SET enable_seqscan = off")
    return heavy, Order.objects.get(number=f"X{MANY // 2}")


def scans(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Every access to a table in a plan: how, which table, rows read (kept and thrown away)."""
    found = []
    if "Relation Name" in plan and plan["Node Type"].endswith("Scan"):
        thrown = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        read = (plan.get("Actual Rows", 0) + thrown) * plan.get("Actual Loops", 1)
        found.append({"how": plan["Node Type"], "table": plan["Relation Name"], "read": read})
    for part in plan.get("Plans", []):
        found += scans(part)
    return found


def explained(text: str) -> list[dict[str, Any]]:
    """The scans of one statement; what is written is planned, not done."""
    analyze = "ANALYZE, " if text.startswith("SELECT") else ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({analyze}FORMAT JSON) {text}".replace("%", "%%"), [])
        return scans(cursor.fetchone()[0][0]["Plan"])


def of_a_run(run: Callable[[], Any]) -> list[dict[str, Any]]:
    """The scans of all statements that something makes."""
    run()  # compiled and learned once
    with CaptureQueriesContext(connection) as seen:
        run()
    kinds = ("SELECT", "UPDATE", "DELETE")
    return [scan for query in seen if query["sql"].startswith(kinds) for scan in explained(query["sql"])]


def kept_plan(prepared: Any, **values: Any) -> list[dict[str, Any]]:
    """The scans of a prepared statement by the one plan that is kept for all values."""
    query = prepared._for(connection)
    filled = sql.SQL(", ").join(sql.Literal(value) for value in query.statement.filled(values, connection))
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE kept AS {query.statement.text.numbered}")
        cursor.execute((sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE kept(") + filled + sql.SQL(")")).as_string())
        plan = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("DEALLOCATE kept")
        cursor.execute("RESET plan_cache_mode")
    return scans(plan)


def statements_kept() -> int:
    """How many statements this connection keeps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return int(cursor.fetchone()[0])


def main() -> None:
    heavy, order = stock()
    client = Client(headers={"Accept": "application/json"})
    client.force_login(heavy, backend=settings.AUTHENTICATION_BACKENDS[-1])
    key = client.cookies["sessionid"].value
    paths = {
        "completed": f"/orders/completed/{signed_number.sign(order.number)}/",
        "detail": f"/users/orders/{order.pk}/",
        "list": "/users/orders/?limit=50",
        "options": f"/orders/{order.number}/cancellation-options/",
        "orders page": "/account/orders/",
        "orders page by state": "/account/orders/?state=delivered",
    }

    def get(path: str) -> None:
        accept = "text/html" if path.startswith("/account/") else "application/json"
        assert client.get(path, headers={"Accept": accept}).status_code == 200, path

    kept = [get(f"/users/orders/?limit=50&page={page}") or statements_kept() for page in range(1, 6)]
    assert kept[-1] == kept[1], f"each page leaves a statement behind: {kept}"
    found = {name: of_a_run(lambda path=path: get(path)) for name, path in paths.items()}
    found["tick"] = of_a_run(lambda: [claim_due(kind, now=timezone.now(), limit=20) for kind in KINDS])
    found["metrics"] = of_a_run(lambda: list(Duties(timezone.now()).collect()))
    found["completed, kept plan"] = kept_plan(rows.BY_NUMBER, number=order.number, key=key)
    found["detail, kept plan"] = kept_plan(rows.BY_ID, id=order.pk, key=key)
    found["items, kept plan"] = kept_plan(rows.ITEMS_BY_ID, order=order.pk)
    found["items by number, kept plan"] = kept_plan(rows.ITEMS_BY_NUMBER, number=order.number)
    found["claim, kept plan"] = kept_plan(statements.ORDER, number=order.number)
    found["options' items, kept plan"] = kept_plan(statements.ITEMS_BY_NUMBER, number=order.number)
    found["claimed items, kept plan"] = kept_plan(statements.ITEMS, order=order.pk)
    print(json.dumps({name: [scan for scan in of if GROWING.match(scan["table"])] for name, of in found.items()}))


if __name__ == "__main__":
    main()
