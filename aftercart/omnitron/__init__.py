"""The gateway to Omnitron, the order management system: a small library that knows no Django.

::

    omnitron = Omnitron(url="https://oms.example", username="...", password="...", channel_id=1)
    deadline = Deadline.after(2.0)                       # one for both
    order = omnitron.order(number="1234", deadline=deadline)
    omnitron.cancel(order_pk=order.pk, reasons={item.pk: 1 for item in order.items}, deadline=deadline)

A call returns, or raises one of three: `RefusedByOmnitron`, `NotSent`, `OutcomeUnknown` (drawn in errors.py).
"""

from .call import CallRecord
from .client import ADDRESS_CHANGE_PATH, Omnitron
from .errors import (
    CancellationAlreadyOpen,
    End,
    NotFromOmnitron,
    NotSent,
    NotSentReason,
    NotUnderstood,
    OmnitronError,
    OrderUnknown,
    OutcomeUnknown,
    RefusedByOmnitron,
    UnknownReason,
)
from .fields import STATUS_CODES
from .http.deadline import Deadline
from .messages import (
    Page,
    RemoteCancellationPlan,
    RemoteCancellationRequest,
    RemoteItem,
    RemoteOrder,
    RemoteProduct,
    RemoteReason,
    Unreadable,
)

__all__ = [
    "ADDRESS_CHANGE_PATH",
    "STATUS_CODES",
    "CallRecord",
    "CancellationAlreadyOpen",
    "Deadline",
    "End",
    "NotFromOmnitron",
    "NotSent",
    "NotSentReason",
    "NotUnderstood",
    "Omnitron",
    "OmnitronError",
    "OrderUnknown",
    "OutcomeUnknown",
    "Page",
    "RefusedByOmnitron",
    "RemoteCancellationPlan",
    "RemoteCancellationRequest",
    "RemoteItem",
    "RemoteOrder",
    "RemoteProduct",
    "RemoteReason",
    "UnknownReason",
    "Unreadable",
]
