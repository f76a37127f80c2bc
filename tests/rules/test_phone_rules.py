"""Phone numbers, as people of many countries write them: tables without a database."""

import pytest

from aftercart.customers.phone_rules import phone_problem

GOOD = [
    ("DK", "20123456"),
    ("DK", "20 12 34 56"),
    ("DK", "20-12-34-56"),
    ("DK", "+45 20 12 34 56"),
    ("DK", "004520123456"),
    ("NO", "41234567"),
    ("NO", "+47 412 34 567"),
    ("IS", "6112345"),
    ("IS", "611 2345"),
    ("IS", "00354 611 2345"),
    ("SG", "91234567"),
    ("SG", "+65 9123 4567"),
    ("DE", "030/123456"),
    ("DE", "+49 (0)30 123456"),
    ("de", "0151 23456789"),
    ("GB", "(020) 7946 0018"),
    ("UK", "07911 123456"),
    ("EL", "21 0123 4567"),
    ("FR", "06.12.34.56.78"),
    ("IT", "06 6982"),
    ("US", "(201) 555-0123"),
    ("GL", "321000"),
    ("XK", "043 123 456"),
    # Of another country than the address's.
    ("TR", "+45 20 12 34 56"),
    ("TR", "00354 6112345"),
    ("US", "0045 20 12 34 56"),
    ("SG", "00 45 20 12 34 56"),
    ("DK", "+90 555 111 22 33"),
    ("", "+45 20 12 34 56"),
    ("XX", "0065 9123 4567"),
    # Turkish ones, and those that no country is known of, by their digits alone.
    ("TR", "05555555555"),
    ("TR", "0 (555) 111 22 33"),
    ("TR", "00000000000"),
    ("TR", "+905551112233"),
    ("TR", "00905551112233"),
    ("", "05551112233"),
    ("XX", "12345678901"),
]


@pytest.mark.parametrize(("country", "text"), GOOD)
def test_a_number_as_it_is_written_there(country: str, text: str) -> None:
    assert phone_problem(text, country=country) == ""


BAD = [
    ("DK", "2012345", "no such phone number in this country"),
    ("DK", "201234567", "no such phone number in this country"),
    ("DK", "05551112233", "begins with +"),
    ("SG", "12345678", "no such phone number in this country"),
    ("DK", "112", "no such phone number"),
    ("TR", "+45 2012345", "in the country whose code it begins with"),
    ("TR", "+999 12345678", "in the country whose code it begins with"),
    ("DE", "+", "no such phone number"),
    ("DE", "00", "no such phone number"),
    ("DE", "...", "At least 11 digits"),
    ("TR", "0555 111 22", "At least 11 digits"),
    ("TR", "5551112233", "At least 11 digits"),
    ("TR", "+90 555 111 22", "At least 11 digits"),
    ("XX", "20123456", "At least 11 digits"),
    ("", "20123456", "At least 11 digits"),
    ("DK", "twenty", "Use digits"),
    ("DK", "2012345\u0666", "Use digits"),
    ("DK", "20123456 ext. 5", "Use digits"),
    ("DK", "0" * 18, "too long"),
]


@pytest.mark.parametrize(("country", "text", "sentence"), BAD)
def test_what_is_no_number_there(country: str, text: str, sentence: str) -> None:
    assert sentence in phone_problem(text, country=country)


def test_a_merchant_s_least_digits_are_all_that_is_asked() -> None:
    assert phone_problem("111 22 33", country="TR", least_digits=7) == ""
    assert phone_problem("1234567", country="DK", least_digits=7) == ""
    assert "At least 11" in phone_problem("20123456", country="DK", least_digits=11)
    assert "At least 12" in phone_problem("+4520123456", country="DK", least_digits=12)
