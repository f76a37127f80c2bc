"""What an order's JSON says may be done, held equal to the eligibility on a POST of that one item at that moment."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from aftercart.account.representation import Permissions
from aftercart.cancellations.case import Basis
from aftercart.cancellations.eligibility import Way, eligibility
from aftercart.cancellations.rules import CANCEL, REFUND, WishedItem
from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.dynamic_settings.schema import ALWAYS_FINAL, FALLBACK_CODES
from aftercart.orders.models import OrderItem
from aftercart.statuses import Status

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
GAP = 60  # minutes
statuses = st.sampled_from([int(status) for status in Status])
stored = st.fixed_dictionaries(
    {},
    optional={
        "EXTRA_CANCEL_RULES": st.fixed_dictionaries(
            {
                "has_invoice": st.booleans(),
                "hour_gap": st.fixed_dictionaries({"is_active": st.booleans(), "time": st.just(GAP)}),
                "extra_direct_cancellable_statuses": st.sampled_from([[], ["500"]]),
            }
        ),
        "CANCELLATION_FALLBACK": st.fixed_dictionaries(
            {"enabled": st.booleans(), "final": st.sampled_from([[*ALWAYS_FINAL], [*FALLBACK_CODES]])}
        ),
    },
)
# Around the limit to the microsecond, and far from it.
ages = st.sampled_from([-1, 0, 1]).map(lambda n: timedelta(minutes=GAP, microseconds=n)) | st.timedeltas(
    timedelta(0), timedelta(days=400)
)


@given(
    settings=stored,
    age=ages,
    order_status=statuses,
    attempt_open=st.booleans(),
    order_invoice=st.sampled_from([None, "A1"]),
    items=st.lists(
        st.tuples(statuses, st.sampled_from([None, "B2"]), st.booleans(), st.integers(0, 2)), min_size=1, max_size=4
    ),
)
def test_the_flags_of_an_item_are_the_verdict_on_it(settings, age, order_status, attempt_open, order_invoice, items):
    order = SimpleNamespace(
        status=order_status, created_date=NOW - age, invoice_number=order_invoice, attempt_open=attempt_open
    )
    may = Permissions(order, DynamicSettings(settings), now=NOW)
    for status, invoice, asked, gone in items:
        item = OrderItem(
            pk=7, status=status, quantity=2, returned_quantity=gone // 2, withdrawn_quantity=gone - gone // 2
        )
        item.invoice_number, item.active_request = invoice, object() if asked else None
        basis = Basis.of(order, [item], DynamicSettings(settings), attempt_open=attempt_open)
        posted = {kind: basis.case([(item, WishedItem(item.pk, 0, kind))], now=NOW) for kind in (CANCEL, REFUND)}
        assert may.flags(item, asked) == {
            "is_cancellable": eligibility(posted[CANCEL]).way != Way.NONE,
            "is_refundable": eligibility(posted[REFUND]).way != Way.NONE,
        }
