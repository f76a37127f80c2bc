"""The promises of the withdrawal function: a declaration is recorded and acknowledged; a link is asked for.

Nothing is sent from here: carrying a withdrawal out, mailing and looking for an order are duties of rows.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from aftercart import failpoints
from aftercart.errors import FieldErrors, Refused
from aftercart.mailed_links import mailing
from aftercart.mailed_links.lookup import OrderLookup
from aftercart.mailed_links.models import AskedLink
from aftercart.mails.writing import item_data
from aftercart.orders import events
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.refusals import Refusal
from aftercart.withdrawals import notifications
from aftercart.withdrawals.estimates import estimate_of, kept
from aftercart.withdrawals.models import Withdrawal, WithdrawnItem
from aftercart.withdrawals.payloads import Declaration
from aftercart.withdrawals.reading import WithdrawalEligibility, withdrawal_eligibility
from aftercart.withdrawals.rules import why_not_offered

ROUNDS = 3


def withdraw(*, order: Order, declared: Declaration, how: Withdrawal.How, now: datetime) -> Withdrawal:
    """Withdraw from a contract, or from a part of it; the caller found `order` (with its customer), and so may.

    The same declaration again, or one only about what was withdrawn from before, is the same withdrawal. Raises
    FieldErrors (items of another order), Refused (the period is over, it is exempt or cancelled).
    """
    for _round in range(ROUNDS):
        known = Withdrawal.objects.filter(order=order, declaration=declared.uuid).first()
        if known is not None:
            return known
        try:
            with transaction.atomic():
                eligibility = withdrawal_eligibility(order, list(order.items.all()), now=now)
                again = _declared_before(eligibility, declared)
                if again is not None:
                    return again
                judge_declaration(eligibility, declared)
                withdrawal = _record(eligibility, declared, how=how, now=now)
                failpoints.reached("withdrawal: recording")
        except IntegrityError:  # someone declared the same at this moment: read what they wrote
            continue
        failpoints.reached("withdrawal: recorded")
        return withdrawal
    raise Refused([Refusal("item_withdrawn")])


def _declared_before(eligibility: WithdrawalEligibility, declared: Declaration) -> Withdrawal | None:
    """The withdrawal that says all of this already."""
    facts = {known.id: known for _, known in eligibility.lines}
    wished = [facts[pk] for pk in declared.items if pk in facts]
    if not wished or any(known.left > 0 or not known.withdrawn for known in wished):
        return None
    wanted = {known.id for known in wished}
    latest = max((one for one in eligibility.earlier if wanted & set(one.items)), key=lambda one: one.created_date)
    return Withdrawal.objects.get(uuid=latest.uuid)


def judge_declaration(eligibility: WithdrawalEligibility, declared: Declaration) -> None:
    """Check a declaration against the order's present state; for looking ahead, too. Raises FieldErrors, Refused."""
    facts = {known.id: known for _, known in eligibility.lines}
    if not declared.items or not set(declared.items) <= set(facts):
        raise FieldErrors({"items": [gettext("Choose at least one item.")]})
    if not eligibility.settings.enabled:
        raise Refused([Refusal("withdrawal_not_offered")])
    if eligibility.refusals:
        raise Refused(eligibility.refusals)
    found = [refusal for pk in declared.items if (refusal := why_not_offered(facts[pk]))]
    if found:
        raise Refused(found)
    for pk, quantity in declared.items.items():
        left = facts[pk].left
        if not 1 <= quantity <= left:
            text = gettext("Choose a number from 1 to {quantity}.").format(quantity=left)
            raise FieldErrors({f"quantity-{pk}": [text]})


def _record(
    eligibility: WithdrawalEligibility, declared: Declaration, *, how: Withdrawal.How, now: datetime
) -> Withdrawal:
    """The declaration, its pieces, its events, its acknowledgement: one transaction, the caller's."""
    order = eligibility.order
    chosen = [(item, known, declared.items[item.pk]) for item, known in eligibility.lines if item.pk in declared.items]
    estimate = estimate_of(eligibility, declared.items)
    withdrawal = Withdrawal.objects.create(
        order=order,
        declaration=declared.uuid,
        name=declared.name,
        contact=declared.contact,
        statement=declared.statement,
        iban=declared.iban,
        holder_name=declared.holder_name,
        items=[{"order_item": item.pk, **item_data(item, quantity=quantity)} for item, _, quantity in chosen],
        estimate=kept(estimate),
        how=how,
        created_date=now,
        next_attempt_at=now,
    )
    WithdrawnItem.objects.bulk_create(
        WithdrawnItem(withdrawal=withdrawal, order_item=item, quantity=quantity, before=known.withdrawn)
        for item, known, quantity in chosen
    )
    for item, known, quantity in chosen:
        item.withdrawn_quantity = known.withdrawn + quantity
    OrderItem.objects.bulk_update([item for item, _, _ in chosen], ["withdrawn_quantity"])
    OrderEvent.objects.bulk_create(
        events.withdrawn(item, quantity, withdrawal=withdrawal.uuid, how=how, actor=order.customer.email, now=now)
        for item, _, quantity in chosen
    )
    notifications.acknowledge(withdrawal, estimate, now=now)
    return withdrawal


def ask_for_withdrawal_link(asked: OrderLookup, *, now: datetime) -> None:
    """Have a link for withdrawing mailed to whoever ordered."""
    mailing.ask_for_order_link(AskedLink.Opens.WITHDRAWAL, number=asked.number, email=asked.email, now=now)
