"""The JSON API for sessions: CSRF token, sign-in, who am I, sign-out, as the published storefront calls them."""

from typing import Annotated, Any

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from ninja import Body, Router
from ninja.errors import HttpError
from ninja.utils import check_csrf
from pydantic import BaseModel, ConfigDict, Field

from aftercart.bodies import Text, read_form
from aftercart.customers.models import Customer
from aftercart.customers.sign_in import start_session
from aftercart.errors import FieldErrors
from aftercart.http_errors import json_response
from aftercart.response_schemas import CustomerSchema, ErrorSchema, FieldErrorsSchema, SignedInSchema, TokenSchema

router = Router(tags=["Session"])


class LoginPayload(BaseModel):
    """E-mail and password; anything else that the storefront posts is ignored."""

    model_config = ConfigDict(extra="ignore")

    email: Annotated[Text, Field(min_length=1, max_length=254)]
    password: Annotated[Text, Field(min_length=1)]


@router.get("/csrf_token/", auth=None, summary="CSRF token", response=TokenSchema)
def csrf_token(request: HttpRequest) -> HttpResponse:
    """A token for the `X-CSRFToken` header and the `csrftoken` cookie; it stays valid through sign-in."""
    get_token(request)  # makes one if there is none, and sets the cookie
    # Unmasked, as in the cookie: a mask hides it among what an attacker may choose of the same answer, which is nothing
    # here, and taking it off again would be part of every POST.
    return json_response({"csrf_token": request.META["CSRF_COOKIE"]})


def is_meant(request: HttpRequest) -> bool:
    """Let a sign-in through if no other site can have sent it.

    JSON needs no token, as the published storefront has none yet: browsers send it across sites only to servers that
    allow it, and we don't. A form, text, or a body without a type can come from anywhere, so it needs one. Raises
    HttpError (403).
    """
    if request.content_type != "application/json":
        read_form(request)
        if check_csrf(request) is not None:
            raise HttpError(403, "CSRF")
    return True


@router.post(
    "/users/login/",
    auth=is_meant,
    summary="Sign in",
    response={200: SignedInSchema, 400: FieldErrorsSchema, 403: ErrorSchema, 429: ErrorSchema, 503: ErrorSchema},
)
@router.post("/users/login", auth=is_meant, include_in_schema=False)
def sign_in(request: HttpRequest, payload: Body[LoginPayload]) -> HttpResponse:
    """200 with the session cookies, 400 for a wrong e-mail or password, 429 after too many of them.

    JSON needs no CSRF token; anything else does (403). 503 while too many passwords are being checked.
    """
    if "password" not in settings.SIGN_IN:
        raise FieldErrors({"non_field_errors": [gettext("This shop signs nobody in by a password.")]})
    customer = authenticate(request, username=payload.email, password=payload.password)
    if customer is None:
        raise FieldErrors({"non_field_errors": [gettext("The e-mail or the password is not right.")]})
    start_session(request, customer)
    # The storefront takes a key for success; the session is in the cookies.
    key = salted_hmac("aftercart.login", str(request.session.session_key)).hexdigest()
    next_url = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(next_url, allowed_hosts=None)
    return json_response({"key": key, "redirect_url": next_url if safe else None})


@router.get("/current_user/", summary="The signed-in customer", response={200: CustomerSchema, 401: ErrorSchema})
def current_user(request: HttpRequest) -> HttpResponse:
    """Who the session belongs to."""
    return json_response(shown_customer(request.user))  # type: ignore[arg-type]


def shown_customer(customer: Customer) -> dict[str, Any]:
    """The fields that the storefront reads of a customer."""
    return {
        "pk": customer.pk,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "email_allowed": customer.email_allowed,
        "sms_allowed": customer.sms_allowed,
        "date_joined": customer.date_joined,
        "last_login": customer.last_login,
        "date_of_birth": customer.date_of_birth,
        "hashed_email": customer.hashed_email,
        "gender": customer.gender or None,
    }


@csrf_exempt  # checked by hand below: the storefront's first POST only fetches the token
@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session of a POST that has its CSRF token; otherwise answer a page with a form that does."""
    if request.method == "POST" and check_csrf(request) is None:
        logout(request)
        return render(request, "signed_out.html")
    return render(request, "sign_out.html")
