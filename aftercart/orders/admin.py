"""Orders in the back office: found quickly, read completely, changed by nobody."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.reading import ReadOnlyAdmin, ReadOnlyInline
from aftercart.back_office.showing import NOTHING, badge, folded, lines, link_to, readable_address, readable_json, shown
from aftercart.formatting import written_places
from aftercart.orders import signed_number
from aftercart.orders.models import STATUS_CHOICES, Order, OrderEvent, OrderItem
from aftercart.statuses import AFTER_SHIPMENT, BEFORE_SHIPMENT, CLOSED, Status

LABELS_BY_CODE: dict[int, str] = dict(STATUS_CHOICES)
COLOURS: dict[int, str] = {
    **dict.fromkeys(BEFORE_SHIPMENT, "info"),
    **dict.fromkeys(AFTER_SHIPMENT, "success"),
    **dict.fromkeys(CLOSED, "danger"),
    Status.CANCELLATION_WAITING: "warning",
}


def status_label(code: int | None) -> str:
    """A status in words; the code itself where it is none of ours."""
    if code is None:
        return NOTHING
    return gettext(LABELS_BY_CODE.get(code, str(code)))


def status_badge(code: int) -> str:
    """A status in words with its code, coloured by where on its way the order is."""
    return badge(f"{status_label(code)} · {code}", COLOURS.get(code, ""))


def money_text(amount: Any, currency: str) -> str:
    """An amount with its currency."""
    places = written_places(Decimal(str(amount)), currency)
    return f"{number_format(amount, places, use_l10n=True)} {currency.upper()}"


class ItemInline(ReadOnlyInline):
    """What was ordered."""

    model = OrderItem
    fields = ("product_shown", "status_shown", "quantity", "came_back", "price_shown", "parcel", "more")
    readonly_fields = fields

    @display(description=_("product"))
    def product_shown(self, item: OrderItem) -> str:
        """Name and number, followed by all that the storefront said about the product."""
        name = format_html('<span class="font-medium">{}</span>', item.name)
        return lines([name, folded(f"#{item.pk} · {item.product.get('sku') or NOTHING}", readable_json(item.product))])

    @display(description=_("returned, withdrawn"))
    def came_back(self, item: OrderItem) -> str:
        """How many pieces came back while the line goes on, and how many were withdrawn from."""
        both = (item.returned_quantity, item.withdrawn_quantity)
        return ", ".join(map(str, both)) if any(both) else NOTHING

    @display(description=_("status"))
    def status_shown(self, item: OrderItem) -> str:
        """The status in words."""
        return status_badge(item.status)

    @display(description=_("price"))
    def price_shown(self, item: OrderItem) -> str:
        """Price with currency."""
        return money_text(item.price, item.price_currency)

    @display(description=_("parcel and invoice"))
    def parcel(self, item: OrderItem) -> str:
        """Tracking and invoice numbers."""
        return lines([text for text in (item.tracking_number, item.invoice_number) if text] or [NOTHING])

    @display(description=_("further data"))
    def more(self, item: OrderItem) -> str:
        """What only the storefront understands."""
        return folded(_("Show"), readable_json(item.details)) if item.details else NOTHING


class EventInline(ReadOnlyInline):
    """The timeline."""

    model = OrderEvent
    fields = ("happened", "kind_shown", "item_shown", "actor_shown", "move", "more")
    readonly_fields = fields
    happened = staticmethod(shown("created_date", _("when")))
    actor_shown = staticmethod(shown("actor", _("by")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderEvent]:
        """With the items that are named."""
        rows: QuerySet[OrderEvent] = super().get_queryset(request)
        return rows.select_related("order_item")

    @display(description=_("what happened"))
    def kind_shown(self, event: OrderEvent) -> str:
        """The event in words."""
        return event.get_kind_display()

    @display(description=_("item"))
    def item_shown(self, event: OrderEvent) -> str:
        """The item it happened to, where it was one."""
        return event.order_item.name if event.order_item else NOTHING

    @display(description=_("status"))
    def move(self, event: OrderEvent) -> str:
        """From where to where."""
        if event.to_status is None:
            return NOTHING
        return f"{status_label(event.from_status)} → {status_label(event.to_status)}"

    @display(description=_("further data"))
    def more(self, event: OrderEvent) -> str:
        """The data stored with it."""
        return folded(_("Show"), readable_json(event.data)) if event.data else NOTHING


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders; the apps above add their columns and tabs by `also_shows`."""

    list_display: Sequence[Any] = ("number", "customer_shown", "status_shown", "amount_shown", "created")
    list_filter = ("status", "created_date")
    list_select_related = ("customer",)
    search_fields = ("number",)  # what the search box does is in get_search_results
    search_help_text = _("Number, e-mail or product name")
    ordering = ("-pk",)  # the newest first, by an index
    inlines: Sequence[Any] = (ItemInline, EventInline)
    annotations: Mapping[str, Any] = {}

    created = staticmethod(shown("created_date", _("created")))
    channel = staticmethod(shown("channel_id", _("channel")))
    language = staticmethod(shown("language_code", _("language")))
    email = staticmethod(shown("user_email", _("e-mail")))
    tracking = staticmethod(shown("tracking_number", _("tracking number")))
    invoice = staticmethod(shown("invoice_number", _("invoice number")))
    invoiced = staticmethod(shown("invoice_date", _("invoiced")))
    remote = staticmethod(shown("omnitron_pk", _("key at Omnitron")))
    modified = staticmethod(shown("modified_date", _("modified")))
    more = staticmethod(shown("details", _("further data"), as_json=True))
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "status_shown"),
                    ("customer_shown", "email"),
                    ("created", "modified"),
                    ("channel", "language"),
                    ("tracking", "remote"),
                    ("completed_link",),
                    ("invoice", "invoiced"),
                )
            },
        ),
        (_("Amounts"), {"fields": ("amounts",)}),
        (_("Addresses"), {"fields": (("shipping_shown", "billing_shown"),)}),
        (_("Further data"), {"fields": ("more",), "classes": ("collapse",)}),
    )
    readonly_fields = (
        "created",
        "channel",
        "language",
        "email",
        "tracking",
        "invoice",
        "invoiced",
        "remote",
        "modified",
        "more",
        "status_shown",
        "customer_shown",
        "amounts",
        "completed_link",
        "shipping_shown",
        "billing_shown",
    )

    @classmethod
    def also_shows(
        cls, *, columns: Sequence[Any] = (), inlines: Sequence[Any] = (), annotations: Mapping[str, Any] | None = None
    ) -> None:
        """Add what another app knows of orders, so that this one need not know that app."""
        cls.list_display = (*cls.list_display, *columns)
        cls.inlines = (*cls.inlines, *inlines)
        cls.annotations = {**cls.annotations, **(annotations or {})}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """With everything that the columns show, in one statement."""
        rows: QuerySet[Order] = super().get_queryset(request)
        return rows.annotate(**self.annotations)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """An exact number or e-mail by its index; anything else as a part of number, e-mail or product name."""
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        exact = queryset.filter(Q(number=term) | Q(customer__email=term))
        if exact.exists():
            return exact, False
        named = OrderItem.objects.filter(order=OuterRef("pk"), product__name__icontains=term)
        part = Q(number__icontains=term) | Q(user_email__icontains=term) | Q(customer__email__icontains=term)
        return queryset.filter(part | Exists(named)), False

    @display(description=_("customer"), ordering="customer__email")
    def customer_shown(self, order: Order) -> str:
        """Name and e-mail, leading to the customer."""
        return link_to(order.customer)

    @display(description=_("status"), ordering="status")
    def status_shown(self, order: Order) -> str:
        """The status in words, and its code: codes are what the integration's logs say."""
        return status_badge(order.status)

    @display(description=_("amount"), ordering="amount")
    def amount_shown(self, order: Order) -> str:
        """The sum with its currency."""
        return money_text(order.amount, order.currency)

    @display(description=_("link for the customer"))
    def completed_link(self, order: Order) -> str:
        """The signed link to the completed order, to copy; fresh each time that this page is opened."""
        path = f"/orders/completed/{signed_number.sign(order.number)}/"
        return format_html('<a href="{0}">{1}{0}</a>', path, settings.SITE_URL)

    @display(description=_("amounts"))
    def amounts(self, order: Order) -> str:
        """Every amount of the order."""
        named = (
            (_("amount"), order.amount),
            (_("discount"), order.discount_amount),
            (_("shipping"), order.shipping_amount),
            (_("refunded"), order.refund_amount),
            (_("discount refunded"), order.discount_refund_amount),
            (_("shipping refunded"), order.shipping_refund_amount),
        )
        return lines(f"{label}: {money_text(amount, order.currency)}" for label, amount in named)

    @display(description=_("delivery address"))
    def shipping_shown(self, order: Order) -> str:
        """Where the order goes."""
        return readable_address(order.shipping_address)

    @display(description=_("billing address"))
    def billing_shown(self, order: Order) -> str:
        """Who pays."""
        return readable_address(order.billing_address)
