"""Withdrawals: what was declared and when, stored before anything is done about it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.duties import Duty, duty_indexes
from aftercart.orders.models import Order, OrderItem


class Withdrawal(Duty):
    """A declaration of withdrawal: a right, so it is recorded and acknowledged whatever the rules of requests say.

    As a duty: to be carried out, by cancelling and by requesting returns. What cannot be done that way is given up and
    stays with the back office, with its reasons.
    """

    class How(models.TextChoices):
        ACCOUNT = "account", _("In the account")
        LINK = "link", _("By a mailed link")

    class State(models.TextChoices):
        RECORDED = "recorded", _("Recorded")
        DONE = "done", _("Carried out")
        NEEDS_BACK_OFFICE = "needs_back_office", _("Needs the back office")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="withdrawals")
    declaration = models.UUIDField(editable=False)
    """Identifies one filled-in form: sent again, it is the same withdrawal."""
    name = models.CharField(_("name"), max_length=255)
    contact = models.EmailField(_("contact"), max_length=254)
    """Where the acknowledgement goes, as declared."""
    iban = models.CharField(_("IBAN"), max_length=64, blank=True, default="", db_default="")
    """The account for the refund, if it was asked for and given."""
    holder_name = models.CharField(_("account holder"), max_length=255, blank=True, default="", db_default="")
    statement = models.TextField(_("declaration"))
    """The sentence that was confirmed, in the language in which it was read."""
    items = models.JSONField(_("items"), default=list)
    """As declared: `[{"order_item", "name", "quantity", "price", "currency"}]`."""
    how = models.CharField(_("how it came"), max_length=16, choices=How.choices)
    state = models.CharField(_("state"), max_length=24, choices=State.choices, default=State.RECORDED)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    """Codes of what stood in the way of carrying it out."""
    estimate = models.JSONField(_("comes back (estimate)"), default=dict, db_default={}, blank=True, editable=False)
    """The refund, as estimated when it was declared (`estimates.py`); empty if there was no estimate."""
    created_date = models.DateTimeField(_("declared"), default=timezone.now)
    """The moment that counts legally."""
    closed_date = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering = ["-created_date"]
        constraints = [
            models.UniqueConstraint(fields=["order", "declaration"], name="one_withdrawal_per_declaration"),
        ]
        indexes = [*duty_indexes("withdrawals")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.get_state_display()}"

    @property
    def about(self) -> str:
        """The fact's name in the mails that acknowledge it."""
        return f"withdrawal {self.uuid}"


class WithdrawnItem(models.Model):
    """Pieces of an item that a withdrawal is about. Every piece can be withdrawn from once."""

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.CASCADE, related_name="pieces")
    order_item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="withdrawn_pieces")
    quantity = models.PositiveIntegerField()
    before = models.PositiveIntegerField()
    """How many pieces of the item were withdrawn from before these: two that begin at the same piece collide."""
    attempt = models.UUIDField(null=True, editable=False)
    """Names the attempt (or the asking) that carries it out; written before it is made."""

    class Meta:
        verbose_name = _("withdrawn item")
        verbose_name_plural = _("withdrawn items")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order_item", "before"], name="each_piece_is_withdrawn_from_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="a_withdrawal_is_about_something"),
        ]

    def __str__(self) -> str:
        return f"{self.order_item_id} × {self.quantity}"
