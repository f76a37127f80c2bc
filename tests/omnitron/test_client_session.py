"""Signing in: once per process, again once after a 401, and never counted as the operation itself."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aftercart.omnitron import Deadline, NotSent, Omnitron, RefusedByOmnitron
from tests.omnitron import wire as w
from tests.omnitron.wire import Wire

UNAUTHORIZED = w.json({"detail": "Invalid token.", "code": "authentication_failed"}, 401)


def only_with(key: str) -> w.Behaviour:
    """An empty list for this key, 401 for any other."""

    def behave(wire, connection, received):
        good = received.headers.get("authorization") == f"Token {key}"
        return (w.page() if good else UNAUTHORIZED)(wire, connection, received)

    return behave


def test_the_token_is_asked_for_once_and_sent_with_every_call(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancellation_reasons/", only_with("first-key"))
    client = connect(wire)
    client.reasons()
    client.reasons()
    (login,) = wire.asked("/auth/login/")
    assert login.method == "POST"
    assert login.path == "/api/v1/auth/login/"
    assert login.json == {"username": "ada", "password": "secret"}
    assert "authorization" not in login.headers
    assert wire.connections == 1, "one kept connection"


def test_after_a_401_the_call_is_repeated_with_a_new_token(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/auth/login/", w.json({"key": "old"}), w.json({"key": "new"}))
    wire.answer("/cancel/", UNAUTHORIZED, w.json({}))
    connect(wire).cancel(order_pk=7, reasons={71: 1})
    assert [one.headers["authorization"] for one in wire.asked("/cancel/")] == ["Token old", "Token new"]


@pytest.mark.parametrize("answer", [UNAUTHORIZED, w.html(401)], ids=["JSON", "HTML"])
def test_a_second_401_is_refused(answer: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancel/", answer)
    with pytest.raises(RefusedByOmnitron) as caught:
        connect(wire).cancel(order_pk=7, reasons={71: 1})
    assert caught.value.status == 401
    assert len(wire.asked("/cancel/")) == 2
    assert len(wire.asked("/auth/login/")) == 2


LOGIN_FAILS = {
    "wrong credentials, 400": w.json({"non_field_errors": ["Unable to log in."]}, 400),
    "wrong credentials, 401": w.json({"detail": "no"}, 401),
    "forbidden, HTML": w.html(403),
    "500": w.json({}, 500),
    "HTML": w.html(200),
    "no key": w.json({"token": "x"}),
    "a list": w.json(["x"]),
    "a key that is a number": w.json({"key": 5}),
    "an empty key": w.json({"key": ""}),
    "a key with a line end": w.json({"key": "x\r\nX-Evil: 1"}),
    "a key not in ASCII": w.json({"key": "şifre"}),
    "redirect": w.http(302, b"", "Location: /"),
    "silence": w.silence,
    "reset": w.reset,
}


@pytest.mark.parametrize("answer", LOGIN_FAILS.values(), ids=LOGIN_FAILS.keys())
def test_without_a_login_the_operation_is_not_sent(
    answer: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/auth/login/", answer)
    started = time.monotonic()
    with pytest.raises(NotSent) as caught:
        connect(wire, timeout=0.3 if answer is w.silence else 10).cancel(order_pk=7, reasons={71: 1})
    assert time.monotonic() - started < 0.3 + 0.5
    assert caught.value.reason == "login"
    assert caught.value.operation == "cancel"
    assert "login" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert wire.asked("/cancel/") == []


def test_a_login_that_fails_after_a_401_leaves_the_operation_not_sent(
    wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/auth/login/", w.json({"key": "old"}), w.json({}, 400))
    wire.answer("/cancel/", UNAUTHORIZED)
    with pytest.raises(NotSent) as caught:
        connect(wire).cancel(order_pk=7, reasons={71: 1})
    assert caught.value.reason == "login"
    assert len(wire.asked("/cancel/")) == 1


def test_wrong_credentials_are_said_so_and_not_tried_at_every_call(
    wire: Wire, connect: Callable[..., Omnitron], pass_time: Callable[[float], None]
) -> None:
    wire.answer("/auth/login/", w.json({}, 400), w.json({"key": "k"}))
    wire.answer("/cancellation_reasons/", w.page())
    client = connect(wire, circuit_seconds=60)
    for _ in range(3):
        with pytest.raises(NotSent, match="credentials"):
            client.reasons()
    assert len(wire.asked("/auth/login/")) == 1, "an account can be locked by too many tries"
    pass_time(60)
    assert client.reasons() == []


def test_twenty_threads_make_one_login(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/auth/login/", w.after(0.05, w.json({"key": "first-key"})))
    wire.answer("/cancellation_reasons/", only_with("first-key"))
    client = connect(wire, max_concurrent=20)
    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(lambda _: client.reasons(), range(20))) == [[]] * 20
    assert len(wire.asked("/auth/login/")) == 1


def test_twenty_threads_renew_the_token_once(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(
        "/auth/login/",
        w.json({"key": "old"}),
        w.after(0.05, w.json({"key": "new"})),
        w.json({"key": "third"}),
    )
    wire.answer("/cancellation_reasons/", only_with("old"))
    client = connect(wire, max_concurrent=20)
    client.reasons()
    wire.answer("/cancellation_reasons/", only_with("new"))
    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(lambda _: client.reasons(), range(20))) == [[]] * 20
    assert len(wire.asked("/auth/login/")) == 2


def test_a_login_on_a_kept_connection_that_just_died_is_tried_once_more(
    wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/auth/login/", w.json({"key": "old"}), w.hang_up, w.json({"key": "new"}))
    wire.answer("/cancel/", UNAUTHORIZED, w.json({}))
    connect(wire).cancel(order_pk=7, reasons={71: 1})
    assert len(wire.asked("/auth/login/")) == 3


def test_who_waits_for_another_threads_login_waits_no_longer_than_his_deadline(
    wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/auth/login/", w.silence)
    client = connect(wire, timeout=0.6)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(client.reasons)
        while not wire.asked("/auth/login/"):
            time.sleep(0.005)
        started = time.monotonic()
        with pytest.raises(NotSent) as caught:
            client.reasons(deadline=Deadline.after(0.1))
        assert time.monotonic() - started < 0.3
        assert caught.value.reason == "login"
        with pytest.raises(NotSent):
            first.result()


def test_the_password_is_in_no_representation(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    client = connect(wire)
    assert "secret" not in repr(client)
    assert "secret" not in json.dumps({name: repr(value) for name, value in vars(client).items()})
