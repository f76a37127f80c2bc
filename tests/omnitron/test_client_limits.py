"""The circuit, the limit on concurrent calls, the two hooks, and what a fork leaves behind."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aftercart.omnitron import CallRecord, NotSent, Omnitron, OmnitronError, OutcomeUnknown, RefusedByOmnitron
from aftercart.omnitron.http.circuit import Circuit
from tests.omnitron import wire as w
from tests.omnitron.wire import Wire

REASONS = "/cancellation_reasons/"


def end_of(client: Omnitron) -> str:
    try:
        client.reasons()
    except NotSent as error:
        return error.reason
    except OmnitronError as error:
        return error.end
    return "agreed"


@pytest.mark.parametrize("failure", [w.json({}, 503), w.html(502), w.silence], ids=["503", "502", "silence"])
def test_the_circuit_opens_after_failures_in_a_row_and_closes_after_a_good_trial(
    failure: w.Behaviour,
    wire: Wire,
    connect: Callable[..., Omnitron],
    pass_time: Callable[[float], None],
) -> None:
    wire.answer(REASONS, failure, failure, failure, w.page())
    timeout = 0.2 if failure is w.silence else 10
    client = connect(wire, signed_in=True, circuit_threshold=3, circuit_seconds=60, timeout=timeout)
    assert [end_of(client) for _ in range(5)] == ["unknown"] * 3 + ["circuit_open"] * 2
    assert len(wire.asked(REASONS)) == 3
    client.timeout = 10
    pass_time(60)
    assert [end_of(client) for _ in range(3)] == ["agreed"] * 3


def test_a_failed_trial_opens_the_circuit_again(
    wire: Wire, connect: Callable[..., Omnitron], pass_time: Callable[[float], None]
) -> None:
    wire.answer(REASONS, w.json({}, 500))
    client = connect(wire, circuit_threshold=2, circuit_seconds=60)
    assert [end_of(client) for _ in range(3)] == ["unknown", "unknown", "circuit_open"]
    pass_time(60)
    assert [end_of(client) for _ in range(2)] == ["unknown", "circuit_open"]


def test_connect_errors_open_the_circuit(connect: Callable[..., Omnitron]) -> None:
    with w.refusing_port() as port:
        client = connect(f"http://127.0.0.1:{port}", circuit_threshold=3)
        assert [end_of(client) for _ in range(4)] == ["connect"] * 3 + ["circuit_open"]


@pytest.mark.parametrize(
    "answer", [w.json({"detail": "no"}, 400), w.html(200), w.html(404), w.json({"detail": "slow"}, 429)]
)
def test_who_answers_is_alive(answer: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(REASONS, answer)
    client = connect(wire, circuit_threshold=2)
    assert "circuit_open" not in {end_of(client) for _ in range(6)}


def test_failures_must_be_in_a_row(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    bad, good = w.json({}, 500), w.page()
    wire.answer(REASONS, bad, good, bad, good, bad, good)
    client = connect(wire, circuit_threshold=2)
    assert [end_of(client) for _ in range(6)] == ["unknown", "agreed"] * 3


def test_there_is_one_trial_at_a_time() -> None:
    circuit = Circuit(threshold=1, seconds=0.0)
    assert circuit.admit() is False
    circuit.failed(False)
    assert circuit.admit() is True
    assert circuit.admit() is None
    circuit.abandoned(True)
    assert circuit.admit() is True
    circuit.succeeded(True)
    assert circuit.admit() is False


def test_a_straggler_neither_closes_nor_prolongs_an_open_circuit() -> None:
    circuit = Circuit(threshold=2, seconds=30)
    for _ in range(2):
        circuit.failed(False)
    circuit.succeeded(False)
    assert circuit.admit() is None
    circuit.failed(False)
    assert circuit.admit() is None


def test_more_calls_than_the_limit_are_not_sent(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(REASONS, w.page(), w.after(0.3, w.page()))
    client = connect(wire, max_concurrent=2)
    client.reasons()
    with ThreadPoolExecutor(6) as threads:
        ends = list(threads.map(lambda _: end_of(client), range(6)))
    assert sorted(ends) == ["agreed"] * 2 + ["limit"] * 4
    assert end_of(client) == "agreed", "the places are free again"
    assert wire.connections <= 2


def test_a_call_waits_a_moment_for_a_place(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(REASONS, w.after(0.01, w.page()))
    client = connect(wire, max_concurrent=1)
    client.reasons()
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: end_of(client), range(2))) == ["agreed"] * 2


def test_no_place_is_lost_to_errors(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(REASONS, w.reset, w.html(200), w.json({}, 400), w.json({}, 500), w.hang_up, w.page())
    client = connect(wire, max_concurrent=1, circuit_threshold=99)
    for _ in range(6):
        end_of(client)
    assert end_of(client) == "agreed"


def test_each_call_is_told_with_its_end(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    told: list[CallRecord] = []
    wire.answer("/cancel/", w.json({}), w.json({"detail": "no"}, 400), w.html(500))
    client = connect(wire, on_call=told.append)
    client.cancel(order_pk=7, reasons={71: 1}, order_number="N1")
    with pytest.raises(RefusedByOmnitron) as refused:
        client.cancel(order_pk=7, reasons={71: 1})
    with pytest.raises(OutcomeUnknown):
        client.cancel(order_pk=7, reasons={71: 1})
    client.close()
    wire.stop()
    with pytest.raises(NotSent):
        client.cancel(order_pk=7, reasons={71: 1})
    assert [(one.operation, one.end) for one in told] == [
        ("cancel", "agreed"),
        ("cancel", "refused"),
        ("cancel", "unknown"),
        ("cancel", "not_sent"),
    ]
    assert told[0].order_number == "N1"
    assert 0 < told[0].seconds < 5
    assert told[1].error is refused.value


def test_a_broken_metric_does_not_break_the_call(
    wire: Wire, connect: Callable[..., Omnitron], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_record):
        raise RuntimeError("metrics are down")

    wire.answer("/cancel/", w.json({}))
    connect(wire, on_call=broken).cancel(order_pk=7, reasons={71: 1})
    assert "metrics are down" in caplog.text


def test_before_call_comes_before_each_request_and_may_forbid_it(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    asked: list[tuple[str, int]] = []
    wire.answer("/cancel/", w.json({}))
    client = connect(wire, before_call=lambda operation: asked.append((operation, len(wire.received))))
    client.cancel(order_pk=7, reasons={71: 1})
    assert asked == [("login", 0), ("cancel", 1)]

    def forbid(_operation):
        raise AssertionError("a transaction is open")

    sent = len(wire.received)
    forbidden = connect(wire, before_call=forbid, max_concurrent=1)
    for _ in range(3):
        with pytest.raises(AssertionError, match="transaction"):
            forbidden.cancel(order_pk=7, reasons={71: 1})
    assert len(wire.received) == sent


def test_a_forked_child_has_connections_of_its_own(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(REASONS, w.page())
    client = connect(wire)
    client.reasons()
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if end_of(client) == "agreed" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert end_of(client) == "agreed"
    used = [one.connection for one in wire.asked(REASONS)]
    assert used[0] == used[2] != used[1]


def test_many_threads_share_few_connections(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    def echo(server, connection, received):
        return w.page({"pk": int(received.query["pk__in"]), "name": received.query["pk__in"]})(
            server, connection, received
        )

    wire.answer("/products/", echo)
    client = connect(wire, max_concurrent=8)

    def ask(pk: int) -> bool:
        (product,) = client.products(pks=[pk])
        return product.pk == pk

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(1, 201)))
    assert wire.connections <= 8
