"""Faults: rules that say which call goes wrong, and how each kind goes wrong.

| kind | effect happens | what the caller sees |
| --- | --- | --- |
| latency / latency_after | after / before the wait | the answer, `seconds` late |
| status / status_after | no / yes | `status` with `body` |
| reset_before / reset_after | no / yes | TCP reset |
| silence_before / silence_after | no / yes | nothing for `seconds`, then the end of the connection |
| half | yes | Content-Length promises more than comes |
| drip | yes | the answer, one byte every 0.2 s |
| nonsense / nonsense_after | no / yes | 200 with bytes that are no JSON |
| html / html_502 | no | an HTML page with 200 / 502 |
| wrong_order, fewer_items, wrong_shape | yes | a readable answer that is not the right one |
| unauthorized | no | 401, and the token is worthless from now on |
| redirect | no | 302 to a login page |
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .api import OPERATIONS
from .problems import Problem
from .store import Doc
from .wire import Reply

Kind = Literal[
    "latency", "latency_after", "status", "status_after", "reset_before", "reset_after", "silence_before",
    "silence_after", "half", "drip", "nonsense", "nonsense_after", "html", "html_502", "wrong_order",
    "fewer_items", "wrong_shape", "unauthorized", "redirect",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
WITHOUT_EFFECT = frozenset(
    ("status", "reset_before", "silence_before", "nonsense", "html", "html_502", "unauthorized", "redirect")
)

_PAGE = b"<!doctype html><title>Omnitron</title><h1>Something went wrong</h1>"
_NONSENSE = b'{"pk": 9000\x00\xff, "status": '


class Fault(BaseModel):
    """One rule. It goes once `times` is used up; the first `after` matching calls go through."""

    model_config = ConfigDict(extra="forbid")

    id: int = 0
    operation: str = "any"
    kind: Kind
    times: int | None = Field(default=None, ge=1)
    after: int = Field(default=0, ge=0)
    probability: float = Field(default=1.0, ge=0, le=1)
    order_number: str | None = None
    method: str | None = None
    seconds: float | None = Field(default=None, ge=0, le=3600)
    status: int = Field(default=500, ge=200, le=599)
    body: Any = None
    shape: Literal["list", "null"] = "list"

    @field_validator("operation")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != "any" and value not in OPERATIONS:
            raise ValueError(f"operation is one of any, {', '.join(OPERATIONS)}")
        return value


class Faults:
    """The rules in force, in the order they were added. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, wish: Any) -> Fault:
        """Add a rule; 400 when it is malformed."""
        try:
            fault = Fault.model_validate(wish)
        except ValidationError as error:
            texts = {".".join(map(str, found["loc"])) or "fault": [found["msg"]] for found in error.errors()}
            raise Problem(400, texts) from None
        with self._lock:
            fault.id = next(self._ids)
            self._rules.append(fault)
        return fault

    def replace(self, wishes: list[Any]) -> None:
        """These rules and no others; when one is malformed the old ones stay."""
        with self._lock:
            old, self._rules = self._rules, []
        try:
            for wish in wishes:
                self.add(wish)
        except Problem:
            with self._lock:
                self._rules = old
            raise

    def remove(self, fault_id: int) -> bool:
        """Remove one rule."""
        with self._lock:
            before = len(self._rules)
            self._rules = [fault for fault in self._rules if fault.id != fault_id]
            return len(self._rules) < before

    def clear(self) -> None:
        """Everything goes well from now on."""
        with self._lock:
            self._rules = []

    def shown(self) -> list[Doc]:
        """The rules as JSON, with what is left of `times` and `after`."""
        with self._lock:
            return [fault.model_dump(mode="json") for fault in self._rules]

    def take(self, *, operation: str, order_number: str | None, method: str) -> Fault | None:
        """The rule that hits this call, if any; counts it."""
        with self._lock:
            for fault in self._rules:
                if (
                    fault.operation not in ("any", operation)
                    or fault.order_number not in (None, order_number)
                    or fault.method not in (None, method)
                ):
                    continue
                if fault.after:
                    fault.after -= 1
                    continue
                if random.random() >= fault.probability:  # noqa: S311 - chance, not secrecy
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._rules.remove(fault)
                return fault
        return None


