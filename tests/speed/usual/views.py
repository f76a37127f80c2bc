"""Generic views; a cancel writes what the product's writes, at the same moments."""

import os
import uuid
from datetime import timedelta
from typing import Any

import requests
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import APIView
from usual.models import Attempt, CancellationReason, Event, Mail, Order, OrderItem, Request
from usual.serializers import DIRECT, CancelSerializer, OrderSerializer

SIGNER = TimestampSigner(salt="aftercart.completed-order")
ACTIVE = ("waiting", "confirmed", "waiting_approval", "approved")
CHANNEL = os.environ["OMNITRON_URL"] + "api/v1/channel/1"
token: dict[str, str] = {}


class Orders(generics.ListAPIView):
    """A page of the customer's orders."""

    serializer_class = OrderSerializer

    class pagination_class(PageNumberPagination):  # noqa: N801 (DRF's name)
        page_size, page_size_query_param, max_page_size = 10, "limit", 100

    def get_queryset(self) -> QuerySet[Order]:
        return (
            Order.objects.filter(customer=self.request.user)
            .select_related("customer")
            .prefetch_related(
                Prefetch("items", OrderItem.objects.select_related("order")),
                Prefetch("items__requests", Request.objects.filter(status__in=ACTIVE)),
                Prefetch("attempts", Attempt.objects.filter(state__in=["open", "unknown"])),
                Prefetch("items__order__attempts", Attempt.objects.filter(state__in=["open", "unknown"])),
            )
            .order_by("-created_date", "-pk")
        )


class Detail(Orders, generics.RetrieveAPIView):
    """One order by its id."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.retrieve(request, *args, **kwargs)


class Completed(Detail):
    """The order behind a signed link."""

    def get_object(self) -> Order:
        try:
            number = SIGNER.unsign(self.kwargs["signed"], max_age=timedelta(hours=24))
        except BadSignature:
            raise Http404 from None
        return get_object_or_404(self.get_queryset(), number=number)

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response({"campaigns": [], "order": self.get_serializer(self.get_object()).data})


class Cancel(APIView):
    """A direct cancellation."""

    def post(self, request: Any, number: str) -> Response:
        payload = CancelSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        wished = payload.validated_data["cancel_order_items"]
        now = timezone.now()
        with transaction.atomic():
            order = get_object_or_404(
                Order.objects.select_for_update(of=("self",)).filter(customer=request.user), number=number
            )
            if order.attempts.filter(state__in=["open", "unknown"]).exists() or order.status not in DIRECT:
                raise ValidationError({"non_field_errors": "This order cannot be cancelled."})
            items = {item.pk: item for item in order.items.prefetch_related("requests")}
            reasons = {}
            for wish in wished:
                item = items.get(wish["order_item"])
                if item is None or item.status not in DIRECT:
                    raise ValidationError({"order_item": "This item cannot be cancelled."})
                reasons[item.pk] = get_object_or_404(CancellationReason, pk=wish["reason"], is_active=True)
            lease = now + timedelta(seconds=30)
            attempt = Attempt.objects.create(
                id=uuid.uuid4(),
                order=order,
                customer=request.user,
                state="open",
                wish={"items": [dict(wish) for wish in wished]},
                created_date=now,
                next_attempt_at=lease,
                lease_until=lease,
            )
        remote = call("GET", "/orders/", params={"number": number})["results"][0]
        call("GET", "/order_items/", params={"order": remote["pk"], "limit": 1000, "sort": "id"})
        body = {
            "order": remote["pk"],
            "cancel_items": [items[pk].omnitron_pk for pk in reasons],
            "reasons": {str(items[pk].omnitron_pk): reason.omnitron_pk or reason.pk for pk, reason in reasons.items()},
            "forced_refund_amount": None,
        }
        call("POST", f"/orders/{remote['pk']}/cancel/", json=body)
        with transaction.atomic():
            for pk in reasons:
                item = items[pk]
                item.status_before_cancellation, item.status, item.modified_date = item.status, 50, now
                item.save()
                Event.objects.create(
                    order=order,
                    order_item=item,
                    kind="cancelled_directly",
                    actor=request.user.email,
                    from_status=item.status_before_cancellation,
                    to_status=50,
                    data={"attempt": str(attempt.pk)},
                    created_date=now,
                )
            attempt.state, attempt.closed_date = "agreed", now
            attempt.next_attempt_at = attempt.lease_until = None
            attempt.save()
            told = [{"name": items[pk].product["name"], "price": str(items[pk].price)} for pk in reasons]
            Mail.objects.create(
                kind="cancelled",
                about=f"attempt {attempt.pk}",
                order=order,
                to=order.user_email,
                language=order.language_code,
                data={"items": told},
                message_id=f"<{uuid.uuid4().hex}@example.com>",
                created_date=now,
                next_attempt_at=now,
            )
        return Response(status=204)


def call(method: str, path: str, **arguments: Any) -> Any:
    """One request to Omnitron; the login is kept, a connection is not."""
    if not token:
        login = {"username": os.environ["OMNITRON_USERNAME"], "password": os.environ["OMNITRON_PASSWORD"]}
        answer = requests.post(os.environ["OMNITRON_URL"] + "api/v1/auth/login/", json=login, timeout=10)
        token["Authorization"] = f"Token {answer.json()['key']}"
    answer = requests.request(method, CHANNEL + path, headers=token, timeout=10, **arguments)
    answer.raise_for_status()
    return answer.json()
