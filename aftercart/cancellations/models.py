"""Attempts at direct cancellation, requests to the back office, and the reasons to choose from."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.customers.models import Customer
from aftercart.duties import Duty, duty_indexes
from aftercart.orders.models import Order, OrderItem


class CancellationType(models.TextChoices):
    CANCEL = "cancel", _("Cancellation")
    REFUND = "refund", _("Return")


class CancellationReason(models.Model):
    """A reason that customers choose from."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    cancellation_type = models.CharField(max_length=8, choices=CancellationType.choices)
    subject = models.CharField(max_length=100)
    order = models.IntegerField(_("position"), default=100)
    extra_information_needed = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    translations = models.JSONField(default=dict, blank=True)
    """Language code → subject."""
    omnitron_pk = models.BigIntegerField(null=True, blank=True)
    """The reason's key at Omnitron, if it differs from ours."""
    created_date = models.DateTimeField(default=timezone.now, editable=False)
    modified_date = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cancellation reason")
        verbose_name_plural = _("cancellation reasons")
        ordering = ["cancellation_type", "order", "pk"]

    def __str__(self) -> str:
        return self.subject

    def subject_in(self, language: str | None) -> str:
        """The subject in a language; untranslated if that translation is missing."""
        return str(self.translations.get((language or "")[:2]) or self.subject)

    @property
    def remote_pk(self) -> int:
        """The key that Omnitron knows this reason by."""
        return self.omnitron_pk or self.pk


class EasyReturnShippingCompany(models.Model):
    """A carrier that collects or receives returns without paperwork, while the merchant offers it."""

    value = models.CharField(max_length=64)
    label = models.CharField(max_length=128)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("easy-return carrier")
        verbose_name_plural = _("easy-return carriers")

    def __str__(self) -> str:
        return self.label


