"""The panel at `/`: what a person sees and presses. Plain forms, no JavaScript, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl, urlencode

from . import outbox, rules
from .api import OPERATIONS
from .control import Control
from .faults import KINDS
from .panel_parts import address, badge, button, options, section, table, when
from .problems import Problem
from .shapes import shown
from .store import Doc
from .wire import Reply, Request

_HERE = Path(__file__).parent
_PAGE = Template((_HERE / "panel.html").read_text(encoding="utf-8"))
_CSS = (_HERE / "panel.css").read_bytes()
_HTML = "text/html; charset=utf-8"
_POLICY = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
)


def answer(control: Control, request: Request) -> Reply:
    """Answer one request of the panel."""
    path = request.segments
    if request.method == "POST" and path[:1] == ["panel"]:
        return _press(control, path[1:], dict(parse_qsl(request.body.decode("utf-8", "replace"))))
    if request.method not in {"GET", "HEAD"}:
        return _page(control, request, "", status=405)
    if path == ["panel.css"]:
        return Reply(content=_CSS, content_type="text/css; charset=utf-8")
    if path[:1] == ["mails"] and control.mails is not None:
        return _mails(control, request, control.mails, path[1:])
    if path:
        return _nothing(control, request)
    number = request.parameter("order")
    if number is not None:
        try:
            return _page(control, request, _order(control.order(number)))
        except Problem:
            text = f"<p>No order has the number {escape(number)}.</p>"
            return _page(control, request, section("Not found", text), status=404)
    return _page(control, request, _front(control, request.parameter("q") or ""))


def _nothing(control: Control, request: Request) -> Reply:
    return _page(control, request, section("Nothing here", "<p>This page does not exist.</p>"), status=404)


def _mails(control: Control, request: Request, folder: Path, path: list[str]) -> Reply:
    match path:
        case []:
            return _page(control, request, outbox.listed(folder))
        case [name] if content := outbox.one(folder, name):
            return _page(control, request, content)
        case [name, "html"] if html := outbox.html(folder, name):
            return Reply(content=html, content_type=_HTML, headers=outbox.MAIL_POLICY)
    return _nothing(control, request)


def _press(control: Control, path: list[str], form: dict[str, str]) -> Reply:
    """Do what a button says, then lead back to where it was pressed."""
    back = {"order": form["back"]} if form.get("back") else {}
    try:
        said = {"said": _do(control, path, form)}
    except Problem as problem:
        text = problem.body.get("non_field_errors") or problem.body.get("detail") or problem.body
        said = {"refused": str(text)}
    return Reply(status=303, content=b"", content_type=_HTML, headers=(("Location", f"/?{urlencode(back | said)}"),))


def _do(control: Control, path: list[str], form: dict[str, str]) -> str:
    match path:
        case ["orders", number, "ship" | "deliver" | "invoice" | "cancel" as verb]:
            orders = {"ship": control.ship, "deliver": control.deliver, "invoice": control.invoice}
            orders.get(verb, control.cancel)(number)
            return f"Order {number}: {verb} done."
        case ["plans" | "requests" | "address_changes" as what, pk, "approve" | "reject" as verb]:
            decisions = {
                ("plans", "approve"): control.approve_plan,
                ("plans", "reject"): control.reject_plan,
                ("requests", "approve"): control.approve_request,
                ("requests", "reject"): control.reject_request,
                ("address_changes", "approve"): control.approve_address_change,
                ("address_changes", "reject"): control.reject_address_change,
            }
            decisions[what, verb](int(pk) if pk.isdigit() and len(pk) < 19 else 0)
            return f"{what.replace('_', ' ').capitalize()} {pk}: {verb} done."
        case ["faults"]:
            rule: Doc = {"operation": form.get("operation", "any"), "kind": form.get("kind", "")}
            rule |= {name: form[name] for name in ("times", "seconds") if form.get(name)}
            control.fault(**rule)
            return f"Fault on: {rule['kind']} for {rule['operation']}."
        case ["faults", pk, "off"]:
            control.faults.remove(int(pk) if pk.isdigit() else 0)
            return "Fault off."
        case ["power"]:
            control.power(form.get("on") == "yes")
            return "Omnitron is on." if control.power_is_on else "Omnitron is off."
    raise Problem(404, {"detail": "No such button."})


def _page(control: Control, request: Request, content: str, *, status: int = 200) -> Reply:
    notice = "".join(
        f'<p class="note {kind}" role="status">{escape(text)}</p>'
        for name, kind in (("said", ""), ("refused", "bad"))
        if (text := request.parameter(name))
    )
    html = _PAGE.substitute(
        title="Omnitron sandbox",
        channel=control.channel_id,
        power=_power(control.power_is_on),
        mails='<a href="/mails/">Mails</a>' if control.mails else "",
        notice=notice,
        query=escape(request.parameter("q") or request.parameter("order") or ""),
        content=content,
    )
    return Reply(status=status, content=html.encode(), content_type=_HTML, headers=_POLICY)


def _power(on: bool) -> str:
    state = '<span class="badge good">on</span>' if on else '<span class="badge bad">off</span>'
    switch = button("/panel/power", "Switch off" if on else "Switch on", on="no" if on else "yes")
    return f'<div class="buttons"><span>Power {state}</span>{switch}</div>'


def _front(control: Control, search: str) -> str:
    count, orders = control.orders(search=search, limit=12)
    rows = [
        (
            f'<a href="/?{urlencode({"order": order["number"]})}">{escape(order["number"])}</a>',
            badge(rules.STATUS_NAMES[order["status"]]),
            escape(f"{order['amount']} {order['currency']}"),
            escape(when(order["modified_date"])),
            _order_buttons(order, back=""),
        )
        for order in orders
    ]
    what = f"{count} found" if search else f"the latest of {count}"
    listed = table(("Number", "Status", "Amount", "Changed", ""), rows, "No order yet: post some to /sandbox/orders/.")
    store = control.store
    plans = [shown("cancellation_plans", doc) for doc in store.find("cancellation_plans", status="waiting")]
    waiting = store.find("cancellation_requests", status="waiting")
    changes = store.find("address_changes", status="waiting_approval")
    return (
        section(f"Orders <span class='soft'>({what})</span>", listed)
        + section(
            "Waiting for the back office",
            "<h3>Plans</h3>"
            + _plans(plans, back=None)
            + "<h3>Requests</h3>"
            + _requests([shown("cancellation_requests", doc) for doc in waiting], store.get, back=None)
            + "<h3>Address changes</h3>"
            + _changes(changes, back=None),
        )
        + section("Faults", _faults(control))
    )


def _order(order: Doc) -> str:
    number = order["number"]
    customer = order["customer"]
    name = " ".join(str(part) for part in (customer["first_name"], customer["last_name"]) if part)
    items = [
        (
            f"{item['pk']} <span class='soft'>(remote {escape(str(item['extra_field']['id']))})</span>",
            badge(rules.STATUS_NAMES[item["status"]]),
            escape(f"{item['price']} {item['price_currency']}"),
            escape(str(item["tracking_number"] or "-")),
            escape(str(item["invoice_number"] or "-")),
        )
        for item in order["orderitem_set"]
    ]
    head = (
        f"<p>{badge(rules.STATUS_NAMES[order['status']])} pk {order['pk']}, remote id"
        f" {escape(str(order['extra_field']['id']))},"
        f" {escape(str(order['amount']))} {escape(order['currency'])},"
        f" {escape(name)} &lt;{escape(str(customer['email']))}&gt;</p>"
        f"<p class='soft'>{escape(address(order['shipping_address']))}</p>"
    )
    items_by_pk = {item["pk"]: item for item in order["orderitem_set"]}
    return section(
        f"Order {escape(number)}",
        head
        + _order_buttons(order, back=number)
        + "<h3>Items</h3>"
        + table(("Item", "Status", "Price", "Tracking", "Invoice"), items, "None.")
        + "<h3>Plans</h3>"
        + _plans(order["cancellationplan_set"], back=number)
        + "<h3>Requests</h3>"
        + _requests(order["cancellationrequest_set"], lambda _, pk: items_by_pk.get(pk), back=number)
        + "<h3>Address changes</h3>"
        + _changes(order["orderaddresschange_set"], back=number),
    )


def _order_buttons(order: Doc, *, back: str) -> str:
    status = order["status"]
    offered = []
    if status in rules.UNSHIPPED or status == rules.CANCELLATION_WAITING:
        # Also while a cancel is open: the rest of the order may go, and the refusal is worth seeing.
        offered += [("ship", "Ship")]
    if status in rules.UNSHIPPED:
        offered += [("cancel", "Cancel")]
    if rules.is_shipped(status) and status != rules.DELIVERED:
        offered += [("deliver", "Deliver")]
    if status not in rules.TERMINAL and not order["invoice_number"]:
        offered += [("invoice", "Invoice")]
    base = f"/panel/orders/{escape(order['number'], quote=True)}"
    buttons = (button(f"{base}/{verb}", label, about=order["number"], back=back) for verb, label in offered)
    return f'<div class="buttons">{"".join(buttons)}</div>' if offered else "<span class='soft'>-</span>"


def _decisions(what: str, pk: int, *, back: str | None, offered: bool) -> str:
    if not offered:
        return "<span class='soft'>-</span>"
    approve = button(f"/panel/{what}/{pk}/approve", "Approve", about=pk, back=back or "")
    reject = button(f"/panel/{what}/{pk}/reject", "Reject", about=pk, kind="danger", back=back or "")
    return f'<div class="buttons">{approve}{reject}</div>'


def _plans(plans: Iterable[Doc], *, back: str | None) -> str:
    rows = [
        (
            str(plan["pk"]),
            escape(f"{plan['plan_type']} of {plan['order']['number']}"),
            badge(plan["status"]),
            escape(plan["refund_amount"]),
            _decisions("plans", plan["pk"], back=back, offered=plan["status"] in rules.OPEN_PLAN_STATUSES),
        )
        for plan in plans
    ]
    return table(("Plan", "What", "Status", "Refund", ""), rows, "None.")


def _requests(requests: Iterable[Doc], find: Any, *, back: str | None) -> str:
    rows = []
    for request in requests:
        item = find("order_items", request["order_item"])
        remote = item["extra_field"]["id"] if item else "?"
        code = f", code {request['easy_return']['code']}" if request["easy_return"] else ""
        rows.append(
            (
                str(request["pk"]),
                escape(f"{request['cancellation_type']} of item {request['order_item']} (remote {remote}){code}"),
                badge(request["status"]),
                escape(request["description"] or "-"),
                _decisions("requests", request["pk"], back=back, offered=request["status"] == "waiting"),
            )
        )
    return table(("Request", "What", "Status", "Says", ""), rows, "None.")


def _changes(changes: Iterable[Doc], *, back: str | None) -> str:
    rows = [
        (
            str(change["pk"]),
            escape(f"order (remote {change['order']})"),
            badge(change["status"]),
            escape(address(change["address"])),
            _decisions("address_changes", change["pk"], back=back, offered=change["status"] == "waiting_approval"),
        )
        for change in changes
    ]
    return table(("Change", "Of", "Status", "To", ""), rows, "None.")


def _faults(control: Control) -> str:
    rows = [
        (
            escape(fault["operation"]),
            escape(fault["kind"]),
            "until switched off" if fault["times"] is None else f"{fault['times']} more",
            button(f"/panel/faults/{fault['id']}/off", "Switch off", about=fault["kind"]),
        )
        for fault in control.faults.shown()
    ]
    operations = options(("any", *OPERATIONS))
    kinds = options(KINDS)
    return (
        table(("Operation", "Kind", "How long", ""), rows, "Everything goes well.")
        + '<form class="wide" action="/panel/faults" method="post">'
        + f'<label>Operation <select name="operation">{operations}</select></label>'
        + f'<label>Kind <select name="kind">{kinds}</select></label>'
        + '<label>Times <input name="times" type="number" min="1" placeholder="always"></label>'
        + '<label>Seconds <input name="seconds" type="number" min="0" step="0.1" placeholder="usual"></label>'
        + '<button class="main">Switch on</button></form>'
    )
