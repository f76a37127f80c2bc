"""The shop's own login: OpenID Connect, authorization code with PKCE.

What is sent and how an ID token is judged is Authlib's; how its signature is read is joserfc's; how servers are asked
is ours (fetching.py), as no library holds one deadline over a whole sign-in.
"""

import secrets
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.urls import reverse

from aftercart.omnitron.http.deadline import Deadline
from aftercart.sign_in.fetching import OutOfReach, fetched
from aftercart.sign_in.keys import KEPT_SECONDS, NotSigned, keys_of_others
from aftercart.sign_in.people import Person

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Begun:
    """What a browser keeps of a sign-in that it has begun: nobody else can end it."""

    state: str
    nonce: str
    verifier: str
    next_url: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who has signed in there."""

    issuer: str
    subject: str
    person: Person


class Provider:
    """The provider of OIDC_ISSUER, with what it says of itself, kept for an hour."""

    def __init__(self) -> None:
        self._known: tuple[float, dict[str, Any]] | None = None
        self._lock = Lock()

    def forget(self) -> None:
        """Ask it anew."""
        self._known = None

    def check(self, *, deadline: Deadline) -> None:
        """OutOfReach where the provider, or its keys, cannot be read."""
        keys_of_others.check(url=self._said(deadline)["jwks_uri"], deadline=deadline)

    def begin(self, next_url: str, *, deadline: Deadline) -> tuple[str, Begun]:
        """Where the browser goes, and what it keeps. OutOfReach."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        begun = Begun(*_three_random(), next_url)
        url = prepare_grant_uri(
            self._said(deadline)["authorization_endpoint"],
            settings.OIDC_CLIENT_ID,
            "code",
            redirect_uri=return_url(),
            scope=settings.OIDC_SCOPES,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        return str(url), begun

    def finish(self, url: str, begun: Begun, *, deadline: Deadline) -> Identity:
        """Who has signed in, by the address to which the browser came back. NotSigned, OutOfReach."""
        said = self._said(deadline)
        tokens = self._exchange(_code_in(url, begun.state), begun, deadline)
        read = keys_of_others.read(
            str(tokens.get("id_token", "")),
            url=said["jwks_uri"],
            algorithms=settings.OIDC_ALGORITHMS,
            deadline=deadline,
        )
        claims = _judged(read, nonce=begun.nonce, access_token=str(tokens.get("access_token", "")))
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or "\0" in subject:
            raise NotSigned("sub is no text")
        if "email" not in claims and "userinfo_endpoint" in said and tokens.get("access_token"):
            more = fetched(_checked(said, "userinfo_endpoint"), deadline=deadline, bearer=str(tokens["access_token"]))
            if not isinstance(more, dict) or more.get("sub") != subject:
                raise NotSigned("the user info is of another subject")
            claims = {**more, **claims}
        return Identity(settings.OIDC_ISSUER, subject, _person(claims))

    def _exchange(self, code: str, begun: Begun, deadline: Deadline) -> dict[str, Any]:
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        said, secret = self._said(deadline), settings.OIDC_CLIENT_SECRET
        fields = {"code": code, "code_verifier": begun.verifier}
        ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = (settings.OIDC_CLIENT_ID, secret) if secret and "client_secret_basic" in ways else None
        if basic is None:
            fields["client_id"] = settings.OIDC_CLIENT_ID
            if secret:
                fields["client_secret"] = secret
        form = prepare_token_request("authorization_code", redirect_uri=return_url(), **fields)
        tokens = fetched(said["token_endpoint"], deadline=deadline, form=str(form), basic=basic)
        if not isinstance(tokens, dict):
            raise NotSigned("no tokens")
        return tokens

    def _said(self, deadline: Deadline) -> dict[str, Any]:
        """The provider's discovery document (OpenID Connect Discovery, 4)."""
        known = self._known
        if known is not None and monotonic() - known[0] < KEPT_SECONDS:
            return known[1]
        issuer: str = settings.OIDC_ISSUER
        said = fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration", deadline=deadline)
        if not isinstance(said, dict) or said.get("issuer") != issuer:
            raise OutOfReach("OIDC_ISSUER is not what the provider calls itself")
        for name in ENDPOINTS:
            _checked(said, name)
        self._known = (monotonic(), said)
        return said


def _three_random() -> tuple[str, str, str]:
    """State, nonce and verifier: 256 bits each."""
    return secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32)


def return_url() -> str:
    """The address to which the provider sends browsers back: to be registered there."""
    return f"{settings.SITE_URL}{reverse('oidc-return')}"


def _checked(said: dict[str, Any], name: str) -> str:
    """An address of the provider's; OutOfReach where it is none, or less safe than the issuer's."""
    url = said.get(name)
    schemes = ("https",) if settings.OIDC_ISSUER.startswith("https:") else ("https", "http")
    if not isinstance(url, str) or not url.isascii() or any(sign <= " " for sign in url):
        raise OutOfReach(f"{name} is no address")
    if urlsplit(url).scheme not in schemes or not urlsplit(url).hostname:
        raise OutOfReach(f"{name} is no address")
    return url


def _code_in(url: str, state: str) -> str:
    """The code with which the browser came back. RFC 9207: where an issuer is named, it is ours."""
    from authlib.common.errors import AuthlibBaseError
    from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response

    query = parse_qs(urlsplit(url).query)
    if "error" in query:
        raise NotSigned(f"the provider said {query['error'][0]!r}"[:200])
    if query.get("iss", [settings.OIDC_ISSUER]) != [settings.OIDC_ISSUER]:
        raise NotSigned("another issuer")
    try:
        return str(parse_authorization_code_response(url, state=state)["code"])
    except AuthlibBaseError as error:
        raise NotSigned(str(error)) from error


def _judged(token: Any, *, nonce: str, access_token: str) -> dict[str, Any]:
    from authlib.oidc.core.claims import CodeIDToken
    from joserfc.errors import JoseError

    options = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
    }
    params = {"nonce": nonce, "client_id": settings.OIDC_CLIENT_ID, "access_token": access_token}
    try:
        CodeIDToken(token.claims, token.header, options, params).validate(leeway=settings.SIGN_IN_LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise NotSigned(f"{type(error).__name__}: {error}"[:200]) from error
    claims: dict[str, Any] = token.claims
    return claims


def _person(claims: dict[str, Any]) -> Person:
    """An e-mail counts only where the provider has proven it (some say so by the text `true`)."""
    said = {name: claims.get(name) for name in ("email", "given_name", "family_name")}
    email, first, last = (
        value.strip() if isinstance(value, str) and "\0" not in value else "" for value in said.values()
    )
    return Person(email if claims.get("email_verified") in (True, "true") else "", first, last)


provider = Provider()
