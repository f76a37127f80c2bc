"""Customers and staff in the back office, and the groups that give staff their permissions."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.reading import ReadOnlyInline
from aftercart.back_office.showing import badge, lines, shown
from aftercart.customers import admin_places  # noqa: F401 (registers its pages)
from aftercart.customers.models import Address, Customer, LoyaltyTransaction, UserType
from aftercart.row_versions import VersionedAdmin


class AddressInline(ReadOnlyInline):
    """The customer's address book."""

    model = Address
    fields = ("title", "name", "where", "phone_number", "primary", "modified_date")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Address]:
        """With the places."""
        rows: QuerySet[Address] = super().get_queryset(request)
        return rows.select_related("country", "city", "township", "district")

    @display(description=_("name"))
    def name(self, address: Address) -> str:
        """For whom, and which company."""
        return lines([f"{address.first_name} {address.last_name}", *filter(None, [address.company_name])])

    @display(description=_("address"))
    def where(self, address: Address) -> str:
        """Line and places."""
        places = [address.district, address.township, address.city, address.country]
        return lines([address.line, ", ".join(str(place) for place in places if place)])


class LoyaltyInline(ReadOnlyInline):
    """The customer's loyalty account, the newest entry first."""

    model = LoyaltyTransaction
    fields = ("created_date", "amount", "order_number")
    readonly_fields = fields


@admin.register(LoyaltyTransaction)
class LoyaltyTransactionAdmin(VersionedAdmin):
    """Entries of loyalty accounts: staff may add one, and correct a mistake by adding another."""

    list_display = ("created_date", "customer", "amount", "order_number")
    list_select_related = ("customer",)
    search_fields = ("=order_number", "=customer__email")
    search_help_text = _("Order number or e-mail")
    fields = ("customer", "amount", "order_number")
    autocomplete_fields = ("customer",)
    list_per_page = 50
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: LoyaltyTransaction | None = None) -> bool:
        """Nobody: what was credited stays on record."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LoyaltyTransaction | None = None) -> bool:
        """Nobody, for the same reason."""
        return False


@admin.register(Customer)
class CustomerAdmin(VersionedAdmin):
    """Customers: looked up, and switched off if need be. Superusers decide who is staff."""

    list_display = ("email", "full_name", "phone", "kind", "active", "staff", "joined")
    list_filter = ("user_type", "is_active", "is_staff")
    search_fields = ("email", "first_name", "last_name", "phone")
    search_help_text = _("E-mail, name or phone")
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    inlines = (AddressInline, LoyaltyInline)
    filter_horizontal = ("groups", "user_permissions")
    joined = staticmethod(shown("date_joined", _("joined")))
    birthday = staticmethod(shown("date_of_birth", _("date of birth")))
    signed_in = staticmethod(shown("last_login", _("last sign-in")))
    attributes_shown = staticmethod(shown("attributes", _("attributes"), as_json=True))
    superuser_only = ("is_staff", "is_superuser", "groups", "user_permissions")
    never_written = (
        "email",
        "first_name",
        "last_name",
        "phone",
        "kind",
        "birthday",
        "joined",
        "signed_in",
        "orders",
        "allowed",
        "loyalty",
        "attributes_shown",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("email", "phone"),
                    ("first_name", "last_name"),
                    ("kind", "birthday"),
                    ("joined", "signed_in"),
                    ("orders", "allowed", "loyalty"),
                    "is_active",
                )
            },
        ),
        (_("Staff"), {"fields": (("is_staff", "is_superuser"), "groups", "user_permissions"), "classes": ("tab",)}),
        (_("Further data"), {"fields": ("attributes_shown",), "classes": ("tab",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Sequence[Any]:
        """All but the switch; for superusers, all but the switches."""
        if request.user.is_superuser:
            # Staff who switched themselves off could not switch themselves on again.
            return (*self.never_written, "is_active", "is_superuser") if obj == request.user else self.never_written
        return (*self.never_written, *self.superuser_only)

    def get_form(self, request: HttpRequest, obj: Customer | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With translated labels, where the model names none."""
        labels = {"is_active": _("may sign in"), "is_staff": _("may enter the back office")}
        return super().get_form(request, obj, change=change, **{"labels": labels, **kwargs})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers register in the shop; staff are made from customers, or by `manage.py createsuperuser`."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Nobody: orders keep their customer."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Staff is switched on and off by superusers alone."""
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and (request.user.is_superuser or obj is None or not (obj.is_staff or obj.is_superuser))

    @display(description=_("name"), ordering="last_name")
    def full_name(self, customer: Customer) -> str:
        """First and last name."""
        return f"{customer.first_name} {customer.last_name}".strip()

    @display(description=_("kind"), ordering="user_type")
    def kind(self, customer: Customer) -> str:
        """Registered or guest."""
        return badge(customer.get_user_type_display(), "info" if customer.user_type == UserType.REGISTERED else "")

    @display(description=_("may sign in"), boolean=True, ordering="is_active")
    def active(self, customer: Customer) -> bool:
        """Whether the customer may sign in."""
        return customer.is_active

    @display(description=_("staff"), boolean=True, ordering="is_staff")
    def staff(self, customer: Customer) -> bool:
        """Whether the back office is open to them."""
        return customer.is_staff

    @display(description=_("orders"))
    def orders(self, customer: Customer) -> str:
        """A link to the customer's orders."""
        there = reverse("admin:orders_order_changelist")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}?customer__id__exact={}">{}</a>',
            there,
            customer.pk,
            gettext("%(count)d orders") % {"count": customer.orders.count()},
        )

    @display(description=_("loyalty balance"))
    def loyalty(self, customer: Customer) -> str:
        """What the entries of the loyalty account add up to."""
        return str(LoyaltyTransaction.objects.belonging_to(customer).balance())

    @display(description=_("may be contacted by"))
    def allowed(self, customer: Customer) -> str:
        """What the customer agreed to."""
        ways = (
            (customer.email_allowed, gettext("e-mail")),
            (customer.sms_allowed, gettext("SMS")),
            (customer.call_allowed, gettext("phone")),
        )
        return ", ".join(name for agreed, name in ways if agreed)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, VersionedAdmin):  # type: ignore[misc]
    """Groups of staff, in the back office's looks."""
