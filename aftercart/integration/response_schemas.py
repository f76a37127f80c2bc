"""What the integration's answers look like, for the API document."""

from datetime import datetime

from aftercart.response_schemas import Shape


class NotTakenIn(Shape):
    """An order that is not in: where it stood in the body, its number where it has one, and every reason."""

    file: str
    place: str
    number: str
    reasons: list[str]


class HandedOver(Shape):
    """What became of the orders of one body."""

    new: int
    changed: int
    unchanged: int
    refused: list[NotTakenIn]


class CompletedLink(Shape):
    """A link to a completed order: whole, its path alone, and the signed order number in it."""

    url: str
    path: str
    signed_number: str
    valid_until: datetime
