"""The call: read the order at Omnitron, judge again by what is newer there, send the cancel. No transaction is open.

An item of ours may be several there (`orders/parts.py`): each of them is named, with a reason.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from aftercart import failpoints
from aftercart.cancellations import settlement
from aftercart.cancellations.claim import Claim
from aftercart.cancellations.rules import WishedItem, directly_cancellable, ending, refusals
from aftercart.dynamic_settings.schema import ExtraCancelRules
from aftercart.errors import Refused
from aftercart.omnitron import (
    CancellationAlreadyOpen,
    Deadline,
    NotSent,
    Omnitron,
    OmnitronError,
    OutcomeUnknown,
    RefusedByOmnitron,
    RemoteOrder,
)
from aftercart.orders import news
from aftercart.orders.locking import hold_items
from aftercart.orders.parts import IN_CANCELLATION, is_in_pieces, matched, note_parts
from aftercart.refusals import OUTCOME_UNKNOWN, REFUSED_THERE, UNREACHABLE
from aftercart.statuses import Status


def judge(claim: Claim, *, now: datetime) -> str:
    """The code that closes the direct way, `""` if it is open. Raises Refused if that ends the wish."""
    case = claim.case(now=now)
    found = refusals(case)
    ended = ending(found, case.fallback)
    if ended:
        raise Refused(ended)
    return found[0].code if found else ""


def call(claim: Claim, omnitron: Omnitron, *, now: datetime) -> str:
    """Cancel at Omnitron what a claim holds; `""` if it agreed, else the code of why the wish has to fall back.

    Raises Refused if what is newer at Omnitron ends the wish; the attempt is then closed.
    """
    deadline = Deadline.after(omnitron.timeout)
    try:
        remote = _read(claim, omnitron, deadline)
    except RefusedByOmnitron:
        return REFUSED_THERE
    except OmnitronError:  # nothing was sent that changes anything, whatever became of the reading
        return UNREACHABLE
    failpoints.reached("cancel: order read")
    if _lacks_some(claim, remote):
        return REFUSED_THERE  # Omnitron knows fewer of it than we do: it has no say over the rest
    closed_by = _update_and_judge(claim, remote, now=now)
    if closed_by:
        return closed_by
    failpoints.reached("cancel: judged again")
    wished = wished_there(claim, remote, now=now)
    if wished is None:
        return REFUSED_THERE
    refused = _send(claim, remote, wished, omnitron, deadline)
    return refused if isinstance(refused, str) else _once_more(claim, wished, refused, omnitron, deadline, now=now)


def wished_there(claim: Claim, remote: RemoteOrder, *, now: datetime) -> dict[int, WishedItem] | None:
    """Key of each of Omnitron's items to cancel → what is wished for it; None if an item is missing there.

    All of an item that goes on; for some of its pieces, which are items of their own there, those least far along.
    """
    theirs = matched(claim.items, remote)
    cancellable = directly_cancellable(claim.settings.get(ExtraCancelRules))
    found: dict[int, WishedItem] = {}
    for item, wished in claim.chosen:
        if item.pk not in theirs:
            return None
        parts = theirs[item.pk].going_on or theirs[item.pk].each
        if claim.pieces(item, wished) < len(parts) and is_in_pieces(item):
            fitting = sorted((part.status, part.pk) for part in parts if part.status in cancellable)
            keys = [key for _, key in fitting[: claim.pieces(item, wished)]]
        else:
            keys = [part.pk for part in parts]
        claim.named[item.pk] = keys
        found |= dict.fromkeys(keys, wished)
    return found


def _lacks_some(claim: Claim, remote: RemoteOrder) -> bool:
    """Whether a chosen item is missing there, or a piece of one: what was not read would ship."""
    theirs = matched(claim.items, remote)
    for item, _ in claim.chosen:
        parts = theirs[item.pk].each if item.pk in theirs else ()
        missing = {part["pk"] for part in item.parts} - {part.pk for part in parts}
        # A single item there may come without a quantity, and is then all of it.
        is_said = len(parts) > 1 or any("quantity" in part.model_fields_set for part in parts)
        if not parts or ((is_said or missing) and sum(part.quantity for part in parts) < item.quantity):
            return True
    return False


def _read(claim: Claim, omnitron: Omnitron, deadline: Deadline) -> RemoteOrder:
    return omnitron.order(number=claim.order.number, item_ids={item.pk for item in claim.items}, deadline=deadline)


def _update_and_judge(claim: Claim, remote: RemoteOrder, *, now: datetime) -> str:
    """Write what is newer at Omnitron and judge by it; a refusal now also closes the durable attempt."""
    # Omnitron's keys alone are not worth a transaction here: the news of this very cancellation brings them.
    if news.is_further(claim.order, claim.items, remote):
        with transaction.atomic():
            news.take_over(claim.order, claim.items, remote, now=now)
    note_parts(claim.items, matched(claim.items, remote))
    try:
        return judge(claim, now=now)
    except Refused as refused:
        with transaction.atomic():
            settlement.refuse(claim, because=refused.refusals[0].code, now=now)
        raise


def ends_unshipped(claim: Claim, remote: RemoteOrder, named: Collection[int]) -> bool:
    """Whether nothing of the order is left but these (Omnitron's keys), and none of it has ever left the shop.

    Then the shipping is refunded, as the estimate said. Judged by what was read at Omnitron just now, and by what we
    remember of items in cancellation, which may have been shipped before.
    """
    left = [item.status for item in remote.items if item.pk not in named]
    if any(status not in (Status.CANCELED, Status.CANCELLATION_WAITING) for status in left):
        return False
    return not any(item.was_shipped for item in claim.items if item.removed_date is None)


def _send(
    claim: Claim, remote: RemoteOrder, wished: Mapping[int, WishedItem], omnitron: Omnitron, deadline: Deadline
) -> str | RefusedByOmnitron:
    """Send the cancel; `""` if Omnitron agreed, its refusal if it refused, else why the wish has to fall back."""
    try:
        omnitron.cancel(
            order_pk=remote.pk,
            reasons={key: claim.reasons[one.reason].remote_pk for key, one in wished.items()},
            accounts={key: (one.iban, one.holder_name) for key, one in wished.items() if one.iban},
            with_shipping=ends_unshipped(claim, remote, wished),
            order_number=claim.order.number,
            deadline=deadline,
        )
    except RefusedByOmnitron as refused:
        return refused
    except NotSent:
        return UNREACHABLE
    except OutcomeUnknown:
        return OUTCOME_UNKNOWN
    return ""


def _once_more(
    claim: Claim,
    wished: Mapping[int, WishedItem],
    refused: RefusedByOmnitron,
    omnitron: Omnitron,
    deadline: Deadline,
    *,
    now: datetime,
) -> str:
    """Omnitron refused: something may have changed there since we read the order. Read it again, and go by that.

    If everything named is in cancellation there, the wish is fulfilled. If the items' state there has changed, the wish
    is judged anew and sent once more. Otherwise the requests' own rules judge by the news, for example that the parcel
    has left.
    """
    try:
        remote = _read(claim, omnitron, deadline)
    except OmnitronError:
        return OUTCOME_UNKNOWN if isinstance(refused, CancellationAlreadyOpen) else REFUSED_THERE
    there = {part.pk: part.status for part in remote.items}
    if all(there.get(key) in IN_CANCELLATION for key in wished):
        return ""
    is_as_it_was = wished_there(claim, remote, now=now) in (None, wished)
    if is_as_it_was or isinstance(refused, CancellationAlreadyOpen):
        if news.is_further(claim.order, claim.items, remote):
            with transaction.atomic():
                hold_items(claim.order.pk)
                news.take_over(claim.order, claim.items, remote, now=now)
        return REFUSED_THERE
    closed_by = _update_and_judge(claim, remote, now=now)
    if closed_by:
        return closed_by
    again = _send(claim, remote, wished_there(claim, remote, now=now) or {}, omnitron, deadline)
    return again if isinstance(again, str) else REFUSED_THERE
