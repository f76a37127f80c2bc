"""What other apps may want to know of orders that come in."""

from django.dispatch import Signal

received = Signal()
"""Sent with `order`, `items` and `now`, in the transaction in which an order came in for the first time."""
items_moved = Signal()
"""Sent with `order` and `now`, in the transaction in which an intake moved items or took some out of their order."""
