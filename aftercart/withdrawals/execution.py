"""Carrying a withdrawal out: the duty of its row, with the same verbs that customers cancel and return with.

What has not left the shop is cancelled; for the rest a return is requested. If the verbs refuse (the shop takes no
requests, another request is open for the item), that does not undo the withdrawal: it is given up as a duty and stays
with the back office, which can try again.
"""

import logging
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, override

from aftercart import failpoints, omnitron_client
from aftercart.cancellations.actions import cancel_order, request_cancellation
from aftercart.cancellations.models import CancellationAttempt
from aftercart.cancellations.reading import items_of, look, offered_reasons
from aftercart.cancellations.request_parts import within_reach
from aftercart.cancellations.rules import CANCEL, REFUND, Wish, WishedItem
from aftercart.duties import DONE, NotYet
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import WithdrawalRules
from aftercart.errors import FieldErrors, Refused, TryLater
from aftercart.orders.models import Order, OrderItem
from aftercart.refusals import IN_PROGRESS, ITEM_STATUS, NO_REASON, NOT_ACCEPTED, OPEN_REQUEST, PIECES_APART
from aftercart.statuses import AFTER_SHIPMENT
from aftercart.withdrawals.models import Withdrawal, WithdrawnItem
from aftercart.withdrawals.rules import IN_CANCELLATION

logger = logging.getLogger(__name__)

State = Withdrawal.State
LOOK_AGAIN = timedelta(seconds=5)
AT_ONCE = timedelta(seconds=0)
# How long another cancellation of the same order may block it before someone should look.
PATIENCE = timedelta(hours=1)

Pieces = list[tuple[WithdrawnItem, OrderItem]]
"""Pieces beside their items."""


def carry_out(pk: int, *, now: datetime) -> None:
    """The duty of a withdrawal. Raises NotYet while another cancellation of the order is under way."""
    withdrawal = Withdrawal.objects.select_related("order__customer").get(pk=pk)
    if withdrawal.state == State.DONE:
        Withdrawal.objects.filter(pk=pk).update(**DONE)
        return
    codes, wishes = _what_is_left(withdrawal)
    for kind, pieces in wishes.items():
        codes += _ask(withdrawal, kind, pieces, now=now)
    failpoints.reached("withdrawal: asked")
    if ITEM_STATUS in codes and _kinds(_what_is_left(withdrawal)[1]) != _kinds(wishes):
        raise NotYet(AT_ONCE, "the parcel has left, or came back, while we asked")
    if IN_PROGRESS in codes and now - withdrawal.created_date < PATIENCE:
        raise NotYet(LOOK_AGAIN, IN_PROGRESS)
    _end(withdrawal, list(dict.fromkeys(codes)), now=now)
    failpoints.reached("withdrawal: carried out")


def _kinds(wishes: dict[str, Pieces]) -> dict[int, str]:
    return {piece.pk: kind for kind, pieces in wishes.items() for piece, _ in pieces}


def _end(withdrawal: Withdrawal, codes: list[str], *, now: datetime) -> None:
    state = State.NEEDS_BACK_OFFICE if codes else State.DONE
    duty = {**DONE, "is_dead": True, "last_error": ", ".join(codes)} if codes else DONE
    Withdrawal.objects.filter(pk=withdrawal.pk).exclude(state=State.DONE).update(
        state=state, reasons=codes, closed_date=None if codes else now, **duty
    )


def _what_is_left(withdrawal: Withdrawal) -> tuple[list[str], dict[str, Pieces]]:
    """Codes of what is in the way, and what is still to be asked for, by type. Raises NotYet (an attempt is open)."""
    items = {item.pk: item for item in items_of(withdrawal.order)}
    pieces = list(withdrawal.pieces.all())
    attempts = CancellationAttempt.objects.in_bulk([piece.attempt for piece in pieces if piece.attempt])
    codes: list[str] = []
    wishes: dict[str, Pieces] = defaultdict(list)
    for piece in pieces:
        item = items[piece.order_item_id]
        attempt = attempts.get(piece.attempt) if piece.attempt else None
        if attempt is not None and attempt.state == CancellationAttempt.State.OPEN:
            raise NotYet(LOOK_AGAIN, "an earlier try has no end yet")
        carried = attempt is not None and attempt.state != CancellationAttempt.State.REFUSED
        if carried or item.status in IN_CANCELLATION:
            continue
        if item.active_request is not None:
            codes.append(OPEN_REQUEST)
            continue
        kind = REFUND if item.status in AFTER_SHIPMENT else CANCEL
        if within_reach(item, kind, piece.quantity) < piece.quantity:
            codes.append(PIECES_APART)
        wishes[kind].append((piece, item))
    return codes, wishes


