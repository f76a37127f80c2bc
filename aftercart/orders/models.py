"""Orders, their items, and what happened to them.

What Aftercart judges or changes has a column. What it only repeats to the storefront stays as it was received, in
`details`: a field that is added to the storefront tomorrow is shown without a change here.
"""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.customers.models import Customer
from aftercart.orders.amounts import AmountField
from aftercart.orders.numbers import other_way
from aftercart.orders.received import text
from aftercart.orders.unread import UnreadRow  # noqa: F401 (where Django looks for models)
from aftercart.statuses import AFTER_SHIPMENT, LABELS, Status

STATUS_CHOICES = [(int(status), LABELS[status]) for status in Status]


LONGEST_NUMBER = 128


def can_be_a_number(text: str) -> bool:
    """Whether text may be an order's number at all: the database need not be asked about anything else."""
    return "\0" not in text and len(text) <= LONGEST_NUMBER


class OrderQuerySet(models.QuerySet["Order"]):
    """Finds orders; ownership is part of the query."""

    def belonging_to(self, customer: Customer) -> "OrderQuerySet":
        """What is not the customer's does not exist."""
        return self.filter(customer=customer)

    def numbered(self, number: str) -> "OrderQuerySet":
        """The order with this number. Text that cannot be a number finds nothing."""
        return self.filter(number=number) if can_be_a_number(number) else self.none()

    def written(self, number: str) -> "OrderQuerySet":
        """The orders whose number people may write like this, the exact match first."""
        if not can_be_a_number(number):
            return self.none()
        exact = models.ExpressionWrapper(Q(number=number), output_field=models.BooleanField())
        return self.filter(number__in=[number, other_way(number)]).order_by(exact.desc())

    def named(self, name: str, *, holding: int) -> "OrderQuerySet":
        """The orders that an id or a number may mean, the likeliest first.

        `holding`: the id of an item. If both name an order, the one that holds the item is meant, else the id's.
        """
        if not (name.isascii() and name.isdigit() and len(name) < 19):
            return self.numbered(name)
        holds = Exists(OrderItem.objects.filter(order=OuterRef("pk"), pk=holding))
        by_id = models.ExpressionWrapper(Q(pk=int(name)), output_field=models.BooleanField())
        return self.filter(Q(number=name) | Q(pk=int(name))).order_by(holds.desc(), by_id.desc())

    def holding(self, item: int) -> "OrderQuerySet":
        """The order that this item belongs to, by its id."""
        return self.filter(items=item)


class Order(models.Model):
    """An order as the storefront handed it over and as Omnitron moves it."""

    number = models.CharField(_("number"), max_length=128)
    # An index of its own next to `orders_of_a_customer`: equal keys take hardly any room in it, so counting uses it.
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders", verbose_name=_("customer"))
    channel_id = models.IntegerField(default=1)
    status = models.PositiveSmallIntegerField(_("status"), choices=STATUS_CHOICES)
    status_before_cancellation = models.PositiveSmallIntegerField(null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=8, default="try")
    amount = AmountField()
    discount_amount = AmountField(default=0)
    shipping_amount = AmountField(default=0)
    refund_amount = AmountField(default=0)
    discount_refund_amount = AmountField(default=0)
    shipping_refund_amount = AmountField(default=0)
    shipping_address = models.JSONField(default=dict)
    """The order's own copy, in the wire's detailed form: a later edit in the address book changes nothing here."""
    billing_address = models.JSONField(default=dict)
    user_email = models.EmailField(max_length=254, blank=True)
    language_code = models.CharField(max_length=16, default="en")
    tracking_number = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001 (null on the wire)
    tracking_url = models.CharField(max_length=512, null=True, blank=True)  # noqa: DJ001
    invoice_number = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001
    invoice_date = models.DateTimeField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)
    omnitron_pk = models.BigIntegerField(null=True, blank=True)
    omnitron_modified = models.DateTimeField(null=True, blank=True, editable=False)
    """Omnitron's own date of the version that we took over last: anything older is late news."""
    version_date = models.DateTimeField(null=True, blank=True, editable=False)
    """The date of the version that last came in, by a file or by a pull; None if it had none."""
    created_date = models.DateTimeField(_("created"), default=timezone.now)
    modified_date = models.DateTimeField(default=timezone.now)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="one_order_per_number"),
            models.CheckConstraint(
                condition=Q(refund_amount__gte=0, discount_refund_amount__gte=0, shipping_refund_amount__gte=0),
                name="no_refund_below_zero",
            ),
        ]
        indexes = [models.Index(fields=["customer", "-created_date"], name="orders_of_a_customer")]

    def __str__(self) -> str:
        return self.number


class OrderItemQuerySet(models.QuerySet["OrderItem"]):
    """Finds items, by our keys or by Omnitron's."""

    def known_there_as(self, keys: Collection[int]) -> "OrderItemQuerySet":
        """The items that have these keys at Omnitron, or parts that have."""
        parts = OrderItemKey.objects.filter(omnitron_pk__in=keys)
        return self.filter(Q(omnitron_pk__in=keys) | Q(pk__in=parts.values("order_item")))


