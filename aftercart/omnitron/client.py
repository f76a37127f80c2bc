"""The client: one method per remote operation.

Ids are Omnitron's own (pk) unless the name says `remote_`: remote ids are the commerce side's, ours.
Every method takes a `deadline` for several calls together, or has the client's `timeout` for itself, and
ends by returning or by raising `RefusedByOmnitron`, `NotSent` or `OutcomeUnknown` (see errors.py), nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from .call import OmnitronCall
from .errors import NotUnderstood, RefusedByOmnitron
from .http.deadline import Deadline
from .mappings import named
from .messages import (
    IntegrationAction,
    Page,
    RemoteCancellationRequest,
    RemoteItem,
    RemoteOrder,
    RemoteProduct,
    RemoteReason,
)
from .updates import Updates

ADDRESS_CHANGE_PATH: Final = "/api/v1/order_address_changing/"
"""A guess: the public reference shows the body, not the path (docs/contract.md, section D)."""

_ALL: Final = 1000


class Omnitron(Updates):
    """Omnitron, seen from one channel. Thread-safe; make one per process and keep it.

    url             http(s)://host[:port][/prefix], without /api
    timeout         seconds for a whole call, login and paging included
    max_concurrent  requests under way at once; one more is `NotSent(reason="limit")`
    on_call         told about each finished call, in the calling thread; its own errors are only logged
    before_call     called with the operation's name before each request, before anything leaves; what it
                    raises passes through (so that a test can forbid calls inside a transaction)
    circuit_*       that many timeouts, 5xx or connect errors in a row close the door for so many seconds
    """

    # Orders

    def order(
        self,
        *,
        number: str,
        item_ids: Collection[int] | None = None,
        partly: bool = False,
        deadline: Deadline | None = None,
    ) -> RemoteOrder:
        """The order with all its items. Raises OrderUnknown when Omnitron has none of that number.

        `item_ids`: our ids of its items; what names none of them itself is looked up in the mappings. `partly`: items
        that cannot be read are left out (`unread_items`) instead of making the whole answer nonsense.
        """
        with self._call("order", deadline, number) as call:
            found = call.get_page(RemoteOrder, f"{self._channel_path}/orders/", number=number)
            if not found.results:
                call.order_unknown("no order of this number in the channel")
            for order in found.results:
                if order.number != number or order.channel not in (None, self.channel_id):
                    call.nonsense(f"asked for order {number}, got another one")
            if len(found.results) > 1:
                call.nonsense(f"{len(found.results)} orders of one number")
            order = found.results[0]
            items = self._items_of(call, order.pk, item_ids, partly=partly)
            return order.model_copy(update={"items": items.results, "unread_items": items.unread})

    def order_items(
        self, *, order: int, item_ids: Collection[int] | None = None, deadline: Deadline | None = None
    ) -> Page[RemoteItem]:
        """All items of the order with that pk, sorted by pk, on one page. `item_ids` as in `order`; empty: not known.

        What cannot be read is left out (`unread`).
        """
        with self._call("order_items", deadline) as call:
            return self._items_of(call, order, item_ids, partly=True)

    def _items_of(
        self, call: OmnitronCall, order_pk: int, item_ids: Collection[int] | None, *, partly: bool
    ) -> Page[RemoteItem]:
        path = f"{self._channel_path}/order_items/"
        found = call.get_all(RemoteItem, path, limit=_ALL, order=order_pk, sort="id")
        if any(item.order != order_pk for item in found.results):
            call.nonsense(f"asked for the items of order pk {order_pk}, got another's")
        items = named(call, self._channel_path, self.channel_id, found.results, item_ids)
        if found.unread:
            # One of ours may be several items there: with one of them unread, nothing is known of it.
            lost = {row.remote_id for row in found.unread}
            if not partly or None in lost:
                call.nonsense(found.unread[0].reason, kind=NotUnderstood)
            items = tuple(item for item in items if item.remote_id not in lost)
        return replace(found, results=items)

    def orders(self, *, page: int = 1, limit: int = 100, deadline: Deadline | None = None) -> Page[RemoteOrder]:
        """The channel's orders, a page at a time, without their items."""
        with self._call("orders", deadline) as call:
            path = f"{self._channel_path}/orders/"
            return call.get_rows(RemoteOrder, path, page=page, limit=limit, sort="id")

    # Cancelling

    def cancel(
        self,
        *,
        order_pk: int,
        reasons: Mapping[int, int],
        accounts: Mapping[int, tuple[str, str]] | None = None,
        with_shipping: bool = False,
        order_number: str = "",
        deadline: Deadline | None = None,
    ) -> None:
        """Cancel items directly. `reasons`: item pk → reason pk; its keys are the items to cancel.

        `accounts`: item pk → IBAN and holder, where the money cannot go back to where it came from.
        `with_shipping`: these are the last of an order that never left, so the shipping is to be sent back as well.
        Raises CancellationAlreadyOpen, OrderUnknown (404), RefusedByOmnitron. `order_number` is for error messages.
        """
        with self._call("cancel", deadline, order_number) as call:
            body: dict[str, Any] = {
                "order": order_pk,
                "cancel_items": list(reasons),
                "reasons": {str(item): reason for item, reason in reasons.items()},
                "forced_refund_amount": None,  # the reference: "must be sent as null"
            }
            if accounts:
                body["ibans"] = {str(item): iban for item, (iban, _) in accounts.items()}
                body["holder_names"] = {str(item): holder for item, (_, holder) in accounts.items()}
            if with_shipping:  # beside `cancel_items`: `is_all` would name no items, and take whatever is there by then
                body["is_cargo_refund"] = True
            call.post(f"{self._channel_path}/orders/{order_pk}/cancel/", body)

    def create_cancellation_request(
        self,
        *,
        remote_id: str,
        order_item: int,
        reason: int,
        description: str,
        cancellation_type: str,
        quantity: int = 1,
        iban: str = "",
        holder_name: str = "",
        fully_refund_as_loyalty_money: bool = False,
        deadline: Deadline | None = None,
    ) -> RemoteCancellationRequest:
        """Ask Omnitron's back office. After OutcomeUnknown, look with `find_cancellation_request` first.

        `remote_id`: our name for it; `order_item`, `reason`: Omnitron's pks; `cancellation_type`:
        "cancel" or "refund".
        """
        body: dict[str, Any] = {
            "order_item": order_item,
            "reason": reason,
            "description": description,
            "cancellation_type": cancellation_type,
            "remote_id": remote_id,
        }
        # Only the five above are known from a published client; the rest goes out where it says something.
        if quantity != 1:
            body["quantity"] = quantity
        if iban:
            body["iban"] = iban
        if holder_name:
            body["holder_name"] = holder_name
        if fully_refund_as_loyalty_money:
            body["fully_refund_as_loyalty_money"] = True
        with self._call("create_cancellation_request", deadline) as call:
            answer = call.post(f"{self._channel_path}/cancellation_requests/", body)
            created = call.read(RemoteCancellationRequest, answer)
            if created.order_item != order_item:
                call.nonsense("the request created is for another item")
            return created

    def find_cancellation_request(
        self, *, remote_id: str, deadline: Deadline | None = None
    ) -> RemoteCancellationRequest | None:
        """The request that carries this name, or None. The oldest, should there be several."""
        with self._call("find_cancellation_request", deadline) as call:
            actions = call.get_page(
                IntegrationAction,
                f"{self._channel_path}/integration_actions/",
                channel=self.channel_id,
                content_type_name="cancellationrequest",
                remote_id__exact=remote_id,
            )
            if any(action.remote_id not in ("", remote_id) for action in actions):
                call.nonsense("asked for one remote id, got another")
            if not actions.results:
                return None
            return self._request_of(call, min(action.object_id for action in actions))

    def cancellation_requests(
        self, *, order_item: int, deadline: Deadline | None = None
    ) -> list[RemoteCancellationRequest]:
        """The requests about an item (Omnitron's pk), oldest first."""
        with self._call("cancellation_requests", deadline) as call:
            path = f"{self._channel_path}/cancellation_requests/"
            page = call.get_page(RemoteCancellationRequest, path, order_item=order_item, sort="id", limit=_ALL)
            # A filter that Omnitron does not know is ignored there: what it answers is looked at here, too.
            return [request for request in page.results if request.order_item == order_item]

    def cancellation_request(self, *, pk: int, deadline: Deadline | None = None) -> RemoteCancellationRequest | None:
        """The request of that pk, or None."""
        with self._call("cancellation_request", deadline) as call:
            return self._request_of(call, pk)

    def _request_of(self, call: OmnitronCall, pk: int) -> RemoteCancellationRequest | None:
        try:
            found = call.get_message(RemoteCancellationRequest, f"{self._channel_path}/cancellation_requests/{pk}/")
        except RefusedByOmnitron as refusal:
            if refusal.status == 404:  # deleted there since
                return None
            raise
        if found.pk != pk:
            call.nonsense(f"asked for request {pk}, got another one")
        return found

    def delete_cancellation_request(self, *, pk: int, deadline: Deadline | None = None) -> None:
        """Remove a request there. Raises RefusedByOmnitron: it is gone (404), decided (406), not deleted so (405)."""
        with self._call("delete_cancellation_request", deadline) as call:
            call.delete(f"{self._channel_path}/cancellation_requests/{pk}/")

    def reject_cancellation_request(self, *, pk: int, deadline: Deadline | None = None) -> RemoteCancellationRequest:
        """Close a request as rejected; answers it. Raises RefusedByOmnitron where it is decided already."""
        with self._call("reject_cancellation_request", deadline) as call:
            answer = call.post(f"{self._channel_path}/cancellation_requests/{pk}/reject/", {})
            return call.read(RemoteCancellationRequest, answer)

    def reasons(self, *, deadline: Deadline | None = None) -> list[RemoteReason]:
        """All cancellation reasons of the channel, as Omnitron sorts them."""
        with self._call("reasons", deadline) as call:
            path = f"{self._channel_path}/cancellation_reasons/"
            return list(call.get_all(RemoteReason, path, limit=_ALL))

    # Addresses

    def change_address(
        self,
        *,
        channel_id: int,
        remote_order_id: int,
        address: Mapping[str, object],
        order_address_types: Sequence[str] = ("shipping",),
        deadline: Deadline | None = None,
    ) -> None:
        """Change an order's address. `remote_order_id` and the ids inside `address` are ours, not pks."""
        with self._call("change_address", deadline) as call:
            body = {
                "channel_id": channel_id,
                "order": remote_order_id,
                "address": dict(address),
                "order_address_types": list(order_address_types),
            }
            call.post(ADDRESS_CHANGE_PATH, body)

    # Products

    def products(self, *, pks: Iterable[int], deadline: Deadline | None = None) -> list[RemoteProduct]:
        """The products of these pks, as far as Omnitron has them. No request for no pks."""
        wanted = sorted(set(pks))
        if not wanted:
            return []
        with self._call("products", deadline) as call:
            path = f"{self._channel_path}/products/"
            return list(call.get_all(RemoteProduct, path, limit=_ALL, pk__in=",".join(map(str, wanted))))