class Hands(Protocol):
    """What a fault may do to the connection."""

    def send(self, reply: Reply) -> None:
        """Answer properly."""

    def wait(self, seconds: float) -> bool:
        """Wait; False when the caller left or the sandbox stops."""

    def reset(self) -> None:
        """TCP reset."""

    def send_part(self, reply: Reply) -> None:
        """Half of the body, then the end."""

    def send_slowly(self, reply: Reply, pause: float) -> None:
        """Byte by byte."""

    def hang_up(self) -> None:
        """End the connection without an answer."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A call that goes wrong: its effect, its connection, its surroundings."""

    produce: Callable[[], Reply]  # the call's effect and its proper answer
    another: Callable[[], Doc | None]  # an order of another number
    revoke: Callable[[], None]  # the caller's token
    note: Callable[[int], None]  # journals a status that is sent
    hands: Hands

    def send(self, reply: Reply) -> None:
        """Journal and send."""
        self.note(reply.status)
        self.hands.send(reply)


def misbehave(fault: Fault, scene: Scene) -> None:
    """Let a call go wrong in its kind's way."""
    if fault.kind == "latency":
        # What a caller asked for happens even if they left meanwhile: that is what latency does.
        scene.hands.wait(1.0 if fault.seconds is None else fault.seconds)
        scene.send(scene.produce())
    elif fault.kind in WITHOUT_EFFECT:
        _instead(fault, scene)
    else:
        _afterwards(fault, scene, scene.produce())


def _instead(fault: Fault, scene: Scene) -> None:
    match fault.kind:
        case "status":
            scene.send(_error(fault))
        case "reset_before":
            scene.hands.reset()
        case "silence_before":
            _stay_silent(fault, scene)
        case "nonsense":
            scene.send(Reply(content=_NONSENSE))
        case "html" | "html_502":
            status = 502 if fault.kind == "html_502" else 200
            scene.send(Reply(status=status, content=_PAGE, content_type="text/html; charset=utf-8"))
        case "unauthorized":
            scene.revoke()
            scene.send(Reply(status=401, json={"detail": "Invalid token.", "code": "authentication_failed"}))
        case "redirect":
            scene.send(Reply(status=302, content=b"", headers=(("Location", "/login/"),)))


def _afterwards(fault: Fault, scene: Scene, reply: Reply) -> None:
    match fault.kind:
        case "latency_after":
            scene.hands.wait(1.0 if fault.seconds is None else fault.seconds)
            scene.send(reply)
        case "status_after":
            scene.send(_error(fault))
        case "reset_after":
            scene.hands.reset()
        case "silence_after":
            _stay_silent(fault, scene)
        case "half":
            scene.note(reply.status)
            scene.hands.send_part(reply)
        case "drip":
            scene.note(reply.status)
            scene.hands.send_slowly(reply, 0.2 if fault.seconds is None else fault.seconds)
        case "nonsense_after":
            scene.send(Reply(content=_NONSENSE))
        case "wrong_order":
            scene.send(_wrong_order(reply, scene.another()))
        case "fewer_items":
            scene.send(_fewer_items(reply))
        case "wrong_shape":
            scene.send(Reply(content=b"null" if fault.shape == "null" else b'["unexpected"]'))


def _stay_silent(fault: Fault, scene: Scene) -> None:
    scene.hands.wait(30.0 if fault.seconds is None else fault.seconds)
    scene.hands.hang_up()


def _error(fault: Fault) -> Reply:
    body = {"detail": "A fault of the sandbox.", "code": "error"} if fault.body is None else fault.body
    return Reply(status=fault.status, json=body)


def _wrong_order(reply: Reply, other: Doc | None) -> Reply:
    if not isinstance(reply.json, dict):
        return reply

    def wrong(doc: Any) -> Any:
        if not isinstance(doc, dict):
            return doc
        if "number" in doc:
            changed = other or {**doc, "pk": doc["pk"] + 1, "number": f"9{doc['number']}"}
            return {**changed, **{name: doc[name] for name in doc if name.endswith("_set")}}
        if isinstance(doc.get("order"), int):
            return {**doc, "order": other["pk"] if other else doc["order"] + 1}
        return doc

    if isinstance(reply.json.get("results"), list):
        return Reply(status=reply.status, json={**reply.json, "results": [wrong(doc) for doc in reply.json["results"]]})
    return Reply(status=reply.status, json=wrong(reply.json))


def _fewer_items(reply: Reply) -> Reply:
    if not isinstance(reply.json, dict):
        return reply
    body = dict(reply.json)
    if isinstance(body.get("results"), list) and body["results"]:
        body |= {"results": body["results"][:-1], "count": body["count"] - 1}
    if isinstance(body.get("orderitem_set"), list):
        body["orderitem_set"] = body["orderitem_set"][:-1]
    return Reply(status=reply.status, json=body)


def cut(content: bytes) -> bytes:
    """The part of a body that `half` sends: never all of it, never valid JSON."""
    return content[: len(content) // 2] if len(content) > 1 else b""
