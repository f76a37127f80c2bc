"""Whether a session is the owner's, on the hot paths, whose statements read its columns along with the order's."""

from datetime import UTC, datetime

from django.contrib.auth.base_user import AbstractBaseUser

from aftercart.customers.sessions import is_of


class _Password:
    """What Django's session auth hash is made of, without the rest of a customer: a whole one takes longer to make."""

    get_session_auth_hash = AbstractBaseUser.get_session_auth_hash
    get_session_auth_fallback_hash = AbstractBaseUser.get_session_auth_fallback_hash
    _get_session_auth_hash = AbstractBaseUser._get_session_auth_hash  # type: ignore[attr-defined]

    def __init__(self, password: str) -> None:
        self.password = password


def holds(
    *, proof: str, expires: str, customer: int | None, password: str, is_active: bool, owner: int, now: datetime
) -> bool:
    """Whether the session is this owner's, proves it, and has not expired.

    `proof` is the session's own column, empty for one that nobody has signed in with.
    `expires` is text as the database writes it into JSON: UTC, with or without an offset.
    """
    if customer != owner or not is_active:
        return False
    moment = datetime.fromisoformat(expires)
    if (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= now:
        return False
    return is_of(proof, _Password(password))
