"""The database session, in the product's table."""

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Django's own but for the table."""

    @classmethod
    def get_model_class(cls) -> Any:
        from usual.models import Session

        return Session

    def decode(self, session_data: Any) -> dict[str, Any]:
        """The product's sessions, under the name of the one backend that this service knows."""
        session = super().decode(session_data)
        if BACKEND_SESSION_KEY in session:
            session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        return session
