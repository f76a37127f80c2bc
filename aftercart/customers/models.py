"""Customers, their sessions, their address book, and the places that addresses lie in."""

import hashlib
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_EMAIL = 254


class UserType(models.TextChoices):
    REGISTERED = "registered", _("Registered")
    GUEST = "guest", _("Guest")


class CustomerManager(BaseUserManager["Customer"]):
    """Finds and makes customers."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Customer":
        """Make a customer who may sign in (without a password: may not)."""
        customer = self.model(email=email.strip(), **fields)
        customer.set_password(password)
        customer.save()
        return customer

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Customer":
        """Make someone who may do everything in the back office."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def with_email(self, email: str) -> "Customer | None":
        """The registered customer with this address, whatever its upper and lower case."""
        same = Q(in_lower_case=Lower(Value(email.strip(), output_field=models.CharField())))  # as its constraint has it
        return self.alias(in_lower_case=Lower("email")).filter(same, user_type=UserType.REGISTERED).first()


class Customer(AbstractBaseUser, PermissionsMixin):
    """A person who orders: registered (signs in) or guest (found by order number and e-mail)."""

    email = models.EmailField(_("e-mail"), max_length=LONGEST_EMAIL)
    username = models.CharField(max_length=64, blank=True)
    first_name = models.CharField(_("first name"), max_length=255, blank=True)
    last_name = models.CharField(_("last name"), max_length=255, blank=True)
    phone = models.CharField(_("phone"), max_length=128, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=16, blank=True)
    email_allowed = models.BooleanField(default=False)
    sms_allowed = models.BooleanField(default=False)
    call_allowed = models.BooleanField(null=True, blank=True)
    language_code = models.CharField(max_length=16, blank=True)
    user_type = models.CharField(max_length=16, choices=UserType.choices, default=UserType.REGISTERED)
    attributes = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    modified_date = models.DateTimeField(auto_now=True)

    objects = CustomerManager()
    USERNAME_FIELD = "email"

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            # A guest may order with a registered customer's address, any number of times.
            models.UniqueConstraint(
                Lower("email"), condition=Q(user_type="registered"), name="one_registered_customer_per_email"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """First and last name, or the e-mail if neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def hashed_email(self) -> str:
        """SHA-256 of the e-mail in lower case, as analytics of the storefront expect it."""
        return hashlib.sha256(self.email.strip().lower().encode()).hexdigest()


class Session(AbstractBaseSession):
    """A session that knows its customer, so that one statement finds both."""

    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    proof = models.CharField(max_length=128, blank=True, default="")
    """Django's session auth hash, as in the session's data: once the password changes, it proves nothing."""

    objects: ClassVar[BaseSessionManager[Self]] = BaseSessionManager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The store that reads and writes these rows."""
        from aftercart.customers.sessions import SessionStore

        return SessionStore


class Place(models.Model):
    """What countries, cities, townships and districts share."""

    name = models.CharField(_("name"), max_length=255)
    is_active = models.BooleanField(default=True)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Country(Place):
    code = models.CharField(max_length=8, db_index=True)
    translations = models.JSONField(null=True, blank=True)

    class Meta(Place.Meta):
        verbose_name_plural = _("countries")


class City(Place):
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="cities")
    postcode = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (null on the wire)
    priority = models.IntegerField(null=True, blank=True)
    translations = models.JSONField(null=True, blank=True)

    class Meta(Place.Meta):
        verbose_name_plural = _("cities")


class Township(Place):
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="townships")
    postcode = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (null on the wire)


class District(Place):
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    township = models.ForeignKey(Township, on_delete=models.PROTECT, related_name="districts")
    postcode = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (null on the wire)


class AddressQuerySet(models.QuerySet["Address"]):
    """Finds addresses; ownership is part of the query."""

    def belonging_to(self, customer: Customer) -> "AddressQuerySet":
        """The customer's own address book."""
        return self.filter(user=customer)

    def with_places(self) -> "AddressQuerySet":
        """Everything that an address needs to be shown, in one statement."""
        return self.select_related("user", "country", "city", "township", "district")


class Address(models.Model):
    """An entry of a customer's address book. An order never points here: it keeps a copy of its own."""

    user = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    title = models.CharField(_("title"), max_length=128)
    first_name = models.CharField(_("first name"), max_length=255)
    last_name = models.CharField(_("last name"), max_length=255)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    phone_number = models.CharField(_("phone"), max_length=128)
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    township = models.ForeignKey(Township, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    line = models.CharField(_("address line"), max_length=255)
    postcode = models.CharField(_("postcode"), max_length=64, null=True, blank=True)  # noqa: DJ001
    notes = models.CharField(_("notes"), max_length=512, null=True, blank=True)  # noqa: DJ001
    company_name = models.CharField(_("company"), max_length=255, null=True, blank=True)  # noqa: DJ001
    tax_office = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    tax_no = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    e_bill_taxpayer = models.BooleanField(default=False)
    identity_number = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    address_type = models.CharField(max_length=16, default="customer")
    retail_store = models.IntegerField(null=True, blank=True)
    remote_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    extra_field = models.JSONField(null=True, blank=True)
    is_corporate = models.BooleanField(default=False)
    primary = models.BooleanField(default=False)
    created_date = models.DateTimeField(auto_now_add=True)
    modified_date = models.DateTimeField(auto_now=True)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-primary", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(primary=True), name="one_primary_address_per_customer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.line}, {self.city}"


class LoyaltyTransactionQuerySet(models.QuerySet["LoyaltyTransaction"]):
    """Finds entries of the loyalty account; ownership is part of the query."""

    def belonging_to(self, customer: Customer) -> "LoyaltyTransactionQuerySet":
        """The customer's own account."""
        return self.filter(customer=customer)

    def balance(self) -> Decimal:
        """What these entries add up to."""
        total: Decimal | None = self.aggregate(total=models.Sum("amount"))["total"]
        return (total or Decimal(0)).quantize(Decimal("0.01"))


class LoyaltyTransaction(models.Model):
    """An entry of a customer's loyalty account: earned above zero, spent below. Written once, never changed."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="loyalty_transactions", verbose_name=_("customer")
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    order_number = models.CharField(_("order number"), max_length=128, blank=True)
    created_date = models.DateTimeField(_("created"), default=timezone.now)

    objects = LoyaltyTransactionQuerySet.as_manager()

    class Meta:
        verbose_name = _("loyalty transaction")
        verbose_name_plural = _("loyalty accounts")
        ordering = ["-created_date", "-pk"]
        indexes = [models.Index(fields=["customer", "-created_date", "-id"], name="loyalty_of_a_customer")]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="a_loyalty_transaction_moves_something")]

    def __str__(self) -> str:
        return f"{self.amount} {self.order_number}".strip()
