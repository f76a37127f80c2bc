"""Sessions: one statement finds the session and its customer; either cookie name is accepted.

The storefront keeps the session in two cookies of the same value (`sessionid`, `osessionid`), and its server-side
calls send only the second one. `SESSION_ENGINE` names this module.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from aftercart.fastpath import CompiledQuery

if TYPE_CHECKING:
    from aftercart.customers.models import Customer

OTHER_COOKIE = "osessionid"
SHORTEST_KEY, LONGEST_KEY = 8, 40


class SessionStore(DatabaseSessionStore):
    """Django's database session with a customer column, read together with its customer."""

    _row: Any = None

    def __init__(self, session_key: str | None = None, others: Sequence[str] = ()) -> None:
        """`others`: keys that came with it and differ from it, where a browser's two cookies disagree."""
        super().__init__(session_key)
        self._sent = [str(session_key), *others] if others else []

    @classmethod
    def get_model_class(cls) -> Any:
        """The row behind a session."""
        from aftercart.customers.models import Session

        return Session

    @property
    def row(self) -> Any:
        """The session's row with its customer, read once; None if there is none, or it has expired."""
        self.accessed = True
        if self.session_key is None and not self._sent:
            return None
        if self._row is None or self._row.session_key != self.session_key:
            self._row = self._read_row()
        return self._row

    def load(self) -> dict[str, Any]:
        """The session's data."""
        return self.decode(self.row.session_data) if self.row else {}

    def _read_row(self) -> Any:
        keys = [key for key in self._sent or [str(self.session_key)] if _can_be_a_key(key)]
        rows = [row for row in map(_live_row, keys) if row is not None]
        # If the two cookies disagree, the better one counts: a signed-in session first, then the first cookie.
        row = next((row for row in rows if _signed_in(row)), rows[0] if rows else None)
        self._session_key = row.session_key if row else None
        self._sent = self._sent if len(rows) > 1 else []
        return row

    def flush(self) -> None:
        """Forget the session, and the other cookie's with it: signing out signs out of both."""
        self._end_others()
        super().flush()

    def cycle_key(self) -> None:
        """Go on under a new key, which both cookies get: the other cookie's former session ends."""
        self._end_others()
        super().cycle_key()

    def _end_others(self) -> None:
        for key in self._sent:
            if key != self.session_key:
                self.delete(key)
        self._sent = []

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row to save, with the customer whom the session data names."""
        row: Any = super().create_model_instance(data)
        signed_in = data.get(SESSION_KEY)
        row.customer_id = int(signed_in) if signed_in else None
        row.proof = data.get(HASH_SESSION_KEY, "")
        return row


def _live_row(key: str) -> Any:
    row = by_key().one(key=key)
    return None if row is None or row.expire_date <= timezone.now() else row


def _signed_in(row: Any) -> bool:
    return row.customer is not None and row.customer.is_active and is_of(row.proof, row.customer)


def _sent_keys(request: Any) -> list[str]:
    """The keys in the two cookies, in order; a single one if they agree, or only one can be a key."""
    said = (request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""), request.COOKIES.get(OTHER_COOKIE, ""))
    return [*dict.fromkeys(key for key in said if _can_be_a_key(key))]


def _can_be_a_key(key: str) -> bool:
    # No key has a NUL byte, and PostgreSQL refuses queries with one; Django accepts no shorter key.
    return key.isalnum() and SHORTEST_KEY <= len(key) <= LONGEST_KEY


def session_key_of(request: Any) -> str | None:
    """The session key that a request has in either cookie; None if there is none, or the two disagree."""
    keys = _sent_keys(request)
    return keys[0] if len(keys) == 1 else None


class SessionMiddleware(DjangoSessionMiddleware):
    """Reads the session from either cookie and writes it to both."""

    def process_request(self, request: HttpRequest) -> None:
        """Take what the two cookies say."""
        keys = _sent_keys(request)
        request.session = self.SessionStore(keys[0] if keys else None, keys[1:])  # type: ignore[call-arg]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Let the second cookie follow whatever happened to the first."""
        if OTHER_COOKIE in request.COOKIES:  # Django deletes a stale cookie only if the request had it
            request.COOKIES.setdefault(settings.SESSION_COOKIE_NAME, request.COOKIES[OTHER_COOKIE])
        response = super().process_response(request, response)
        written = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if written is not None:
            response.cookies[OTHER_COOKIE] = written.value
            response.cookies[OTHER_COOKIE].update(written)
        return response


@cache
def by_key() -> CompiledQuery:
    """The statement that finds a session with its customer."""
    # Built when first used: this module is loaded with the settings, before there are models.
    sessions = SessionStore.get_model_class().objects.select_related("customer")
    return CompiledQuery(lambda key: sessions.filter(session_key=key), key=str)


@cache
def at_the_door() -> CompiledQuery:
    """As `by_key`, but only the customer columns that tell whether they are signed in, and where to write to them."""
    fields = ("expire_date", "proof", "customer__password", "customer__is_active", "customer__email")
    sessions = SessionStore.get_model_class().objects.select_related("customer").only(*fields)
    return CompiledQuery(lambda key: sessions.filter(session_key=key), key=str)


def customer_of_session(session: Any) -> Any:
    """The signed-in customer of a session, or AnonymousUser; a changed password ends older sessions."""
    row = session.row
    if row is None or row.customer is None or not row.customer.is_active:
        return AnonymousUser()
    return row.customer if is_of(row.proof, row.customer) else AnonymousUser()


def customer_in(found: list[Any], *, now: datetime) -> Any:
    """The signed-in customer of the session that was found `at_the_door`; None in any doubt."""
    if not found or found[0].expire_date <= now:
        return None
    customer = found[0].customer
    return customer if customer and customer.is_active and is_of(found[0].proof, customer) else None


def is_of(proof: str, customer: Any) -> bool:
    """Whether a session auth hash was made from this customer's password, with a key that is or was ours."""
    if constant_time_compare(proof, customer.get_session_auth_hash()):
        return True
    return any(constant_time_compare(proof, old) for old in customer.get_session_auth_fallback_hash())


class CustomerMiddleware(AuthenticationMiddleware):
    """Puts the customer on the request, looked up when first asked for."""

    def process_request(self, request: HttpRequest) -> None:
        """`request.user`, without a statement of its own."""
        request.user = cast("Customer", SimpleLazyObject(lambda: customer_of_session(request.session)))
