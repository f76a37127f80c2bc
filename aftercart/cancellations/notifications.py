"""What customers are told of their cancellations by mail. Each verb works inside the transaction of the fact."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import Max

from aftercart.cancellations.claim import Claim
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, CancellationRequest, RequestStatus
from aftercart.cancellations.rules import REFUND
from aftercart.fastpath import Statement
from aftercart.mails.models import Mail, MailKind
from aftercart.mails.writing import a_mail, item_data, write_mails, writing
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.refusals import SENTENCES

NEWS = {
    RequestStatus.APPROVED: MailKind.REQUEST_APPROVED,
    RequestStatus.COMPLETED: MailKind.REQUEST_APPROVED,
    RequestStatus.REJECTED: MailKind.REQUEST_REJECTED,
}


def cancellation_mails(claim: Claim, *, now: datetime) -> list[Statement]:
    """The chosen items are cancelled: for `batch`."""
    items = [item_data(item, quantity=claim.pieces(item, wished)) for item, wished in claim.chosen]
    return writing(_mails(claim, MailKind.CANCELLED, items, now=now))


def request_mails(claim: Claim, requests: Iterable[CancellationRequest], *, now: datetime) -> list[Statement]:
    """The wish is with the shop, and why: for `batch`."""
    items = [
        item_data(
            request.order_item, quantity=request.quantity, type=request.cancellation_type, because=request.because
        )
        for request in requests
    ]
    return writing(_mails(claim, MailKind.REQUEST_RECEIVED, items, now=now))


def refused(claim: Claim, *, because: str, now: datetime) -> None:
    """Nothing came of a wish that nobody had answered yet."""
    note = SENTENCES.get(because, "")
    items = [
        item_data(item, quantity=wished.quantity or item.quantity_left, type=wished.cancellation_type, note=note)
        for item, wished in claim.chosen
    ]
    write_mails(_mails(claim, MailKind.REQUEST_REJECTED, items, now=now))


def _mails(claim: Claim, kind: MailKind, items: list[dict[str, object]], *, now: datetime) -> list[Mail]:
    if not items:
        return []
    about, to = f"attempt {claim.attempt.pk}", claim.order.user_email or claim.attempt.customer.email
    return [a_mail(kind, about=about, order=claim.order, to=to, data={"items": items}, now=now)]


def decided(requests: Collection[int], status: RequestStatus, *, now: datetime) -> None:
    """The shop has agreed to some requests (ids), carried them out or declined them: one statement for all of them.

    A return is announced twice, first that it may be sent, then that it is done; a cancellation once.
    """
    if not requests or status not in NEWS:
        return
    rows = CancellationRequest.objects.select_related("order__customer", "order_item", "easy_return_company")
    write_mails(_decided(request, status, now=now) for request in rows.filter(pk__in=requests))


def _decided(request: CancellationRequest, status: RequestStatus, *, now: datetime) -> Mail:
    is_done = status == RequestStatus.COMPLETED
    carrier = request.easy_return_company
    item = item_data(
        request.order_item,
        quantity=request.quantity,
        type=request.cancellation_type,
        note=request.closing_note,
        is_done=is_done,
        carrier=carrier.label if carrier else "",
        code=request.easy_return_code,
        as_loyalty=request.fully_refund_as_loyalty_money,
    )
    again = " done" if is_done and request.cancellation_type == REFUND else ""
    about = f"request {request.pk}{again}"
    return a_mail(NEWS[status], about=about, order=request.order, data={"items": [item]}, now=now)


def declined(order: Order, items: Sequence[OrderItem], *, plan: int | None, now: datetime) -> None:
    """Omnitron rejected the cancellation of these items: they go on. Rejected requests have a mail of their own."""
    keys = [item.pk for item in items]
    direct = dict(
        OrderEvent.objects.filter(order_item__in=keys, kind=OrderEvent.Kind.CANCELLED_DIRECTLY)
        .values_list("order_item")
        .annotate(Max("created_date"))
    )
    asked = CancellationRequest.objects.filter(
        order_item__in=keys, status__in=[*ACTIVE_REQUEST_STATUSES, RequestStatus.REJECTED]
    ).values_list("order_item", "created_date")
    by_request = {pk for pk, moment in asked if pk not in direct or moment > direct[pk]}
    write_mails(
        a_mail(
            MailKind.CANCELLATION_DECLINED,
            about=f"item {item.pk}, plan {plan or now.isoformat()}",
            order=order,
            data={"items": [item_data(item)]},
            now=now,
        )
        for item in items
        if item.pk not in by_request
    )
