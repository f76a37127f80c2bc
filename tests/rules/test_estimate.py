"""What comes back: examples to read, and the laws that hold for every order, choice and order of steps."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aftercart.cancellations.breakdown import Line, Paid, apportion
from aftercart.cancellations.estimate import ComesBack, Estimate, WholeContract

cents = st.integers(0, 20_000).map(lambda n: Decimal(n) / 100).map(lambda d: d.quantize(Decimal("0.01")))


def money(text: str) -> Decimal:
    return Decimal(text)


def said(estimate: Estimate) -> dict[str, str]:
    return {part.code: str(part.amount) for part in estimate.parts}


CUP, CLOTH, TRAY = Line(1, money("100.00")), Line(2, money("50.00"), quantity=3), Line(3, money("50.00"))
PAID = Paid(amount=money("299.90"), discount=money("30.00"), shipping=money("29.90"))


def test_one_item_gives_back_its_price_without_its_share_of_the_discount() -> None:
    found = ComesBack(PAID, [CUP, CLOTH, TRAY]).estimate({1: 1})
    assert said(found) == {"items": "100.00", "discount": "-10.00"}
    assert (found.total, found.money, found.loyalty) == (money("90.00"), money("90.00"), 0)
    assert found.rules == ("discount", "shipping_stays", "estimate")


def test_all_of_it_gives_back_the_shipping_too() -> None:
    found = ComesBack(PAID, [CUP, CLOTH, TRAY]).estimate({1: 1, 2: 3, 3: 1})
    assert said(found) == {"items": "300.00", "discount": "-30.00", "shipping": "29.90"}
    assert found.total == money("299.90")
    assert "shipping_back" in found.rules


def test_the_last_one_left_gives_back_the_shipping() -> None:
    gone = [replace(CUP, returned=1), replace(CLOTH, on_its_way=3), TRAY]
    assert said(ComesBack(PAID, gone).estimate({3: 1})) == {"items": "50.00", "discount": "-5.00", "shipping": "29.90"}


@pytest.mark.parametrize("shipped", [1, 3], ids=["another item", "the item itself"])
def test_once_anything_has_left_the_shop_shipping_stays(shipped: int) -> None:
    lines = [replace(line, shipped=line.id == shipped) for line in (CUP, CLOTH, TRAY)]
    found = ComesBack(PAID, lines).estimate({1: 1, 2: 3, 3: 1})
    assert "shipping" not in said(found)
    assert found.total == money("270.00")


SHIPPED = [replace(line, shipped=True) for line in (CUP, CLOTH, TRAY)]


@pytest.mark.parametrize(
    ("lines", "chosen", "withdrawn", "shipping", "rule"),
    [
        pytest.param(SHIPPED, {1: 1, 2: 3, 3: 1}, WholeContract(), "29.90", "shipping_withdrawn", id="at once"),
        pytest.param(
            [replace(SHIPPED[0], returned=1), replace(SHIPPED[1], on_its_way=2), SHIPPED[2]],
            {2: 1, 3: 1},
            WholeContract(),
            "29.90",
            "shipping_withdrawn",
            id="the last of several declarations",
        ),
        pytest.param(
            SHIPPED, {3: 1}, WholeContract(), "29.90", "shipping_withdrawn", id="with others still on their way"
        ),
        pytest.param(
            SHIPPED,
            {1: 1, 2: 3, 3: 1},
            WholeContract(money("19.90")),
            "19.90",
            "shipping_standard",
            id="as far as standard delivery costs",
        ),
        pytest.param(
            SHIPPED, {1: 1, 2: 3, 3: 1}, WholeContract(money("50.00")), "29.90", "shipping_withdrawn", id="never more"
        ),
        pytest.param(
            [CUP, CLOTH, TRAY],
            {1: 1, 2: 3, 3: 1},
            WholeContract(money("19.90")),
            "29.90",
            "shipping_back",
            id="of what never left the shop all of it",
        ),
        pytest.param(SHIPPED, {1: 1}, None, None, "shipping_stays", id="not with a part of the contract"),
    ],
)
def test_a_withdrawal_from_the_whole_contract_brings_the_shipping(
    lines: list[Line], chosen: dict[int, int], withdrawn: WholeContract | None, shipping: str | None, rule: str
) -> None:
    found = ComesBack(PAID, lines).estimate(chosen, withdrawn=withdrawn)
    assert said(found).get("shipping") == shipping
    assert rule in found.rules
    assert found.total == sum(part.amount for part in found.parts)


def test_shipping_that_was_sent_back_does_not_come_back_again() -> None:
    paid = replace(PAID, refunded=money("29.90"), shipping_refunded=money("29.90"))
    found = ComesBack(paid, SHIPPED).estimate({1: 1, 2: 3, 3: 1}, withdrawn=WholeContract())
    assert found.total == money("270.00")


def test_two_of_three_pieces() -> None:
    assert said(ComesBack(PAID, [CUP, CLOTH, TRAY]).estimate({2: 2})) == {"items": "100.00", "discount": "-10.00"}


def test_what_was_not_paid_yet_gives_nothing_back() -> None:
    found = ComesBack(replace(PAID, received=False), [CUP, CLOTH, TRAY]).estimate({1: 1})
    assert (found.total, found.parts, found.rules) == (0, (), ("nothing_paid",))


def test_what_is_gone_already_gives_nothing_back_again() -> None:
    found = ComesBack(PAID, [replace(CUP, on_its_way=1), CLOTH, TRAY]).estimate({1: 1})
    assert found.total == 0


def test_loyalty_points_come_back_in_proportion() -> None:
    paid = Paid(amount=money("300.00"), loyalty=money("100.00"))
    found = ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1})
    assert (found.money, found.loyalty) == (money("66.67"), money("33.33"))
    assert "loyalty_share" in found.rules


def test_loyalty_points_that_stand_beside_the_amount_count_as_paid() -> None:
    paid = Paid(amount=money("200.00"), loyalty=money("100.00"))
    found = ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1, 2: 3, 3: 1})
    assert (found.money, found.loyalty) == (money("200.00"), money("100.00"))


def test_all_may_come_back_as_loyalty_points() -> None:
    found = ComesBack(PAID, [CUP, CLOTH, TRAY]).estimate({1: 1}, as_loyalty=True)
    assert (found.money, found.loyalty) == (0, money("90.00"))
    assert "as_loyalty" in found.rules


def test_a_charge_that_no_part_explains_comes_back_with_the_last_item() -> None:
    paid = replace(PAID, amount=money("309.90"))
    assert said(ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1, 2: 3, 3: 1}))["other"] == "10.00"
    assert "other" not in said(ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1}))


def test_a_reduction_that_no_part_explains_is_shared_like_a_discount() -> None:
    paid = Paid(amount=money("270.00"))
    assert said(ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1}))["discount"] == "-10.00"


def test_a_refund_out_of_goodwill_is_taken_off_at_the_end() -> None:
    paid = Paid(amount=money("300.00"), refunded=money("20.00"))
    assert ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1}).total == money("100.00")
    found = ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1, 2: 3, 3: 1})
    assert said(found) == {"items": "300.00", "sent_back": "-20.00"}
    assert "sent_back" in found.rules


def test_shipping_that_was_sent_back_already_does_not_come_twice() -> None:
    paid = replace(PAID, refunded=money("29.90"), shipping_refunded=money("29.90"))
    assert said(ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1, 2: 3, 3: 1})) == {
        "items": "300.00",
        "discount": "-30.00",
    }


def test_where_the_shop_took_the_whole_discount_off_the_first_item_the_rest_carries_none() -> None:
    paid = replace(PAID, refunded=money("70.00"), discount_refunded=money("30.00"))
    found = ComesBack(paid, [replace(CUP, returned=1), CLOTH, TRAY]).estimate({3: 1})
    assert said(found) == {"items": "50.00"}


def test_a_free_order_gives_nothing_back() -> None:
    paid = Paid(amount=money("0.00"), discount=money("300.00"))
    assert ComesBack(paid, [CUP, CLOTH, TRAY]).estimate({1: 1, 2: 3, 3: 1}).total == 0


@given(amount=cents, weights=st.lists(cents, max_size=8))
def test_shares_add_up_and_none_is_larger_than_its_due_and_a_cent(amount: Decimal, weights: list[Decimal]) -> None:
    shares = apportion(amount, weights)
    whole = sum(weights)
    assert sum(shares) == (amount if whole else 0)
    for share, weight in zip(shares, weights, strict=True):
        assert share >= 0
        assert not whole or abs(share - amount * weight / whole) < Decimal("0.01")


@st.composite
def orders(draw: Any, *, refunds: bool = True) -> tuple[Paid, list[Line]]:
    """Any order, sensible or not: amounts need not fit together, and what was refunded need not fit the items."""
    lines = []
    for pk in range(1, draw(st.integers(1, 5)) + 1):
        quantity = draw(st.integers(1, 4))
        on_its_way = draw(st.integers(0, quantity)) if refunds else 0
        returned = draw(st.integers(0, quantity - on_its_way)) if refunds else 0
        more = {
            "shipped": refunds and draw(st.booleans()),
            "discount": draw(st.none() | cents),
            "tax_rate": draw(st.sampled_from([Decimal(0), Decimal("8.00"), Decimal("20.00")])),
        }
        lines.append(Line(pk, draw(cents), quantity, on_its_way, returned, **more))
    goods = sum((line.price * line.quantity for line in lines), Decimal("0.00"))
    discount, shipping = draw(cents), draw(cents)
    fitting = max(goods - discount, Decimal("0.00")) + shipping
    amount = draw(st.one_of(st.just(fitting), cents))
    some = cents if refunds else st.just(Decimal("0.00"))
    refunded = min(draw(some), amount)
    facts = {
        "shipping_discount": min(draw(st.just(Decimal("0.00")) | cents), shipping),
        "gift_card": draw(st.just(Decimal("0.00")) | cents),
        "gift_card_is_discount": draw(st.booleans()),
        "gift_card_back_to": draw(st.sampled_from(["gift_card", "money", "loyalty"])),
    }
    paid = Paid(amount, discount, shipping, refunded, draw(some), min(draw(some), refunded), draw(cents), **facts)
    return paid, lines


def step(lines: list[Line], chosen: dict[int, int]) -> list[Line]:
    return [replace(line, on_its_way=line.on_its_way + chosen.get(line.id, 0)) for line in lines]


def everything(order: ComesBack) -> dict[int, int]:
    return {pk: order.here(pk) for pk in order.lines}


def choices(order: ComesBack) -> st.SearchStrategy[dict[int, int]]:
    return st.fixed_dictionaries({pk: st.integers(0, order.here(pk)) for pk in order.lines})


@given(order=orders(), data=st.data())
@settings(max_examples=300)
def test_steps_in_any_order_give_back_what_the_whole_gives_back(order: Any, data: Any) -> None:
    paid, lines = order
    at_once = ComesBack(paid, lines)
    chosen = data.draw(choices(at_once))
    whole = at_once.estimate(chosen)
    pieces = data.draw(st.permutations([pk for pk, count in chosen.items() for _ in range(count)]))
    total = money_back = loyalty = Decimal("0.00")
    while pieces:
        count = data.draw(st.integers(1, len(pieces)))
        now, pieces = pieces[:count], pieces[count:]
        some = {pk: now.count(pk) for pk in set(now)}
        found = ComesBack(paid, lines).estimate(some)
        total, money_back, loyalty = total + found.total, money_back + found.money, loyalty + found.loyalty
        lines = step(lines, some)
    assert (total, money_back, loyalty) == (whole.total, whole.money, whole.loyalty)


@given(order=orders(refunds=False))
def test_all_of_an_order_gives_back_exactly_what_was_paid(order: Any) -> None:
    paid, lines = order
    asked = ComesBack(paid, lines)
    found = asked.estimate(everything(asked))
    assert found.total == asked.amount
    beside = (Decimal(0), paid.loyalty, paid.gift_card, paid.loyalty + paid.gift_card)
    assert asked.amount in {paid.amount + more for more in beside}
    if not paid.gift_card:
        assert found.loyalty == min(paid.loyalty, asked.amount)


@given(order=orders(), data=st.data())
@settings(max_examples=300)
def test_never_below_zero_never_more_than_is_left_and_the_parts_add_up(order: Any, data: Any) -> None:
    paid, lines = order
    asked = ComesBack(paid, lines)
    found = asked.estimate(data.draw(choices(asked)), as_loyalty=data.draw(st.booleans()))
    assert min(found.money, found.loyalty, found.gift_card) >= 0
    assert found.total <= asked.amount - paid.refunded
    assert found.total == sum(part.amount for part in found.parts)
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in (found.money, found.loyalty))


@given(order=orders(), data=st.data())
@settings(max_examples=300)
def test_more_chosen_never_gives_back_less(order: Any, data: Any) -> None:
    paid, lines = order
    asked = ComesBack(paid, lines)
    more = data.draw(choices(asked))
    less = {pk: data.draw(st.integers(0, count)) for pk, count in more.items()}
    small, large = asked.estimate(less), asked.estimate(more)
    assert small.money <= large.money
    assert small.loyalty <= large.loyalty
    assert small.gift_card <= large.gift_card


@given(order=orders(refunds=False), data=st.data())
@settings(max_examples=200)
def test_once_refunds_are_reported_all_steps_together_still_give_back_what_was_paid(order: Any, data: Any) -> None:
    """Item by item in any order, each refund done and reported as estimated before the next step."""
    paid, lines = order
    asked = ComesBack(paid, lines)
    assume(asked.amount == paid.amount)
    total = Decimal("0.00")
    for line in data.draw(st.permutations(lines)):
        found = ComesBack(paid, lines).estimate({line.id: line.quantity})
        parts = {part.code: part.amount for part in found.parts}
        total += found.total
        paid = replace(
            paid,
            refunded=paid.refunded + found.total,
            discount_refunded=paid.discount_refunded - parts.get("discount", Decimal(0)),
            shipping_refunded=paid.shipping_refunded + parts.get("shipping", Decimal(0)),
        )
        lines = [replace(other, returned=other.quantity) if other.id == line.id else other for other in lines]
    assert total == paid.amount


@pytest.mark.parametrize(
    ("unit", "prices", "paid", "shares"),
    [
        ("1", ["1000"] * 3, "2000", ["666", "667", "667"]),
        ("0.001", ["1.000"] * 3, "2.000", ["0.666", "0.667", "0.667"]),
    ],
    ids=["yen", "dinar"],
)
def test_shares_are_whole_coins_of_the_currency(unit: str, prices: list[str], paid: str, shares: list[str]) -> None:
    lines = [Line(n, money(price)) for n, price in enumerate(prices, 1)]
    goods = sum((line.price for line in lines), Decimal(0))
    order = ComesBack(Paid(money(paid), discount=goods - money(paid), unit=money(unit)), lines)
    assert [order.estimate({line.id: 1}).total for line in lines] == [money(share) for share in shares]


TWO = [Line(1, money("100.00")), Line(2, money("100.00"))]


def each(paid: Paid, lines: list[Line]) -> list[str]:
    order = ComesBack(paid, lines)
    return [str(order.estimate({line.id: line.quantity}).total) for line in lines]


@pytest.mark.parametrize(
    ("own", "discount", "gives_back"),
    [
        (["0.00", "50.00"], "50.00", ["100.00", "50.00"]),
        ([None, "50.00"], "50.00", ["100.00", "50.00"]),
        ([None, None], "50.00", ["75.00", "75.00"]),
        (["0.00", "0.00"], "50.00", ["75.00", "75.00"]),
        (["0.00", "50.00"], "80.00", ["80.00", "40.00"]),
        (["0.00", "90.00"], "50.00", ["100.00", "50.00"]),
        (["10.00", "90.00"], "50.00", ["95.00", "55.00"]),
        (["0.00", "500.00"], "100.00", ["100.00", "0.00"]),
        (["-1.00", "50.00"], "50.00", ["100.00", "50.00"]),
    ],
    ids=[
        "said",
        "null",
        "unsaid",
        "zeros",
        "and one for all",
        "more than there was",
        "scaled",
        "above the price",
        "minus",
    ],
)
def test_an_items_own_discount_belongs_to_it(own: list[str | None], discount: str, gives_back: list[str]) -> None:
    lines = [replace(line, discount=said and money(said)) for line, said in zip(TWO, own, strict=True)]
    paid = Paid(amount=money("200.00") - money(discount), discount=money(discount))
    assert each(paid, lines) == gives_back


def test_a_discount_of_each_piece_is_told_by_the_sum() -> None:
    lines = [replace(TWO[0], quantity=2, discount=money("10.00")), replace(TWO[1], discount=money("5.00"))]
    assert each(Paid(amount=money("275.00"), discount=money("25.00")), lines) == ["180.00", "95.00"]


@pytest.mark.parametrize(
    ("amount", "discount"), [("200.00", "29.90"), ("200.00", "0.00"), ("190.00", "39.90"), ("190.00", "10.00")]
)
def test_a_coupon_on_shipping_takes_nothing_off_the_goods(amount: str, discount: str) -> None:
    of_goods = money("200.00") - money(amount)
    paid = Paid(money(amount), money(discount), shipping=money("29.90"), shipping_discount=money("29.90"))
    order = ComesBack(paid, TWO)
    assert order.estimate({1: 1}).total == money("100.00") - of_goods / 2
    assert "shipping" not in said(order.estimate({1: 1, 2: 1}))
    assert order.estimate({1: 1, 2: 1}).total == money(amount)


@pytest.mark.parametrize(
    ("amount", "discount", "is_discount"),
    [("150.00", "50.00", True), ("150.00", "0.00", True), ("200.00", "0.00", False), ("150.00", "0.00", False)],
)
def test_what_a_gift_card_paid_is_a_payment_and_goes_back_to_it(amount: str, discount: str, is_discount: bool) -> None:
    paid = Paid(money(amount), money(discount), gift_card=money("50.00"), gift_card_is_discount=is_discount)
    found = ComesBack(paid, TWO).estimate({1: 1})
    assert (found.total, found.money, found.gift_card) == (money("100.00"), money("75.00"), money("25.00"))
    assert "gift_card_share" in found.rules
    found = ComesBack(replace(paid, gift_card_back_to="loyalty"), TWO).estimate({1: 1})
    assert (found.money, found.loyalty, found.gift_card) == (money("75.00"), money("25.00"), 0)


def test_prices_with_their_discount_taken_off_already_are_not_reduced_again() -> None:
    lines = [TWO[0], replace(TWO[1], price=money("50.00"), discount=money("50.00"))]
    assert each(Paid(money("150.00"), discount=money("50.00")), lines) == ["100.00", "50.00"]


def test_prices_without_tax_give_back_their_tax_too() -> None:
    lines = [replace(TWO[0], tax_rate=money("20.00")), replace(TWO[1], tax_rate=money("10.00"))]
    order = ComesBack(Paid(money("230.00")), lines)
    assert said(order.estimate({1: 1})) == {"items": "100.00", "tax": "20.00"}
    assert said(order.estimate({1: 1, 2: 1})) == {"items": "200.00", "tax": "30.00"}


def test_shipping_that_stays_is_no_part_of_what_can_still_come_back() -> None:
    shipped = [replace(line, shipped=True) for line in TWO]
    paid = Paid(money("220.00"), shipping=money("20.00"), refunded=money("30.00"))
    order = ComesBack(paid, shipped)
    assert order.estimate({1: 1, 2: 1}).total == money("170.00")
    assert ComesBack(paid, TWO).estimate({1: 1, 2: 1}).total == money("190.00")


def test_what_is_paid_on_delivery_comes_back_only_where_it_was_delivered() -> None:
    order = ComesBack(Paid(money("200.00")), [replace(TWO[0], shipped=True), replace(TWO[1], paid=False)])
    assert order.estimate({1: 1}).total == money("100.00")
    assert order.estimate({2: 1}).rules == ("nothing_paid",)
    assert order.estimate({1: 1, 2: 1}).total == money("100.00")


def test_no_more_comes_back_than_the_payments_have_brought_in() -> None:
    order = ComesBack(Paid(money("200.00"), collected=money("120.00")), TWO)
    assert order.estimate({1: 1}).total == money("100.00")
    assert order.estimate({1: 1, 2: 1}).total == money("120.00")
