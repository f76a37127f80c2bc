"""The way to the shop's own login, and back from it."""

import logging
from dataclasses import asdict

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from aftercart.account.access import see_other
from aftercart.customers.sign_in import start_session
from aftercart.sign_in.access import failed, only_looks, out_of_reach, way, where_to
from aftercart.sign_in.fetching import OutOfReach, deadline
from aftercart.sign_in.keys import NotSigned
from aftercart.sign_in.people import NotMeant, of_identity
from aftercart.sign_in.provider import Begun, provider

logger = logging.getLogger(__name__)

SALT = "aftercart.oidc"
BEGUN_SECONDS = 10 * 60


@way("oidc")
def begin(request: HttpRequest) -> HttpResponse:
    """On to the shop's login; the browser keeps, signed and for ten minutes, what it needs to come back."""
    next_url = where_to(request)
    if request.user.is_authenticated:
        return see_other(next_url)
    try:
        url, begun = provider.begin(next_url, deadline=deadline())
    except OutOfReach as error:
        logger.warning("OpenID Connect: %s", error)
        return out_of_reach(request)
    response = HttpResponseRedirect(url)
    response.set_cookie(
        _cookie(begun.state),
        signing.dumps(asdict(begun), salt=SALT),
        max_age=BEGUN_SECONDS,
        path=reverse("oidc"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@way("oidc")
def come_back(request: HttpRequest) -> HttpResponse:
    """Back from there: sign in whom it names, and lead on."""
    state = request.GET.get("state", "")
    try:
        begun = _begun(request, state)
        identity = provider.finish(request.build_absolute_uri(), begun, deadline=deadline())
        customer = of_identity(identity.issuer, identity.subject, identity.person)
    except OutOfReach as error:
        logger.warning("OpenID Connect: %s", error)
        return out_of_reach(request)
    except (NotSigned, NotMeant) as error:
        logger.info("OpenID Connect refused: %s", error)
        response = failed(request)
    else:
        start_session(request, customer)
        response = see_other(begun.next_url)
    response.delete_cookie(_cookie(state), path=reverse("oidc"), samesite="Lax")
    return response


def _begun(request: HttpRequest, state: str) -> Begun:
    """What this browser has kept; NotSigned where it has begun nothing, or long ago."""
    if only_looks(request):
        raise NotSigned("HEAD signs nobody in")
    try:
        kept = signing.loads(request.COOKIES.get(_cookie(state), ""), salt=SALT, max_age=BEGUN_SECONDS)
    except signing.BadSignature:
        raise NotSigned("this browser has begun nothing, or long ago") from None
    return Begun(**kept)


def _cookie(state: str) -> str:
    """One for each sign-in, so that two windows do not end each other's."""
    return f"oidc_{''.join(sign for sign in state[:12] if sign.isascii() and sign.isalnum())}"
