"""The JSON API to address changes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Router

from aftercart import omnitron_client
from aftercart.address_changes.actions import change_address
from aftercart.address_changes.models import AddressChange
from aftercart.address_changes.payloads import AddressChangePayload
from aftercart.http_errors import json_response
from aftercart.idempotency.decorator import idempotent
from aftercart.response_schemas import REFUSALS, AddressChangeSchema, ErrorSchema

router = Router(tags=["Address changes"])


@router.post(
    "/orders/address_change/",
    summary="Request Order Address Change",
    response={200: AddressChangeSchema, 503: ErrorSchema, **REFUSALS},
)
@idempotent
def address_change(request: HttpRequest, payload: Body[AddressChangePayload]) -> HttpResponse:
    """200: submitted to Omnitron, at once or for approval. 400 `order_100_3`: already shipped. 503: try again."""
    change = change_address(
        customer=request.user,  # type: ignore[arg-type]
        order_id=payload.order,
        address_id=payload.address,
        channel_id=payload.channel_id,
        now=timezone.now(),
        omnitron=omnitron_client.omnitron(),
    )
    return json_response(shown_change(change))


def shown_change(change: AddressChange) -> dict[str, Any]:
    """The change as its owner sees it; `order` and `address` are ids."""
    return {
        "id": change.pk,
        "uuid": str(change.uuid),
        "order": change.order_id,
        "address": change.address_id,
        "channel_id": change.channel_id,
        "status": str(change.state),
        "created_date": change.created_date,
    }
