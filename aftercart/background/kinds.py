"""The table of duties: every kind of thing that must be done, with the verb that does it."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from aftercart.address_changes.models import AddressChange
from aftercart.address_changes.settlement import settle_address_change
from aftercart.background.cleaning import EVERY, clean
from aftercart.background.models import Cleaning
from aftercart.cancellations.delivery import deliver_request
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.cancellations.settlement import settle_attempt
from aftercart.duties import DutyKind
from aftercart.feed.models import FeedCursor, OrderNews, ReconciliationReport
from aftercart.feed.order_sync import sync_order
from aftercart.feed.polling import read_news
from aftercart.feed.reconcile import reconcile_next
from aftercart.feed.rereading import read_again
from aftercart.idempotency.keys import forget_keys
from aftercart.idempotency.models import IdempotencyKey
from aftercart.mailed_links.mailing import send_order_link
from aftercart.mailed_links.models import AskedLink
from aftercart.mails.models import Mail
from aftercart.mails.sending import send_mail
from aftercart.orders.unread import UnreadRow
from aftercart.sign_in.mailing import send_sign_in_link
from aftercart.sign_in.models import AskedSignIn, UsedToken
from aftercart.sign_in.once import forget_used_tokens as forget_used
from aftercart.throttling.counting import forget_tries
from aftercart.throttling.models import Tries
from aftercart.withdrawals.execution import carry_out
from aftercart.withdrawals.models import Withdrawal

ACKNOWLEDGED = Q(kind=Mail.Kind.WITHDRAWAL_ACKNOWLEDGED)

KINDS = (
    # The law wants it without delay, whatever else is slow.
    DutyKind("acknowledge a withdrawal", Mail, send_mail, only=ACKNOWLEDGED, is_urgent=True),
    DutyKind("settle a cancellation attempt", CancellationAttempt, settle_attempt),
    DutyKind("hand a cancellation request to Omnitron", CancellationRequest, deliver_request),
    DutyKind("carry out a withdrawal", Withdrawal, carry_out),
    DutyKind("mail an asked-for link", AskedLink, send_order_link),
    DutyKind("mail a link to sign in", AskedSignIn, send_sign_in_link),
    DutyKind("settle an address change", AddressChange, settle_address_change),
    DutyKind("send a mail", Mail, send_mail, only=~ACKNOWLEDGED),
    DutyKind("forget an expired idempotency key", IdempotencyKey, forget_keys, ahead=None),
    DutyKind("forget tries that are over", Tries, forget_tries, ahead=None),
    DutyKind("delete what is over", Cleaning, clean, ahead=EVERY),
    DutyKind("forget used tokens", UsedToken, forget_used, ahead=None),
    DutyKind("read Omnitron's news", FeedCursor, read_news, ahead=timedelta(seconds=settings.POLL_SECONDS)),
    DutyKind("sync an order that has news", OrderNews, sync_order),
    DutyKind("read a row of Omnitron's again", UnreadRow, read_again),
    DutyKind(
        "compare our orders with Omnitron's",
        ReconciliationReport,
        reconcile_next,
        ahead=timedelta(seconds=settings.RECONCILE_SECONDS),
    ),
)
