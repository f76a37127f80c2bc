"""The storefront's word for who is at the door: a signed token, for a minute and once, opens our session.

A JSON Web Token: `aud` is SITE_URL, `jti` its name, `iat` and `exp` at most HANDOVER_SECONDS apart, `sub` the
customer's number (as orders name it), `email` their e-mail; one of the two is enough.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from aftercart.account.access import see_other
from aftercart.customers.sign_in import start_session
from aftercart.sign_in.access import failed, only_looks, out_of_reach, way, where_to
from aftercart.sign_in.fetching import OutOfReach, deadline
from aftercart.sign_in.keys import NotSigned, keys_of_others, read_signed_token
from aftercart.sign_in.once import use
from aftercart.sign_in.people import NotMeant, Person, of_storefront

logger = logging.getLogger(__name__)

LONGEST_NAME = 200
LARGEST_NUMBER = 2**63 - 1


@csrf_exempt  # it comes from the storefront's pages, and the token is what proves that it was meant
@way("handover")
def handover(request: HttpRequest) -> HttpResponse:
    """Sign in whom `token` names (a form's field, or in the link), and lead on to `next`, a path on this host."""
    token = request.POST.get("token") or request.GET.get("token", "")
    try:
        if only_looks(request):
            raise NotSigned("HEAD signs nobody in")
        claims = read_token(token)
        customer = of_storefront(_number(claims), _person(claims))
        if not use("handover", str(claims["jti"]), until=datetime.fromtimestamp(claims["exp"], UTC) + _leeway() * 2):
            raise NotSigned("used before")
    except OutOfReach as error:
        logger.warning("hand-over: %s", error)
        return out_of_reach(request)
    except (NotSigned, NotMeant) as error:
        logger.info("hand-over refused: %s", error)
        return failed(request)
    start_session(request, customer)
    return see_other(where_to(request))


def read_token(token: str) -> dict[str, Any]:
    """What a token says that is signed by a key of ours or the storefront's, fresh, for us. NotSigned, OutOfReach."""
    if settings.HANDOVER_ALGORITHM.startswith("HS"):
        claims = _by_shared_key(token)
    else:
        algorithms = [settings.HANDOVER_ALGORITHM]
        url = settings.HANDOVER_JWKS_URL
        claims = keys_of_others.read(token, url=url, algorithms=algorithms, deadline=deadline()).claims
    _check(claims)
    return claims


def _by_shared_key(token: str) -> dict[str, Any]:
    from joserfc.jwk import OctKey

    wrong = NotSigned("no key")
    for key in settings.HANDOVER_KEYS:
        try:
            return read_signed_token(token, OctKey.import_key(key), [settings.HANDOVER_ALGORITHM]).claims
        except NotSigned as error:
            wrong = error
    raise wrong


def _check(claims: dict[str, Any]) -> None:
    from joserfc.errors import JoseError
    from joserfc.jwt import JWTClaimsRegistry

    wanted = {name: {"essential": True} for name in ("exp", "iat", "jti")}
    registry = JWTClaimsRegistry(
        leeway=settings.SIGN_IN_LEEWAY,
        aud={"essential": True, "value": settings.SITE_URL},
        **wanted,  # type: ignore[arg-type]
    )
    try:
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise NotSigned(f"{type(error).__name__}: {error}") from error
    times, name = (claims["exp"], claims["iat"]), claims["jti"]
    if not all(type(moment) in (int, float) for moment in times) or not abs(times[0]) < LARGEST_NUMBER:
        raise NotSigned("exp and iat are no moments")
    if times[0] - times[1] > settings.HANDOVER_SECONDS:
        raise NotSigned(f"lives for more than {settings.HANDOVER_SECONDS} seconds")
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        raise NotSigned("jti is no text")


def _number(claims: dict[str, Any]) -> int | None:
    said = claims.get("sub")
    if said is None:
        return None
    if not (isinstance(said, str) and said.isascii() and said.isdigit() and 0 < int(said[:20]) <= LARGEST_NUMBER):
        raise NotMeant("sub is no customer's number")
    return int(said)


def _person(claims: dict[str, Any]) -> Person:
    said = {name: claims.get(name) for name in ("email", "given_name", "family_name")}
    email, first, last = (
        value.strip() if isinstance(value, str) and "\0" not in value else "" for value in said.values()
    )
    return Person(email, first, last)


def _leeway() -> timedelta:
    return timedelta(seconds=settings.SIGN_IN_LEEWAY)
