"""Whatever colour a shop has, everything in it can be read."""

from hypothesis import example, given
from hypothesis import strategies as st

from aftercart.account.colours import DARK_GROUNDS, LIGHT_GROUNDS, SHAPE, TEXT, contrast, scheme

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_the_web() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == contrast("#ffffff", "#777777")
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@example("#ffffff")
@example("#000000")
@example("#ffff00")
@example("#0000ff")
@given(COLOURS)
def test_every_colour_can_be_read_in_light_and_in_dark(accent: str) -> None:
    for dark, grounds in ((False, LIGHT_GROUNDS), (True, DARK_GROUNDS)):
        made = scheme(accent, dark=dark)
        for ground in grounds:
            assert contrast(made["--accent"], ground) >= TEXT
            assert contrast(made["--accent-strong"], ground) >= TEXT
            assert contrast(made["--accent-fill"], ground) >= SHAPE
        for fill in ("--accent-fill", "--accent-fill-strong"):
            assert contrast(made["--on-accent"], made[fill]) >= TEXT


def test_a_colour_that_can_be_seen_stays_as_it_is() -> None:
    made = scheme("#6d28d9", dark=False)
    assert made["--accent"] == made["--accent-fill"] == "#6d28d9"
    assert made["--on-accent"] == "#ffffff"
    yellow = scheme("#ffcc00", dark=True)
    assert yellow["--accent-fill"] == "#ffcc00"
    assert yellow["--on-accent"] == "#000000"
