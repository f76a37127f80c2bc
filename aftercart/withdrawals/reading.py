"""An order's eligibility for withdrawal: its period, what is on offer, what was withdrawn from."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import WithdrawalRules
from aftercart.errors import NotFound
from aftercart.fastpath import CompiledQuery
from aftercart.mailed_links.links import TO_WITHDRAW
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.received import date_known, text
from aftercart.public_holidays import place_of, zones_of
from aftercart.refusals import Refusal
from aftercart.withdrawals import rules
from aftercart.withdrawals.rules import ContractItem


def order_to_withdraw_from(signed: str) -> Order:
    """The order that a fresh link leads to, with its customer. Raises LinkExpired, NotFound (we never made it)."""
    link = TO_WITHDRAW.read(signed)
    order = Order.objects.select_related("customer").filter(pk=link.order_id).first()
    if order is None:
        raise NotFound
    link.check(order)
    return order


@dataclass(frozen=True, slots=True)
class Earlier:
    """A withdrawal that was declared before."""

    uuid: UUID
    created_date: datetime
    items: Collection[int]


@dataclass(frozen=True, slots=True)
class WithdrawalEligibility:
    """An order's period and items, as they are at one moment."""

    order: Order
    settings: WithdrawalRules
    lines: Sequence[tuple[OrderItem, ContractItem]]
    earlier: Sequence[Earlier]
    period: rules.Period | None
    now: datetime

    @property
    def is_open(self) -> bool:
        """Whether something can be withdrawn from now."""
        return self.settings.enabled and not self.refusals

    @property
    def refusals(self) -> list[Refusal]:
        """What speaks against it."""
        return rules.withdrawal_refusals([facts for _, facts in self.lines], self.period, now=self.now)

    @property
    def last_day(self) -> date | None:
        """The last day of the period, where the goods went; None while it has no end yet."""
        return self.period.last_day if self.period else None

    @property
    def is_over(self) -> bool:
        """Whether the period is over."""
        return rules.is_over(self.period, now=self.now)


WITHDRAWN = CompiledQuery(
    lambda order: (
        Order.objects.filter(pk=order)
        .annotate(**dynamic_settings.annotations(WithdrawalRules))
        .order_by("withdrawals__created_date", "withdrawals__pk")
        .values_list(
            "pk",
            *dynamic_settings.annotations(WithdrawalRules),
            "withdrawals__uuid",
            "withdrawals__created_date",
            "withdrawals__pieces__order_item",
            "withdrawals__pieces__quantity",
            named=True,
        )
    ),
    order=int,
)
"""An order's rules of withdrawal, with a row for each piece that was withdrawn from."""


def withdrawal_eligibility(order: Order, items: Sequence[OrderItem], *, now: datetime) -> WithdrawalEligibility:
    """How an order with these items (all of them) stands. One statement."""
    found = WITHDRAWN.all(order=order.pk)
    in_force = dynamic_settings.from_row(found[0]).get(WithdrawalRules) if found else WithdrawalRules()
    withdrawn: Counter[int] = Counter()
    earlier: dict[UUID, tuple[datetime, list[int]]] = {}
    for _, _, uuid, moment, item, quantity in found:
        if uuid is not None:
            earlier.setdefault(uuid, (moment, []))[1].append(item)
            withdrawn[item] += quantity or 0
    lines = [(item, _facts(item, withdrawn[item.pk], in_force)) for item in items]
    return WithdrawalEligibility(
        order=order,
        settings=in_force,
        lines=lines,
        earlier=[Earlier(uuid, moment, about) for uuid, (moment, about) in earlier.items()],
        period=_period(order, [facts for _, facts in lines], in_force),
        now=now,
    )


def _facts(item: OrderItem, withdrawn: int, in_force: WithdrawalRules) -> ContractItem:
    return ContractItem(
        id=item.pk,
        status=item.status,
        quantity=item.quantity,
        withdrawn=withdrawn,
        returned=item.returned_quantity,
        delivered=date_known(item.delivered_date),
        changed=date_known(item.modified_date),
        is_exempt=text(item.product.get("sku")) in in_force.exempt_skus,
    )


def _period(order: Order, facts: Sequence[ContractItem], in_force: WithdrawalRules) -> rules.Period | None:
    """By the calendar and the clocks of where the goods went; if that is unknown, by the shop's clocks."""
    place = place_of(order.shipping_address, days=in_force.days_off, regions=frozenset(in_force.holiday_regions))
    zones = zones_of(place.country) or (timezone.get_default_timezone(),)
    return rules.period_of(facts, days=in_force.days, zones=zones, working_day_from=place.working_day_from)
