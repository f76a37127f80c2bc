"""Omnitron's cancellation reasons, once a day: one that it does not know would make it refuse a cancellation."""

from datetime import datetime, timedelta

from aftercart import omnitron_client
from aftercart.cancellations.reasons import take_over_reasons
from aftercart.duties import DONE
from aftercart.feed.models import FeedCursor
from aftercart.omnitron import OmnitronError
from aftercart.omnitron_client import patient

EVERY = timedelta(days=1)


def read_reasons(*, now: datetime) -> None:
    """The duty of their cursor: the list is short, and read as a whole. Raises NotYet, OmnitronError."""
    try:
        reasons = omnitron_client.omnitron().reasons()
    except OmnitronError as error:
        raise patient(error) from error
    take_over_reasons(reasons)
    again = {**DONE, "next_attempt_at": now + EVERY, "attempts": 0, "read_date": now, "position": now}
    FeedCursor.objects.filter(pk=FeedCursor.Feed.REASONS).update(**again)
