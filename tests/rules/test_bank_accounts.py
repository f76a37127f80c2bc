"""An IBAN as people type it: what becomes of it, and what is none."""

import pytest

from aftercart.bank_accounts import grouped, plain_iban

PLAIN = "TR330006100519786457841326"


@pytest.mark.parametrize(
    "typed",
    [
        PLAIN,
        "TR33 0006 1005 1978 6457 8413 26",
        "  tr33 0006 1005 1978 6457 8413 26\n",
        "TR33\u00a00006\u202f1005\t1978 6457 8413 26",
        "\ufeffTR33-0006-1005-1978-6457-8413-26\u200b",
        "TR33.0006.1005.1978.6457.8413.26",
        "IBAN: TR33 0006 1005 1978 6457 8413 26",
        "iban TR330006100519786457841326",
        "\uff34\uff32\uff13\uff130006100519786457841326",
    ],
)
def test_blanks_small_letters_and_what_comes_along_when_copied_do_not_matter(typed: str) -> None:
    assert plain_iban(typed) == PLAIN


@pytest.mark.parametrize(
    "iban",
    [
        "DE89370400440532013000",
        "GB29NWBK60161331926819",
        "NO9386011117947",
        "FR1420041010050500013M02606",
        "MT84MALT011000012345MTLCAST001S",
        "LC55HEMM000100010012001200023015",
        "BE68539007547034",  # the registry's own example, of a bank that is no more
    ],
)
def test_every_country_s_own_form_is_known(iban: str) -> None:
    assert plain_iban(iban.lower()) == iban


@pytest.mark.parametrize("typed", ["", "   ", "\u200b"])
def test_nothing_typed_is_no_account(typed: str) -> None:
    assert plain_iban(typed) == ""


@pytest.mark.parametrize(
    "typed",
    [
        "TR00 HELLO",
        "TR340006100519786457841326",  # a digit wrong
        "TR330006100519786457841362",  # two swapped
        "TR33000610051978645784132",  # one missing
        "TR3300061005197864578413260",  # one too many
        "TR990006100519786000000041",  # adds up, but no check digits are 99, 00 or 01
        "TR000006100519786000000077",
        "TR010006100519786000000059",
        "XX330006100519786457841326",
        "GB29NWBK6016133192681A",
        "tr\u0131330006100519786457841326",
        "TR33\u0660\u0660\u0660\u0666100519786457841326",
        "IBAN",
        "TR",
        "330006100519786457841326",
        "4111111111111111",
        "TR33 0006 1005 1978 6457 8413 26 DE89 3704 0044 0532 0130 00",
        "<script>",
        "A" * 10_000,
    ],
)
def test_what_nobody_can_be_paid_at_is_refused_without_saying_it_again(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^no IBAN$"):
        plain_iban(typed)


def test_it_is_shown_in_groups_of_four() -> None:
    assert grouped(PLAIN) == "TR33 0006 1005 1978 6457 8413 26"
    assert plain_iban(grouped(PLAIN)) == PLAIN
