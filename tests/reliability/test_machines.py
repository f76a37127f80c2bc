"""Several machines, small: every process and server is killed or restarted once, a release is swapped in the middle."""

import pytest

from tests.conftest import demanded
from tests.reliability.brokers import postgres_binaries, rabbitmq_script
from tests.reliability.drill import drill
from tests.reliability.servers import postgres_url


@pytest.mark.timeout(400)
def test_the_books_balance_after_a_bad_day() -> None:
    if postgres_url() is None and postgres_binaries() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432), and none is installed")
    if rabbitmq_script() is None:
        demanded("RabbitMQ is not installed")
    found = drill(orders=150, every=0.5, settle_within=120, seed=7)
    print("\n" + "\n".join(f"{name:<28} {value}" for name, value in found.rows()))
    assert not found.count.broken
    assert found.count.answers[204] > 0
    assert found.count.answers[200] > 0
