"""What is told of a withdrawal by mail: the acknowledgement that the law demands."""

from datetime import datetime
from typing import Any

from aftercart.cancellations.estimate import Estimate
from aftercart.mails.models import MailKind
from aftercart.mails.writing import a_mail, contact_of, write_mails
from aftercart.withdrawals.estimates import told
from aftercart.withdrawals.models import Withdrawal


def acknowledge(withdrawal: Withdrawal, estimate: Estimate, *, now: datetime) -> None:
    """A declaration has reached us: to whoever made it, in the transaction that records it."""
    # To the order's own contact, too: its owner must know of it, whoever declared it.
    order = withdrawal.order
    own = contact_of(order)
    readers = [withdrawal.contact] if own.lower() == withdrawal.contact.lower() else [withdrawal.contact, own]
    data = _acknowledgement(withdrawal, estimate)
    write_mails(
        a_mail(MailKind.WITHDRAWAL_ACKNOWLEDGED, about=withdrawal.about, order=order, to=reader, data=data, now=now)
        for reader in readers
        if reader
    )


def _acknowledgement(withdrawal: Withdrawal, estimate: Estimate) -> dict[str, Any]:
    """What the acknowledgement says, in the shape that `mails/writing.py` describes."""
    return {
        "name": withdrawal.name,
        "contact": withdrawal.contact,
        "contract": withdrawal.order.number,
        "statement": withdrawal.statement,
        "received": withdrawal.created_date.isoformat(),
        "items": withdrawal.items,
        "estimate": told(estimate, withdrawal.order),
    }
