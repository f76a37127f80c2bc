"""What tests do again and again, whatever the promise: let time's work be done, hear news, look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart import failpoints
from aftercart.background.kinds import KINDS
from aftercart.duties import tick
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.feed.models import FeedCursor, OrderNews
from aftercart.feed.polling import begin_to_listen
from aftercart.mails.models import Mail
from aftercart.orders.models import OrderEvent

# What the worker does


def work(times: int = 3) -> None:
    """Let the worker do what is due, and what that makes due."""
    for _ in range(times):
        tick(KINDS)


def settle(*, seconds: float = 0) -> None:
    """Let the worker work until nothing is due that will be in so many seconds."""
    for _ in range(20):
        if not tick(KINDS, now=timezone.now() + timedelta(seconds=seconds)):
            return


def hear() -> None:
    """Read every list of news to its end and learn all that it told."""
    begin_to_listen(now=timezone.now())
    FeedCursor.objects.update(next_attempt_at=timezone.now())
    for _ in range(30):
        tick(KINDS)
        unread = FeedCursor.objects.exclude(since=None).exists()
        if not unread and not OrderNews.objects.filter(next_attempt_at__lte=timezone.now()).exists():
            return
    raise AssertionError("there is no end to the news")


@contextmanager
def meanwhile(step: str, act: Callable[[], object]) -> Iterator[None]:
    """Something happens when a promise has got this far."""

    def hook(reached: str) -> None:
        if reached == step:
            failpoints.hook = None
            act()

    failpoints.hook = hook
    try:
        yield
    finally:
        missed, failpoints.hook = failpoints.hook is not None, None
        assert not missed, f"{step} was not reached"


def set_rules(name: str = "EXTRA_CANCEL_RULES", **value: Any) -> None:
    """What an operator does in the back office."""
    DynamicSetting.objects.update_or_create(name=name, defaults={"value": value})


# What there is to see


def statuses(order: Any) -> list[int]:
    """The order's status, and its items'."""
    order.refresh_from_db()
    return [order.status, *item_statuses(order)]


def item_statuses(order: Any) -> list[int]:
    return list(order.items.order_by("pk").values_list("status", flat=True))


def events(order: Any, kind: str) -> int:
    """How many events of this kind the order has."""
    return OrderEvent.objects.filter(order=order, kind=kind).count()


def mailed() -> list[Mail]:
    """The mails that bring a link somebody asked for."""
    return list(Mail.objects.filter(kind=Mail.Kind.NEW_LINK).order_by("pk"))


def statements(seen: CaptureQueriesContext) -> list[str]:
    """The statements without the words that begin and end transactions, which differ between databases."""
    return [query["sql"] for query in seen if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]


# What Omnitron has


def the_plan(omnitron: Any, order: Any) -> int:
    """The key of the order's newest cancellation plan."""
    return omnitron.order(order.number)["cancellationplan_set"][-1]["pk"]


def the_request(omnitron: Any, order: Any) -> int:
    """The key of the order's newest cancellation request."""
    return omnitron.order(order.number)["cancellationrequest_set"][-1]["pk"]


def parts_of(omnitron: Any, order: Any, nth: int = 0) -> list[Any]:
    """Omnitron's items of the order's nth item."""
    own = order.items.order_by("pk")[nth].pk
    there = omnitron.order(order.number)["orderitem_set"]
    return [item for item in there if item["extra_field"]["id"] == own]


def at_omnitron(omnitron: Any, order: Any, nth: int = 0) -> list[str]:
    """The statuses there of the order's nth item."""
    return [part["status"] for part in parts_of(omnitron, order, nth)]


def as_return(**fields: Any) -> dict[str, Any]:
    """What makes a wish one to give something back."""
    return {"reason": 4, "cancellation_type": "refund", **fields}
