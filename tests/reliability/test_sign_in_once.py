"""What signs in once does so once, though many use it at the same moment, in several processes."""

from collections import Counter
from typing import Any

import pytest

from tests.reliability.crowd import all_at_once

CROWD = 24


def test_of_many_who_press_one_link_at_once_one_is_signed_in(running_shop: Any) -> None:
    seed = running_shop.inside("seed")
    running_shop.start_web(workers=2, SIGN_IN="link")
    link = running_shop.inside("sign_in_link")
    answers = all_at_once(running_shop.url, [(link, {})] * CROWD, seed | {"cookie": seed["cookie"].split("; ")[1]})
    assert Counter(status for status, _ in answers) == {303: 1, 404: CROWD - 1}, running_shop.logs()


def test_of_many_who_bring_one_hand_over_at_once_one_is_signed_in(running_shop: Any) -> None:
    seed, key, site = running_shop.inside("seed"), "k" * 32, "https://orders.shop.example"
    running_shop.start_web(workers=2, SIGN_IN="handover", HANDOVER_KEYS=key, SITE_URL=site)
    token = running_shop.inside("handover_token", key=key, audience=site)
    path = f"/session/handover/?token={token}"
    answers = all_at_once(running_shop.url, [(path, {})] * CROWD, seed | {"cookie": ""})
    assert Counter(status for status, _ in answers) == {303: 1, 400: CROWD - 1}, running_shop.logs()


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_without_the_constraint_each_of_them_is(running_shop: Any) -> None:
    """The control: what is used twice is known by its constraint alone."""
    seed = running_shop.inside("seed")
    running_shop.inside("drop", table="sign_in_usedtoken", constraint="one_use_of_a_token")
    # All have read the link before the first one uses it: the gap that the constraint closes.
    running_shop.start_web(workers=1, SIGN_IN="link", PAUSE_AT="sign-in: link read")
    link = running_shop.inside("sign_in_link")
    answers = all_at_once(running_shop.url, [(link, {})] * 3, seed | {"cookie": seed["cookie"].split("; ")[1]})
    assert [status for status, _ in answers] == [303] * 3
