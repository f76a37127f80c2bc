"""What an order or an item can be, and which moves are allowed. Pure: imports nothing of Django.

The codes are the wire's (the same for orders and items; on the wire they travel as strings). Source: the
platform's published status list. `docs/order-lifecycle.md` is generated from this table.
"""

from enum import IntEnum


def gettext_noop(message: str) -> str:
    """Mark a sentence for translation; it is translated on its way out, not here."""
    return message


class Status(IntEnum):
    """A status code of an order or an item."""

    CANCELLATION_WAITING = 50
    CANCELED = 100
    WAITING = 200
    PAYMENT_WAITING = 300
    CONFIRMATION_WAITING = 350
    APPROVED = 400
    PREPARING = 450
    SHIPPED = 500
    SHIPPED_AND_INFORMED = 510
    READY_FOR_PICKUP = 520
    ATTEMPTED_DELIVERY = 540
    REVIEW_STARTED = 544
    REVIEW_WAITING = 545
    WAITING_FOR_PAYMENT = 546
    PAID = 547
    DELIVERED = 550
    REFUNDED = 600

    @property
    def wire_name(self) -> str:
        """The name that other systems use, e.g. `payment_waiting`."""
        return self.name.lower()


LABELS: dict[Status, str] = {
    Status.CANCELLATION_WAITING: gettext_noop("Cancellation in progress"),
    Status.CANCELED: gettext_noop("Cancelled"),
    Status.WAITING: gettext_noop("Waiting"),
    Status.PAYMENT_WAITING: gettext_noop("Waiting for payment"),
    Status.CONFIRMATION_WAITING: gettext_noop("Waiting for confirmation"),
    Status.APPROVED: gettext_noop("Approved"),
    Status.PREPARING: gettext_noop("Being prepared"),
    Status.SHIPPED: gettext_noop("Shipped"),
    Status.SHIPPED_AND_INFORMED: gettext_noop("On its way"),
    Status.READY_FOR_PICKUP: gettext_noop("Ready for pickup"),
    Status.ATTEMPTED_DELIVERY: gettext_noop("Delivery attempted"),
    Status.REVIEW_STARTED: gettext_noop("Under review"),
    Status.REVIEW_WAITING: gettext_noop("Waiting for review"),
    Status.WAITING_FOR_PAYMENT: gettext_noop("Payment pending"),
    Status.PAID: gettext_noop("Paid"),
    Status.DELIVERED: gettext_noop("Delivered"),
    Status.REFUNDED: gettext_noop("Returned"),
}

BEFORE_SHIPMENT = frozenset(
    {
        Status.WAITING,
        Status.PAYMENT_WAITING,
        Status.CONFIRMATION_WAITING,
        Status.APPROVED,
        Status.PREPARING,
    }
)
AFTER_SHIPMENT = frozenset(s for s in Status if Status.SHIPPED <= s <= Status.DELIVERED)
KNOWN = frozenset(Status)
CLOSED = frozenset({Status.CANCELED, Status.REFUNDED})
DIRECTLY_CANCELLABLE = frozenset({Status.PAYMENT_WAITING, Status.CONFIRMATION_WAITING, Status.APPROVED})


def may_move(here: int, there: int) -> bool:
    """Whether news may move something from one status to another.

    Forward along the journey, or into a cancellation and from there to its end; never backwards, never out of a
    closed status, and never to an unknown code: so late, repeated and out-of-order news is harmless.
    The only way back is `may_return`.
    """
    if here == there or here in CLOSED or there not in KNOWN:
        return False
    if there in CLOSED:
        return True
    if here == Status.CANCELLATION_WAITING:
        return False
    return there == Status.CANCELLATION_WAITING or there > here


def may_return(here: int, there: int) -> bool:
    """Whether a rejected cancellation may give back a former status."""
    return here == Status.CANCELLATION_WAITING and there in BEFORE_SHIPMENT | AFTER_SHIPMENT


def read_status(value: object) -> Status:
    """Read a code (`"400"`, `400`) or a name (`"approved"`, also `"cancelled"`). Raises ValueError."""
    if isinstance(value, str):
        text = value.strip().lower()
        if text == "cancelled":
            return Status.CANCELED
        if text.isascii() and text.isdigit() and len(text) <= 3:
            return Status(int(text))
        if text.upper() in Status.__members__:
            return Status[text.upper()]
    elif isinstance(value, int) and not isinstance(value, bool):
        return Status(value)
    raise ValueError(f"{value!r} is not a status")


def drawing() -> str:
    """The life of an order as a Markdown page: `python -m aftercart.statuses > docs/order-lifecycle.md`."""
    lines = [
        "# The life of an order",
        "",
        "Made from `aftercart/statuses.py`; a test keeps it so. Orders and items share these statuses.",
        "",
        "| code | name | label | customers may cancel it | news may move it to |",
        "| --- | --- | --- | --- | --- |",
    ]
    for status in Status:
        if status in DIRECTLY_CANCELLABLE:
            way = "directly"
        elif status in BEFORE_SHIPMENT:
            way = "by request"
        elif status in AFTER_SHIPMENT:
            way = "by request, as a return"
        else:
            way = "no"
        targets = ", ".join(str(int(there)) for there in Status if may_move(status, there)) or "nothing"
        lines.append(f"| {int(status)} | `{status.wire_name}` | {LABELS[status]} | {way} | {targets} |")
    lines += [
        "",
        "A cancellation that Omnitron rejects gives an item in 50 its former status back; nothing else moves back.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> before_shipment",
        "    before_shipment --> after_shipment: shipped",
        "    before_shipment --> cancellation_waiting: cancelled by the customer",
        "    after_shipment --> cancellation_waiting: return agreed",
        "    cancellation_waiting --> canceled: plan done",
        "    cancellation_waiting --> refunded: plan done",
        "    cancellation_waiting --> before_shipment: plan rejected",
        "    cancellation_waiting --> after_shipment: plan rejected",
        "    canceled --> [*]",
        "    refunded --> [*]",
        "```",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(drawing(), end="")  # noqa: T201 (the command's answer)
