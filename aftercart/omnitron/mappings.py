"""Which of our objects an object at Omnitron is, by its integration actions: several there may be one of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from .call import OmnitronCall
from .messages import IntegrationAction, RemoteItem

_ALL: Final = 1000
_ASKED_AT_ONCE: Final = 200
"""So many numbers keep an address well below what proxies take."""


def named(
    call: OmnitronCall, path: str, channel: int, items: tuple[RemoteItem, ...], ids: Collection[int] | None
) -> tuple[RemoteItem, ...]:
    """An order's items with our ids as their remote ids, looked up where one names none of ours itself.

    `ids`: our ids; empty: not known, None: they do not matter. One more exchange, and none where all name themselves.
    """
    if ids is None:
        return items
    nameless = [item.pk for item in items if item.remote_id is None or (ids and item.remote_id not in ids)]
    if not nameless:
        return items
    mapped = _mapped(call, path, channel, nameless, ids)
    return tuple(item.model_copy(update={"remote_id": mapped.get(item.pk, item.remote_id)}) for item in items)


def _mapped(call: OmnitronCall, path: str, channel: int, pks: Sequence[int], ids: Collection[int]) -> Mapping[int, int]:
    """Omnitron's pk of an order's item → our id of it, one of `ids` where they are known."""
    found: dict[int, int] = {}
    for begin in range(0, len(pks), _ASKED_AT_ONCE):
        asked = pks[begin : begin + _ASKED_AT_ONCE]
        actions = call.get_all(
            IntegrationAction,
            f"{path}/integration_actions/",
            limit=_ALL,
            channel=channel,
            content_type_name="orderitem",
            object_id__in=",".join(map(str, asked)),
            sort="id",
        )
        if any(action.object_id not in asked for action in actions):
            call.nonsense("asked for the mappings of some items, got another's")
        for action in actions:  # the oldest of several counts
            ours = int(action.remote_id) if action.remote_id.isdecimal() and len(action.remote_id) < 20 else None
            if ours is not None and (not ids or ours in ids):
                found.setdefault(action.object_id, ours)
    return found