class OrderItem(models.Model):
    """One line of an order: usually one unit, for mergeable items several."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    status = models.PositiveSmallIntegerField(_("status"), choices=STATUS_CHOICES)
    status_before_cancellation = models.PositiveSmallIntegerField(null=True, blank=True)
    parent = models.BigIntegerField(null=True, blank=True, editable=False)
    """The id of the item whose part it is, as the order says: a set's own line. Whether the order has it, is not known.
    """
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    returned_quantity = models.PositiveIntegerField(_("returned"), default=0, db_default=0)
    """Pieces that were cancelled or given back, or that Omnitron has agreed to cancel, while the line goes on."""
    withdrawn_quantity = models.PositiveIntegerField(_("withdrawn"), default=0, db_default=0)
    """Pieces that the contract was withdrawn from; none of them counts as returned, too."""
    price = AmountField()
    retail_price = AmountField()
    tax_rate = models.DecimalField(max_digits=10, decimal_places=6, default=0)
    price_currency = models.CharField(max_length=8, default="try")
    product = models.JSONField(default=dict)
    easy_return_companies = models.JSONField(default=list, blank=True)
    """Offered for this item: `[{"pk": 1, "shipping_company": {"value", "label"}}]`."""
    tracking_number = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001 (null on the wire)
    tracking_url = models.CharField(max_length=512, null=True, blank=True)  # noqa: DJ001
    invoice_number = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001
    invoice_date = models.DateTimeField(null=True, blank=True)
    delivered_date = models.DateTimeField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)
    omnitron_pk = models.BigIntegerField(null=True, blank=True)
    """Omnitron's key; of several parts the lowest."""
    parts = models.JSONField(default=list, db_default=[], blank=True, editable=False)
    """If it is several items at Omnitron, each of them as last heard: `[{"pk", "status", "quantity"}]`, by key."""
    omnitron_modified = models.DateTimeField(null=True, blank=True, editable=False)
    version_date = models.DateTimeField(null=True, blank=True, editable=False)
    removed_date = models.DateTimeField(null=True, blank=True, editable=False)
    """When a version of the order came in that no longer has this item: no amount counts it."""
    created_date = models.DateTimeField(default=timezone.now)
    modified_date = models.DateTimeField(default=timezone.now)

    objects = OrderItemQuerySet.as_manager()

    active_request: Any = None
    """The item's active cancellation request, if the statement that read the item asked for it (`items_of`)."""

    class Meta:
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="at_least_one_of_an_item"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("returned_quantity") + F("withdrawn_quantity")),
                name="no_piece_comes_back_twice",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def was_shipped(self) -> bool:
        """Whether it has ever left the shop."""
        been = {self.status, self.status_before_cancellation or self.status}
        return not been.isdisjoint(AFTER_SHIPMENT | {Status.REFUNDED})

    @property
    def name(self) -> str:
        """The product's name, as the customer knows it."""
        return text(self.product.get("name")) or text(self.product.get("sku")) or str(self.pk)

    @property
    def quantity_left(self) -> int:
        """How many pieces may still be cancelled, returned or withdrawn from, going by the counts alone."""
        return self.quantity - self.returned_quantity - self.withdrawn_quantity


class OrderItemKey(models.Model):
    """Omnitron's key of one part of an item that is several items there: finds the item."""

    omnitron_pk = models.BigIntegerField(primary_key=True)
    order_item = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="keys")

    def __str__(self) -> str:
        return f"{self.omnitron_pk}: {self.order_item_id}"


class OrderEvent(models.Model):
    """Something that happened to an order; written with the fact, never changed."""

    class Kind(models.TextChoices):
        IMPORTED = "imported", _("Order received")
        STATUS_CHANGED = "status_changed", _("Status changed")
        INVOICED = "invoiced", _("Invoiced")
        CANCELLED_DIRECTLY = "cancelled_directly", _("Cancelled by the customer")
        CANCELLATION_UNFINISHED = "cancellation_unfinished", _("Cancellation could not be completed")
        REQUESTED = "requested", _("Cancellation requested")
        REQUEST_CLOSED = "request_closed", _("Cancellation request closed")
        REQUEST_WITHDRAWN = "request_withdrawn", _("Cancellation request taken back")
        WITHDRAWAL_REFUSED = "withdrawal_refused", _("Cancellation request could not be taken back")
        WITHDRAWN = "withdrawn", _("Withdrawn from the contract")
        ITEM_REMOVED = "item_removed", _("Taken out of the order by the shop")
        ITEM_RESTORED = "item_restored", _("Part of the order again")
        CANCELLATION_REJECTED = "cancellation_rejected", _("Cancellation declined by the shop")
        ADDRESS_CHANGE_SUBMITTED = "address_change_submitted", _("New delivery address submitted")
        ADDRESS_CHANGED = "address_changed", _("Delivery address changed")
        ADDRESS_CHANGE_CLOSED = "address_change_closed", _("Delivery address not changed")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    order_item = models.ForeignKey(OrderItem, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=32, choices=Kind.choices)
    actor = models.CharField(max_length=254, default="aftercart")
    """Who did it: a customer's e-mail, `omnitron`, or `aftercart` itself."""
    from_status = models.PositiveSmallIntegerField(null=True)
    to_status = models.PositiveSmallIntegerField(null=True)
    data = models.JSONField(default=dict)
    created_date = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.order_id})"


class PullPosition(models.Model):
    """How far `pull_orders` has got in Omnitron's list, so that a killed pull goes on where it was."""

    name = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField(null=True)
    """Only orders changed at or after this moment; None: all of them."""
    page = models.PositiveIntegerField(default=1)
    """The next page to read, from 1."""
    page_size = models.PositiveIntegerField()
    modified_date = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name}: page {self.page}"
