"""Opening and closing the client, starting a call, and what a fork leaves behind."""

from __future__ import annotations

import os
import ssl
import weakref
from collections.abc import Callable

from .call import CallRecord, OmnitronCall
from .http.circuit import Circuit
from .http.deadline import Deadline
from .http.session import OmnitronSession
from .http.transport import Transport


class Base:
    """What `Omnitron` is made with and rests on; its arguments are explained there."""

    def __init__(
        self,
        *,
        url: str,
        username: str,
        password: str,
        channel_id: int,
        timeout: float = 2.0,
        max_concurrent: int = 16,
        on_call: Callable[[CallRecord], None] | None = None,
        before_call: Callable[[str], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        circuit_threshold: int = 5,
        circuit_seconds: float = 5.0,
    ) -> None:
        self.channel_id = channel_id
        self.timeout = timeout
        self._url = url
        self._on_call = on_call
        self._channel_path = f"/api/v1/channel/{int(channel_id)}"

        def connect() -> tuple[Transport, OmnitronSession]:
            transport = Transport(
                url=url,
                max_concurrent=max_concurrent,
                circuit=Circuit(threshold=circuit_threshold, seconds=circuit_seconds),
                before_call=before_call,
                ssl_context=ssl_context,
            )
            session = OmnitronSession(transport=transport, username=username, password=password, pause=circuit_seconds)
            return transport, session

        self._connect = connect
        self._transport, self._session = connect()
        _clients.add(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(url={self._url!r}, channel_id={self.channel_id})"

    def close(self) -> None:
        """Close the idle connections. Calls under way finish; later ones are `NotSent(reason="closed")`."""
        self._transport.close()

    def _after_fork(self) -> None:
        # Two processes on one kept connection would read each other's answers, and a lock that another
        # thread held at the moment of the fork stays locked in the child for ever.
        inherited = self._transport
        self._transport, self._session = self._connect()
        inherited.close()

    def _call(self, operation: str, deadline: Deadline | None, order_number: str = "") -> OmnitronCall:
        return OmnitronCall(
            operation,
            session=self._session,
            deadline=deadline or Deadline.after(self.timeout),
            order_number=order_number,
            tell=self._on_call,
        )


_clients: weakref.WeakSet[Base] = weakref.WeakSet()


def _forget_what_the_parent_had() -> None:
    for client in _clients:
        client._after_fork()


os.register_at_fork(after_in_child=_forget_what_the_parent_had)
