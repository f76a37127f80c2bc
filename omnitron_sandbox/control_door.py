"""The control door over HTTP: JSON under `/sandbox/`, no login, never a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .control import Control
from .problems import Problem, invalid, method_not_allowed, not_found
from .store import Doc
from .wire import Reply, Request, reply_for

Answer = Callable[[], Reply]


def answer(control: Control, request: Request) -> Reply:
    """Answer one request of the control door."""
    try:
        verbs = _route(control, request, request.segments[1:])
        if request.method not in verbs:
            raise method_not_allowed(request.method)
        return verbs[request.method]()
    except Problem as problem:
        return reply_for(problem)


def _route(control: Control, request: Request, path: list[str]) -> dict[str, Answer]:
    match path:
        case ["health"]:
            return {"GET": lambda: Reply(json={"status": "ok", "power": control.power_is_on})}
        case ["orders"]:
            return {
                "GET": lambda: _orders(control, request),
                "POST": lambda: Reply(json=_add_orders(control, request)),
            }
        case ["orders", number]:
            return {"GET": lambda: Reply(json=control.order(number))}
        case ["orders", number, ("ship" | "deliver" | "invoice" | "cancel") as verb]:
            return {"POST": lambda: _act(control, request, number, verb)}
        case ["plans" | "requests" | "address_changes" as what, pk, "approve" | "reject" as verb]:
            return {"POST": lambda: Reply(json=_decide(control, what, _integer(pk), verb))}
        case ["requests", pk, "easy_return"]:
            return {"POST": lambda: _easy_return(control, request, _integer(pk))}
    return _route_of_the_house(control, request, path)


def _route_of_the_house(control: Control, request: Request, path: list[str]) -> dict[str, Answer]:
    match path:
        case ["reasons"]:
            return {"POST": lambda: Reply(status=201, json=control.add_reason(_object(request)))}
        case ["faults"]:
            return {
                "GET": lambda: _page(control.faults.shown()),
                "POST": lambda: Reply(status=201, json=control.fault(**_object(request))),
                "PUT": lambda: _replace_faults(control, request.json()),
                "DELETE": lambda: _done(control.clear_faults),
            }
        case ["faults", pk]:
            return {"DELETE": lambda: _remove_fault(control, _integer(pk))}
        case ["calls"]:
            return {"GET": lambda: _calls(control, request), "DELETE": lambda: _done(control.clear_calls)}
        case ["settings"]:
            return {"GET": lambda: _settings(control), "PUT": lambda: _set(control, _object(request))}
        case ["power"]:
            return {"GET": lambda: _power(control), "PUT": lambda: _switch(control, _object(request))}
        case ["reset"]:
            return {"POST": lambda: _done(control.reset)}
    raise not_found()


def _add_orders(control: Control, request: Request) -> Doc:
    return control.add_orders(request.json(), apart=request.parameter("apart") in {"1", "true"})


def _orders(control: Control, request: Request) -> Reply:
    page = _integer(request.parameter("page") or "1")
    limit = _integer(request.parameter("limit") or "10")
    count, orders = control.orders(page=page, limit=limit, search=request.parameter("number") or "")
    return _page(orders, count=count)


def _act(control: Control, request: Request, number: str, verb: str) -> Reply:
    body = _object(request)
    items, parts = body.get("items"), body.get("parts")
    if items is not None and not isinstance(items, list):
        raise invalid("items", "Expected a list of remote ids.")
    if parts is not None and not isinstance(parts, list):
        raise invalid("parts", "Expected a list of pks.")
    if verb == "cancel":
        reason = _integer(str(body.get("reason", 1)))
        return Reply(json=control.cancel(number, items=items, parts=parts, reason=reason))
    act = {"ship": control.ship, "deliver": control.deliver, "invoice": control.invoice}[verb]
    return Reply(json=act(number, items=items, parts=parts))


def _decide(control: Control, what: str, pk: int, verb: str) -> Doc:
    decisions = {
        ("plans", "approve"): control.approve_plan,
        ("plans", "reject"): control.reject_plan,
        ("requests", "approve"): control.approve_request,
        ("requests", "reject"): control.reject_request,
        ("address_changes", "approve"): control.approve_address_change,
        ("address_changes", "reject"): control.reject_address_change,
    }
    return decisions[what, verb](pk)


def _easy_return(control: Control, request: Request, pk: int) -> Reply:
    company = str(_object(request).get("shipping_company", "yurtici"))
    return Reply(json=control.give_easy_return(pk, shipping_company=company))


def _replace_faults(control: Control, body: Any) -> Reply:
    if isinstance(body, dict):
        body = body.get("results")
    if not isinstance(body, list):
        raise invalid("results", "Expected a list of faults.")
    control.faults.replace(body)
    return _page(control.faults.shown())


def _remove_fault(control: Control, pk: int) -> Reply:
    if not control.faults.remove(pk):
        raise not_found()
    return Reply(status=204)


def _calls(control: Control, request: Request) -> Reply:
    operation, number = request.parameter("operation"), request.parameter("number")
    return _page(control.calls(operation=operation, number=number))


def _settings(control: Control) -> Reply:
    return Reply(json={"plan_delay": control.plan_delay})


def _set(control: Control, body: Doc) -> Reply:
    delay = body.get("plan_delay")
    if isinstance(delay, bool) or not isinstance(delay, int | float):
        raise invalid("plan_delay", "A number of seconds, or -1 for 'by hand only'.")
    control.plan_delay = float(delay)
    return _settings(control)


def _power(control: Control) -> Reply:
    return Reply(json={"on": control.power_is_on})


def _switch(control: Control, body: Doc) -> Reply:
    if not isinstance(body.get("on"), bool):
        raise invalid("on", "Must be a valid boolean.")
    control.power(body["on"])
    return _power(control)


def _page(results: Iterable[Doc], *, count: int | None = None) -> Reply:
    results = list(results)
    return Reply(json={"count": len(results) if count is None else count, "results": results})


def _done(verb: Callable[[], None]) -> Reply:
    verb()
    return Reply(status=204)


def _object(request: Request) -> Doc:
    body = request.json()
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    return body


def _integer(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise not_found()
