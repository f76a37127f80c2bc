"""Dynamic settings: typed, refused with the path of what is wrong, never breaking a request."""

from typing import Any

import pydantic
import pytest

from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.dynamic_settings.schema import (
    AddressChangeRules,
    AddressPhoneMinLength,
    AddressSerializerFields,
    CancellationFallback,
    ExtraCancelRules,
    validated,
)

BAD = [
    ("EXTRA_CANCEL_RULES", {"hour_gap": {"time": 0}}, ("hour_gap", "time")),
    ("EXTRA_CANCEL_RULES", {"hour_gap": {"time": -5}}, ("hour_gap", "time")),
    ("EXTRA_CANCEL_RULES", {"hour_gap": {"time": "60"}}, ("hour_gap", "time")),
    ("EXTRA_CANCEL_RULES", {"hour_gap": {"time": 1.5}}, ("hour_gap", "time")),
    ("EXTRA_CANCEL_RULES", {"hour_gap": {"time": 10**30}}, ("hour_gap", "time")),
    ("EXTRA_CANCEL_RULES", {"hour_gap": {"hours": 1}}, ("hour_gap", "hours")),
    ("EXTRA_CANCEL_RULES", {"has_invoice": "yes"}, ("has_invoice",)),
    (
        "EXTRA_CANCEL_RULES",
        {"extra_direct_cancellable_statuses": ["nonsense"]},
        ("extra_direct_cancellable_statuses", 0),
    ),
    (
        "EXTRA_CANCEL_RULES",
        {"extra_direct_cancellable_statuses": [450, 451]},
        ("extra_direct_cancellable_statuses", 1),
    ),
    (
        "EXTRA_CANCEL_RULES",
        {"extra_direct_cancellable_statuses": ["canceled"]},
        ("extra_direct_cancellable_statuses", 0),
    ),
    ("EXTRA_CANCEL_RULES", [], ()),
    ("CANCELLATION_FALLBACK", {"final": []}, ("final",)),
    ("CANCELLATION_FALLBACK", {"final": ["order_already_cancelled", "no_such_code"]}, ("final",)),
    ("CANCELLATION_FALLBACK", {"enabled": 1}, ("enabled",)),
    ("ADDRESS_CHANGE_RULES", {"direct_statuses": "400"}, ("direct_statuses",)),
    ("ADDRESS_CHANGE_RULES", {"direct": []}, ("direct",)),
    ("ADDRESS_PHONE_MIN_LENGTH", "11", ()),
    ("ADDRESS_PHONE_MIN_LENGTH", 0, ()),
    ("ADDRESS_PHONE_MIN_LENGTH", 16, ()),
    ("ADDRESS_PHONE_MIN_LENGTH", True, ()),
    ("ADDRESS_PHONE_MIN_LENGTH", {"value": 11}, ()),
    ("ADDRESS_DISTRICT_REQUIRED", 1, ()),
    ("ADDRESS_DISTRICT_REQUIRED", "false", ()),
    ("ADDRESS_SERIALIZER_FIELDS", [], ()),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": {}}, ("TR",)),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": [{}]}, ("TR", 0, "field")),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": [{"field": "password"}]}, ("TR", 0, "field")),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": [{"field": "line", "validators": ["magic"]}]}, ("TR", 0, "validators", 0)),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": [{"field": "line", "validators": ["regex"]}]}, ("TR", 0)),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": [{"field": "line", "kwargs": {"min": 1}}]}, ("TR", 0, "kwargs", "min")),
    (
        "ADDRESS_SERIALIZER_FIELDS",
        {"TR": [{"field": "line", "kwargs": {"max_length": 0}}]},
        ("TR", 0, "kwargs", "max_length"),
    ),
    (
        "ADDRESS_SERIALIZER_FIELDS",
        {"TR": [{"field": "line", "kwargs": {"regex": "("}}]},
        ("TR", 0, "kwargs", "regex"),
    ),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": [{"field": "district", "kwargs": {"max_length": 9}}]}, ("TR", 0)),
    ("ADDRESS_SERIALIZER_FIELDS", {"TR": [{"field": "line", "kwargs": {"min_length": 9, "max_length": 3}}]}, ("TR", 0)),
]


@pytest.mark.parametrize(("name", "value", "path"), BAD, ids=[f"{name} {value}" for name, value, _ in BAD])
def test_what_cannot_be_understood_is_refused_with_its_path(name: str, value: Any, path: tuple[Any, ...]) -> None:
    with pytest.raises(pydantic.ValidationError) as refused:
        validated(name, value)
    assert refused.value.errors()[0]["loc"] == path


def test_the_defaults_are_the_decisions() -> None:
    assert ExtraCancelRules().hour_gap.time == 60
    assert not ExtraCancelRules().hour_gap.is_active
    assert CancellationFallback().final == [
        "order_already_cancelled",
        "cancellation_in_progress",
        "cancellation_request_100_1",
    ]
    assert [int(s) for s in AddressChangeRules().direct_statuses] == [200, 300, 350, 400]
    assert [int(s) for s in AddressChangeRules().approval_statuses] == [450]


def test_any_code_of_the_table_may_be_made_final() -> None:
    final = [*CancellationFallback().final, "order_has_invoice"]
    assert validated("CANCELLATION_FALLBACK", {"final": final}).final == final  # type: ignore[attr-defined]


def test_what_was_not_read_is_never_guessed() -> None:
    some = DynamicSettings({}, [AddressPhoneMinLength])
    assert some.get(AddressPhoneMinLength).root is None
    with pytest.raises(AssertionError):
        some.get(ExtraCancelRules)


def test_a_country_s_rules_are_found_whatever_the_case_of_its_code() -> None:
    rules = validated("ADDRESS_SERIALIZER_FIELDS", {"tr": [{"field": "postcode", "validators": ["required"]}]})
    assert isinstance(rules, AddressSerializerFields)
    assert [rule.required for rule in rules.of("TR")] == [True]
    assert rules.of("DE") == []
