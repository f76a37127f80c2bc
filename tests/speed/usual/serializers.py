"""ModelSerializers, with a method for what is judged."""

from typing import Any

from rest_framework import serializers
from usual.models import Carrier, Order, OrderItem
from usual.wire import ITEM_DETAILS, LABELS, ORDER_DETAILS, PRODUCT

DIRECT, BEFORE = {300, 350, 400}, {200, 300, 350, 400, 450}
MONEY = {"max_digits": 12, "decimal_places": 2}


def labelled(status: int) -> dict[str, str]:
    return {"value": str(status), "label": LABELS[status]}


def currency(code: str) -> dict[str, str]:
    return {"value": code, "label": "TL" if code == "try" else code.upper()}


class ItemSerializer(serializers.ModelSerializer):
    status = serializers.SerializerMethodField()
    price_currency = serializers.SerializerMethodField()
    product = serializers.SerializerMethodField()
    is_cancelled = serializers.SerializerMethodField()
    is_cancellable = serializers.SerializerMethodField()
    is_refundable = serializers.SerializerMethodField()
    cancellationrequest_set = serializers.SerializerMethodField()
    active_cancellation_request = serializers.SerializerMethodField()
    available_easy_return_shipping_companies = serializers.SerializerMethodField()

    class Meta:
        model = OrderItem
        fields = [
            *("id", "order", "status", "price_currency", "product", "quantity", "is_cancelled", "is_cancellable"),
            *("is_refundable", "cancellationrequest_set", "active_cancellation_request"),
            *("available_easy_return_shipping_companies", "price", "retail_price", "tax_rate", "tracking_number"),
            *("tracking_url", "invoice_number", "invoice_date", "removed_date", "created_date"),
            "modified_date",
        ]

    tax_rate = serializers.DecimalField(max_digits=6, decimal_places=2)

    def get_status(self, item: OrderItem) -> Any:
        return labelled(item.status)

    def get_price_currency(self, item: OrderItem) -> Any:
        return currency(item.price_currency)

    def get_product(self, item: OrderItem) -> Any:
        return {**PRODUCT, **item.product}

    def get_is_cancelled(self, item: OrderItem) -> bool:
        return item.status == 100

    def get_is_cancellable(self, item: OrderItem) -> bool:
        return self._is_free(item) and item.status in BEFORE

    def get_is_refundable(self, item: OrderItem) -> bool:
        return self._is_free(item) and 500 <= item.status <= 550

    def _is_free(self, item: OrderItem) -> bool:
        return item.order.status != 100 and not item.order.attempts.all() and not item.requests.all()

    def get_cancellationrequest_set(self, item: OrderItem) -> list[Any]:
        return []

    def get_active_cancellation_request(self, item: OrderItem) -> None:
        return None

    def get_available_easy_return_shipping_companies(self, item: OrderItem) -> Any:
        active = self.context.get("carriers")
        if active is None:
            active = set(Carrier.objects.filter(is_active=True).values_list("pk", flat=True))
            self.context["carriers"] = active
        return [company for company in item.easy_return_companies if company["pk"] in active]

    def to_representation(self, instance: OrderItem) -> Any:
        return {**ITEM_DETAILS, **instance.details, **super().to_representation(instance)}


class OrderSerializer(serializers.ModelSerializer):
    status = serializers.SerializerMethodField()
    currency = serializers.SerializerMethodField()
    orderitem_set = ItemSerializer(source="items", many=True)
    is_cancelled = serializers.SerializerMethodField()
    user = serializers.PrimaryKeyRelatedField(source="customer", read_only=True)

    class Meta:
        model = Order
        fields = [
            *("id", "pk", "number", "status", "currency", "orderitem_set", "is_cancelled", "shipping_address"),
            *("billing_address", "amount", "discount_amount", "shipping_amount", "refund_amount"),
            *("discount_refund_amount", "shipping_refund_amount", "invoice_number", "invoice_date"),
            *("tracking_number", "tracking_url", "language_code", "user_email", "user", "created_date"),
            "modified_date",
        ]

    def get_status(self, order: Order) -> Any:
        return labelled(order.status)

    def get_currency(self, order: Order) -> Any:
        return currency(order.currency)

    def get_is_cancelled(self, order: Order) -> bool:
        return order.status == 100

    def to_representation(self, instance: Order) -> Any:
        shown = {**ORDER_DETAILS, **instance.details, **super().to_representation(instance)}
        shown["is_cancellable"] = any(item["is_cancellable"] for item in shown["orderitem_set"])
        shown["is_refundable"] = any(item["is_refundable"] for item in shown["orderitem_set"])
        return shown


class WishedSerializer(serializers.Serializer):
    order_item = serializers.IntegerField()
    reason = serializers.IntegerField()
    cancellation_type = serializers.ChoiceField(["cancel", "refund"], default="cancel")
    description = serializers.CharField(allow_blank=True, default="")


class CancelSerializer(serializers.Serializer):
    cancel_order_items = WishedSerializer(many=True)
