"""Everything that exists only for speed, behind one face; README.md says what it promises, touches and brings.

NUMBERED = CompiledQuery(lambda number: Order.objects.filter(number=number), number=str)
SHIPPED = CompiledUpdate(lambda pk, now: (Order.objects.filter(pk=pk), {"status": 500, "modified_date": now}),
                         pk=int, now=datetime)

NUMBERED.one(number="2284…")                                                        # an Order, or None
found, shipped = batch(NUMBERED.bind(number="2284…"), SHIPPED.bind(pk=1, now=now))  # in one round trip
atomic_batch(SHIPPED.bind(pk=1, now=now), insert([an_event]))                       # both, or NothingChanged
"""

from aftercart.fastpath.batch import NothingChanged, Statement, atomic_batch, batch
from aftercart.fastpath.compiled import CompiledQuery, CompiledUpdate, fetch_rows, insert, insert_with_keys
from aftercart.fastpath.routes import RequestHead, Route, RouteAnswer, between

__all__ = [
    "CompiledQuery",
    "CompiledUpdate",
    "NothingChanged",
    "RequestHead",
    "Route",
    "RouteAnswer",
    "Statement",
    "atomic_batch",
    "batch",
    "between",
    "fetch_rows",
    "insert",
    "insert_with_keys",
]