def _ask(withdrawal: Withdrawal, kind: str, pieces: Pieces, *, now: datetime) -> list[str]:
    """Cancel, or request a return; returns the codes of what was refused, which does not stop the rest."""
    reason = reason_for(kind)
    if reason is None:
        return [NO_REASON]
    codes: list[str] = []
    while pieces:
        try:
            _wish(withdrawal, kind, pieces, reason, now=now)
        except TryLater as early:
            raise NotYet(LOOK_AGAIN, early.code) from early
        except FieldErrors as found:
            logger.error("withdrawal %s: the wish was not accepted: %s", withdrawal.pk, found.errors)
            return [*codes, NOT_ACCEPTED]
        except Refused as refused:
            codes += [refusal.code for refusal in refused.refusals]
            named = {refusal.order_item for refusal in refused.refusals}
            left = [(piece, item) for piece, item in pieces if item.pk not in named]
            if None in named or len(left) == len(pieces):
                return codes
            pieces = left
        else:
            break
    return codes


def _wish(withdrawal: Withdrawal, kind: str, pieces: Pieces, reason: int, *, now: datetime) -> None:
    attempt_id = uuid4()
    # Stored before it exists: if we die, the next worker finds what we left.
    WithdrawnItem.objects.filter(pk__in=[piece.pk for piece, _ in pieces]).update(attempt=attempt_id)
    order, day = withdrawal.order, timezone.localdate(withdrawal.created_date)
    with override(settings.LANGUAGE_CODE):  # the shop reads it
        said = gettext("Withdrawal from the contract, declared on %(date)s") % {"date": day.isoformat()}
        if "shipping_withdrawn" in withdrawal.estimate.get("rules", ()):
            said += ". " + gettext("It is the whole contract: the delivery comes back, too.")
    wish = Wish(
        tuple(
            WishedItem(
                order_item=item.pk,
                reason=reason,
                cancellation_type=kind,
                description=said,
                quantity=within_reach(item, kind, piece.quantity),
                iban=withdrawal.iban,
                holder_name=withdrawal.holder_name,
            )
            for piece, item in pieces
        ),
        is_withdrawal=True,
    )
    failpoints.reached("withdrawal: asking")
    if kind == REFUND:
        request_cancellation(
            customer=order.customer,
            orders=Order.objects.filter(pk=order.pk),
            wish=wish,
            now=now,
            attempt_id=attempt_id,
        )
        return
    cancel_order(
        customer=order.customer,
        order=look(order.number),
        wish=wish,
        now=now,
        omnitron=omnitron_client.omnitron(),
        attempt_id=attempt_id,
    )


def settle_by_hand(keys: Collection[int], *, now: datetime) -> int:
    """Close withdrawals that the back office has carried out by hand; returns how many waited for it."""
    waiting = Withdrawal.objects.filter(pk__in=keys, state=State.NEEDS_BACK_OFFICE)
    return waiting.update(state=State.DONE, closed_date=now, **DONE)


def reason_for(kind: str) -> int | None:
    """The id of the reason to cancel or return with: the setting's, else the first that fits, or None.

    Nobody is asked for a reason: this one is for the shop's books.
    """
    in_force = dynamic_settings.read_setting(WithdrawalRules)
    chosen = in_force.refund_reason if kind == REFUND else in_force.cancel_reason
    offered = offered_reasons()
    offered.sort(key=lambda one: (one.pk != chosen, one.cancellation_type != kind, one.extra_information_needed))
    return offered[0].pk if offered else None
