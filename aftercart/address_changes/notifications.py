"""What customers are told of an address change by mail. Each verb works inside the transaction of the fact."""

from datetime import datetime
from typing import Any

from aftercart.address_changes.models import AddressChange
from aftercart.mails.models import MailKind
from aftercart.mails.writing import a_mail, write_mail, write_mails
from aftercart.orders.received import text
from aftercart.refusals import ADDRESS_CHANGE


def mail_both_contacts(change: AddressChange, *, now: datetime) -> None:
    """The order's contact and, where it is another, the one that stood in the old address: should it be a theft."""
    fields: dict[str, Any] = {"about": f"address change {change.pk}", "order": change.order, "now": now}
    told = {"old": change.old_address, "new": change.new_address}
    mails = [a_mail(MailKind.ADDRESS_CHANGED, data={**told, "is_old_contact": False}, **fields)]
    old_contact = text(change.old_address.get("email")).strip()
    if old_contact and old_contact.lower() != mails[0].to.lower():
        less = {"old": change.old_address, "is_old_contact": True}
        mails.append(a_mail(MailKind.ADDRESS_CHANGED, to=old_contact, data=less, **fields))
    write_mails(mails)


def mail_closed_change(change: AddressChange, *, now: datetime) -> None:
    """That nothing came of a change. Who was answered at once knows already; this is for those who were not."""
    write_mail(
        MailKind.ADDRESS_CHANGE_CLOSED,
        about=f"address change {change.pk}",
        order=change.order,
        data={"old": change.old_address, "new": change.new_address, "because": ADDRESS_CHANGE[change.because].page},
        now=now,
    )
