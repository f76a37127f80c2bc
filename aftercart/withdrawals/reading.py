"""How an order stands with the right of withdrawal: its period, what is offered, what was withdrawn from."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import WithdrawalRules
from aftercart.errors import NotFound
from aftercart.mailed_links.links import TO_WITHDRAW
from aftercart.orders.models import Order, OrderItem
from aftercart.withdrawals import rules
from aftercart.withdrawals.rules import ItemFacts


def order_behind(signed: str) -> Order:
    """The order behind a link that is fresh, with its customer; LinkExpired, or NotFound for what we never made."""
    order = Order.objects.select_related("customer").filter(pk=TO_WITHDRAW.read(signed)).first()
    if order is None:
        raise NotFound
    return order


@dataclass(frozen=True, slots=True)
class Earlier:
    """A withdrawal that was declared before."""

    uuid: UUID
    created_date: datetime
    items: Collection[int]


@dataclass(frozen=True, slots=True)
class Standing:
    """An order's period and items, as they are at one moment."""

    order: Order
    settings: WithdrawalRules
    lines: Sequence[tuple[OrderItem, ItemFacts]]
    earlier: Sequence[Earlier]
    end: datetime | None
    now: datetime

    @property
    def is_open(self) -> bool:
        """Whether something can be withdrawn from now."""
        return self.settings.enabled and not self.refusals

    @property
    def refusals(self) -> list[rules.Refusal]:
        """What speaks against it."""
        return rules.refusals([facts for _, facts in self.lines], self.end, now=self.now)

    @property
    def last_day(self) -> datetime | None:
        """A moment of the last day of the period; None while it has no end."""
        return self.end - timedelta(minutes=1) if self.end else None


def standing_of(order: Order, items: Sequence[OrderItem], *, now: datetime) -> Standing:
    """How an order with these items (all of them) stands. One statement."""
    rows = (
        Order.objects.filter(pk=order.pk)
        .annotate(**dynamic_settings.beside(WithdrawalRules))
        .order_by("withdrawals__created_date", "withdrawals__pk")
        .values_list(
            "pk",
            *dynamic_settings.beside(WithdrawalRules),
            "withdrawals__uuid",
            "withdrawals__created_date",
            "withdrawals__pieces__order_item",
            "withdrawals__pieces__quantity",
            named=True,
        )
    )
    found = list(rows)
    in_force = dynamic_settings.read_beside(found[0]).get(WithdrawalRules) if found else WithdrawalRules()
    withdrawn: Counter[int] = Counter()
    earlier: dict[UUID, tuple[datetime, list[int]]] = {}
    for _, _, uuid, moment, item, quantity in found:
        if uuid is not None:
            earlier.setdefault(uuid, (moment, []))[1].append(item)
            withdrawn[item] += quantity or 0
    lines = [(item, _facts(item, withdrawn[item.pk], in_force)) for item in items]
    return Standing(
        order=order,
        settings=in_force,
        lines=lines,
        earlier=[Earlier(uuid, moment, about) for uuid, (moment, about) in earlier.items()],
        end=rules.ends_at((facts for _, facts in lines), days=in_force.days, zone=timezone.get_default_timezone()),
        now=now,
    )


def _facts(item: OrderItem, withdrawn: int, in_force: WithdrawalRules) -> ItemFacts:
    return ItemFacts(
        id=item.pk,
        status=item.status,
        quantity=item.quantity,
        withdrawn=withdrawn,
        delivered=item.delivered_date,
        changed=item.modified_date,
        is_exempt=str(item.product.get("sku") or "") in in_force.exempt_skus,
    )