class CancellationAttempt(Duty):
    """One attempt at a direct cancellation: stored before anything is sent.

    While it is `open` or `unknown` it is a duty: settlement asks Omnitron what became of it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        UNKNOWN = "unknown", _("Being checked")
        AGREED = "agreed", _("Cancelled")
        FELL_BACK = "fell_back", _("With the back office")
        REFUSED = "refused", _("Refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="cancellation_attempts")
    # A customer's attempts are only looked up by order, and each cancellation would write the index twice.
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    because = models.CharField(_("because"), max_length=64, blank=True)
    """The code that closed the direct way, if it was closed."""
    wish = models.JSONField(default=dict)
    created_date = models.DateTimeField(_("created"), default=timezone.now)
    closed_date = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("cancellation attempt")
        verbose_name_plural = _("cancellation attempts")
        ordering = ["-created_date"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=["open", "unknown"]), name="one_open_attempt_per_order"
            ),
        ]
        indexes = [*duty_indexes("cancellation_attempts")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.get_state_display()}"


ATTEMPT_OPEN_STATES = (CancellationAttempt.State.OPEN, CancellationAttempt.State.UNKNOWN)


class RequestStatus(models.TextChoices):
    """How far a request is: the values that published clients know, and two of ours for taking it back."""

    WAITING = "waiting", _("Waiting for the shop")
    CONFIRMED = "confirmed", _("Confirmed")
    WAITING_APPROVAL = "waiting_approval", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Declined")
    COMPLETED = "completed", _("Completed")
    WITHDRAWING = "withdrawing", _("Being taken back")
    WITHDRAWN = "withdrawn", _("Taken back")


# Nobody at the shop has decided yet: its owner may take it back.
UNDECIDED_STATUSES = (RequestStatus.WAITING, RequestStatus.WAITING_APPROVAL)
# What Omnitron calls open; the other two of its words are `rejected` and `completed`.
OPEN_AT_OMNITRON = (*UNDECIDED_STATUSES, RequestStatus.CONFIRMED, RequestStatus.APPROVED)
WITHDRAWAL_STATUSES = (RequestStatus.WITHDRAWING, RequestStatus.WITHDRAWN)
# One that is being taken back still blocks another: Omnitron has not agreed yet.
ACTIVE_REQUEST_STATUSES = (*OPEN_AT_OMNITRON, RequestStatus.WITHDRAWING)


def new_remote_id() -> str:
    """A name that is unique for ever."""
    return str(uuid.uuid4())


class CancellationRequest(Duty):
    """A customer's wish for the back office to decide: one active request per item.

    As a duty: hand it to Omnitron; while it is `withdrawing`, take it back there.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    remote_id = models.CharField(max_length=36, default=new_remote_id, editable=False)
    """What Omnitron knows it by: random, as our numbers are handed out again after a restored backup."""
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="cancellation_requests")
    order_item = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="cancellation_requests")
    attempt = models.ForeignKey(CancellationAttempt, on_delete=models.PROTECT, null=True, related_name="requests")
    reason = models.ForeignKey(CancellationReason, on_delete=models.PROTECT, related_name="+")
    description = models.TextField(blank=True)
    cancellation_type = models.CharField(max_length=8, choices=CancellationType.choices)
    status = models.CharField(_("status"), max_length=24, choices=RequestStatus.choices, default=RequestStatus.WAITING)
    quantity = models.PositiveIntegerField(default=1)
    is_withdrawal = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether it carries out a withdrawal from the contract, whose pieces are counted already."""
    fully_refund_as_loyalty_money = models.BooleanField(default=False)
    iban = models.CharField(max_length=64, blank=True)
    holder_name = models.CharField(max_length=255, blank=True)
    easy_return_company = models.ForeignKey(
        EasyReturnShippingCompany, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    easy_return_code = models.CharField(max_length=64, blank=True)
    pickup_address = models.JSONField(null=True, blank=True)
    """A copy of the address to collect from, in the wire's detailed form."""
    because = models.CharField(_("because"), max_length=64, blank=True)
    being_checked = models.BooleanField(_("being checked"), default=False)
    """Held back until settlement knows whether Omnitron cancelled after all."""
    closing_note = models.CharField(max_length=500, blank=True)
    omnitron_pk = models.BigIntegerField(null=True, blank=True)
    omnitron_modified = models.DateTimeField(null=True, blank=True, editable=False)
    """Omnitron's own date of the version that we took over last: anything older is late news."""
    withdrawal_date = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)
    """When its owner last asked to take it back, whatever came of that."""
    created_date = models.DateTimeField(_("created"), default=timezone.now)
    modified_date = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cancellation request")
        verbose_name_plural = _("cancellation requests")
        ordering = ["-created_date"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_item"],
                condition=Q(status__in=[str(status) for status in ACTIVE_REQUEST_STATUSES]),
                name="one_active_request_per_item",
            ),
        ]
        indexes = [*duty_indexes("cancellation_requests")]

    def __str__(self) -> str:
        return f"{self.get_cancellation_type_display()}: {self.order_item_id}"

    @property
    def may_be_withdrawn(self) -> bool:
        """Whether its owner may take it back: nobody at the shop has decided yet."""
        return self.status in UNDECIDED_STATUSES


class RequestPart(models.Model):
    """What a request is at Omnitron for one part of an item that is several items there (`orders/parts.py`)."""

    request = models.ForeignKey(CancellationRequest, on_delete=models.CASCADE, related_name="parts")
    item_key = models.BigIntegerField()
    """Omnitron's key of the part."""
    quantity = models.PositiveIntegerField(default=1)
    remote_id = models.CharField(max_length=36, default=new_remote_id, unique=True, editable=False)
    """What Omnitron knows this one by, unless it was made there."""
    omnitron_pk = models.BigIntegerField(null=True, blank=True, unique=True)
    status = models.CharField(max_length=24, choices=RequestStatus.choices, default=RequestStatus.WAITING)
    omnitron_modified = models.DateTimeField(null=True, blank=True, editable=False)
    """As of a request."""

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["request", "item_key"], name="one_request_per_part")]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.item_key}"
