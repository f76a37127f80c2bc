"""What the drill lets pass as an answer, and what it counts as one that nobody can live with."""

import pytest

from tests.reliability.load import Answered

JSON, HTML = "application/json", "text/html; charset=utf-8"
SAID = b'{"non_field_errors": "Later.", "error_code": "x"}'


def an_answer(
    status: int, *, what: str = "cancel", kind: str = JSON, body: bytes = SAID, retry_after: str = "5"
) -> Answered:
    return Answered(what, status, 0.1, 0.0, kind, body, "", retry_after)


@pytest.mark.parametrize(
    ("answer", "is_clear"),
    [
        (an_answer(204, body=b""), True),
        (an_answer(200), True),
        (an_answer(400), True),
        (an_answer(503), True),
        (an_answer(503, what="page", kind=HTML, body=b"<p>Later.</p>"), True),
        (an_answer(503, retry_after=""), False),
        (an_answer(503, kind=HTML, body=b"<p>Later.</p>"), False),
        (an_answer(400, kind=HTML, body=b"<p>No.</p>"), False),
        (an_answer(400, body=b'{"non_field_errors": "No."}'), False),
        (an_answer(400, what="json"), False),
        (an_answer(404, what="style"), False),
        (an_answer(403), False),
        (an_answer(500), False),
        (an_answer(502), False),
    ],
)
def test_an_answer_is_one_that_people_can_live_with_or_not(answer: Answered, is_clear: bool) -> None:
    assert answer.is_clear() is is_clear
