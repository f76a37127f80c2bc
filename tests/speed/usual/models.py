"""The product's tables, unmanaged."""

# ruff: noqa: DJ001, DJ008 (they are as they are)

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models


class Customer(AbstractBaseUser):
    email = models.EmailField()
    username = models.CharField(max_length=64)
    first_name = models.CharField(max_length=255)
    last_name = models.CharField(max_length=255)
    phone = models.CharField(max_length=128)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    objects = BaseUserManager()
    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "customers_customer"


class Session(AbstractBaseSession):
    objects: ClassVar = BaseSessionManager()

    class Meta:
        managed = False
        db_table = "customers_session"


class Order(models.Model):
    number = models.CharField(max_length=128)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    status = models.PositiveSmallIntegerField()
    status_before_cancellation = models.PositiveSmallIntegerField(null=True)
    currency = models.CharField(max_length=8)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    discount_amount = models.DecimalField(max_digits=12, decimal_places=2)
    shipping_amount = models.DecimalField(max_digits=12, decimal_places=2)
    refund_amount = models.DecimalField(max_digits=12, decimal_places=2)
    discount_refund_amount = models.DecimalField(max_digits=12, decimal_places=2)
    shipping_refund_amount = models.DecimalField(max_digits=12, decimal_places=2)
    shipping_address = models.JSONField()
    billing_address = models.JSONField()
    user_email = models.EmailField()
    language_code = models.CharField(max_length=16)
    tracking_number = models.CharField(max_length=128, null=True)
    tracking_url = models.CharField(max_length=512, null=True)
    invoice_number = models.CharField(max_length=128, null=True)
    invoice_date = models.DateTimeField(null=True)
    details = models.JSONField()
    omnitron_pk = models.BigIntegerField(null=True)
    created_date = models.DateTimeField()
    modified_date = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "orders_order"


class OrderItem(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    status = models.PositiveSmallIntegerField()
    status_before_cancellation = models.PositiveSmallIntegerField(null=True)
    quantity = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    retail_price = models.DecimalField(max_digits=12, decimal_places=2)
    tax_rate = models.DecimalField(max_digits=10, decimal_places=6)
    price_currency = models.CharField(max_length=8)
    product = models.JSONField()
    easy_return_companies = models.JSONField()
    tracking_number = models.CharField(max_length=128, null=True)
    tracking_url = models.CharField(max_length=512, null=True)
    invoice_number = models.CharField(max_length=128, null=True)
    invoice_date = models.DateTimeField(null=True)
    removed_date = models.DateTimeField(null=True)
    details = models.JSONField()
    omnitron_pk = models.BigIntegerField(null=True)
    created_date = models.DateTimeField()
    modified_date = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "orders_orderitem"
        ordering = ["pk"]


class CancellationReason(models.Model):
    is_active = models.BooleanField()
    omnitron_pk = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "cancellations_cancellationreason"


class Carrier(models.Model):
    is_active = models.BooleanField()

    class Meta:
        managed = False
        db_table = "cancellations_easyreturnshippingcompany"


class Attempt(models.Model):
    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.CASCADE, related_name="attempts")
    customer = models.ForeignKey(Customer, models.CASCADE)
    state = models.CharField(max_length=16)
    because = models.CharField(max_length=64, default="")
    wish = models.JSONField()
    created_date = models.DateTimeField()
    closed_date = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    is_dead = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "cancellations_cancellationattempt"


class Request(models.Model):
    order_item = models.ForeignKey(OrderItem, models.CASCADE, related_name="requests")
    status = models.CharField(max_length=24)

    class Meta:
        managed = False
        db_table = "cancellations_cancellationrequest"


class Event(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    order_item = models.ForeignKey(OrderItem, models.CASCADE, null=True)
    kind = models.CharField(max_length=32)
    actor = models.CharField(max_length=254)
    from_status = models.PositiveSmallIntegerField(null=True)
    to_status = models.PositiveSmallIntegerField(null=True)
    data = models.JSONField()
    created_date = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "orders_orderevent"


class Mail(models.Model):
    kind = models.CharField(max_length=32)
    about = models.CharField(max_length=120)
    order = models.ForeignKey(Order, models.CASCADE, null=True)
    to = models.EmailField()
    language = models.CharField(max_length=16)
    data = models.JSONField()
    message_id = models.CharField(max_length=320)
    created_date = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    is_dead = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "mails_mail"
