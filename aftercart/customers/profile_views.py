"""The JSON API for the profile and the loyalty account."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Router

from aftercart.customers.models import LoyaltyTransaction
from aftercart.customers.profile import ProfilePayload, change_profile, shown_profile
from aftercart.customers.response_schemas import BalanceSchema, LoyaltyTransactionSchema, ProfileSchema
from aftercart.http_errors import json_response
from aftercart.paging import page_of
from aftercart.response_schemas import REFUSALS, ErrorSchema, PageSchema

router = Router(tags=["Profile"])
READ = {401: ErrorSchema}


@router.get("/users/profile/", summary="My profile", response={200: ProfileSchema, **READ})
def profile(request: HttpRequest) -> HttpResponse:
    """The signed-in customer's own data."""
    return json_response(shown_profile(request.user))  # type: ignore[arg-type]


@router.patch("/users/profile/", summary="Change my profile", response={200: ProfileSchema, **REFUSALS})
def change_own_profile(request: HttpRequest, payload: Body[ProfilePayload]) -> HttpResponse:
    """What is given changes; 400 for an e-mail or a password, which are not changed here."""
    today = timezone.localdate()
    customer = change_profile(customer=request.user, fields=payload, today=today)  # type: ignore[arg-type]
    return json_response(shown_profile(customer))


@router.get("/account/loyalty-account-balance/", summary="Loyalty balance", response={200: BalanceSchema, **READ})
def balance(request: HttpRequest) -> HttpResponse:
    """What the movements of the loyalty account add up to."""
    account = LoyaltyTransaction.objects.belonging_to(request.user)  # type: ignore[arg-type]
    return json_response({"balance": str(account.balance())})


@router.get(
    "/account/loyalty/", summary="Loyalty account", response={200: PageSchema[LoyaltyTransactionSchema], **READ}
)
def loyalty(request: HttpRequest) -> HttpResponse:
    """The movements of the loyalty account, the newest first."""
    account = LoyaltyTransaction.objects.belonging_to(request.user)  # type: ignore[arg-type]
    return json_response(page_of(request, account, _shown, size=10))


def _shown(movement: LoyaltyTransaction) -> dict[str, Any]:
    return {
        "amount": str(movement.amount),
        "created_date": movement.created_date,
        "transaction": {"created_date": movement.created_date, "order": movement.order_number or None},
    }
