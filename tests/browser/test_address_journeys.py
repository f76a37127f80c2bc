"""The address book in a real browser: level by level without JavaScript, quicker with it, and on an order's way."""

from typing import Any

import pytest
from playwright.sync_api import expect

from aftercart.address_changes.models import AddressChange
from aftercart.customers.models import Address
from tests.browser.conftest import sign_in
from tests.browser.scenes import Scene
from tests.browser.visits import follow

pytestmark = pytest.mark.django_db(transaction=True)


def at_the_book(open_page: Any, scene: Scene, **look: Any) -> Any:
    page = open_page(**look)
    page.goto("/account/addresses/")
    sign_in(page, scene.customer)
    return page


def who(page: Any) -> None:
    page.get_by_label("Name of this address").fill("Summer house")
    page.get_by_label("Phone").fill("0555 000 00 00")
    page.get_by_label("Address line").fill("Kordon 1")


def test_an_address_is_added_level_by_level_without_javascript(open_page: Any, scene: Scene) -> None:
    page = at_the_book(open_page, scene, javascript=False, width=360)
    follow(page.get_by_role("link", name="Add an address"))
    who(page)
    expect(page.get_by_label("Country")).to_have_value(str(scene.customer.addresses.first().country_id))
    expect(page.get_by_label("Township")).to_be_disabled()
    page.get_by_label("City").select_option("İzmir")
    follow(page.get_by_role("button", name="Show the townships"))
    page.get_by_label("Township").select_option("Konak")
    follow(page.get_by_role("button", name="Show the districts"))
    page.get_by_label("District").select_option("Alsancak")
    expect(page.get_by_label("Name of this address")).to_have_value("Summer house")
    follow(page.get_by_role("button", name="Save").last)

    expect(page.get_by_role("status")).to_have_text("The address is in your address book.")
    added = Address.objects.get(title="Summer house")
    assert (added.user, added.city.name, added.township.name, added.district.name, added.primary) == (
        scene.customer,
        "İzmir",
        "Konak",
        "Alsancak",
        False,
    )


def test_saving_too_early_says_what_is_missing_and_loses_nothing(open_page: Any, scene: Scene) -> None:
    page = at_the_book(open_page, scene, javascript=False)
    follow(page.get_by_role("link", name="Add an address"))
    who(page)
    page.get_by_label("Phone").fill("call me")
    page.get_by_label("City").select_option("İzmir")
    answer = follow(page.get_by_role("button", name="Save").last)
    assert answer.status == 400
    expect(page.get_by_role("alert")).to_contain_text("nothing is saved yet")
    assert page.locator("#township-error").inner_text() == "This field is required."
    assert "digits" in page.locator("#phone_number-error").inner_text()
    expect(page.get_by_label("Phone")).to_have_value("call me")
    expect(page.get_by_label("Township")).to_be_enabled()
    assert not Address.objects.filter(title="Summer house").exists()


def test_another_country_forgets_the_places_of_the_old_one(open_page: Any, scene: Scene) -> None:
    page = at_the_book(open_page, scene, javascript=False)
    follow(page.get_by_role("link", name="Change Home"))
    page.get_by_label("Country").select_option("Germany")
    follow(page.get_by_role("button", name="Update the lists"))
    expect(page.get_by_label("City")).to_have_value("")
    assert "Berlin" in page.get_by_label("City").inner_text()
    expect(page.get_by_label("Township")).to_be_disabled()


def test_with_javascript_the_lists_come_by_themselves(open_page: Any, scene: Scene) -> None:
    page = at_the_book(open_page, scene)
    follow(page.get_by_role("link", name="Add an address"))
    who(page)
    expect(page.locator("[data-places-next]")).to_be_hidden()
    page.get_by_label("City").select_option("İzmir")
    page.get_by_label("Township").select_option("Konak")
    page.get_by_label("District").select_option("Alsancak")
    expect(page.get_by_label("District")).to_be_focused()
    follow(page.get_by_role("button", name="Save").last)
    expect(page.get_by_role("status")).to_have_text("The address is in your address book.")
    assert Address.objects.get(title="Summer house").district.name == "Alsancak"


def test_an_order_goes_to_an_address_that_is_new(open_page: Any, scene: Scene) -> None:
    order = scene.orders["fresh"]
    page = open_page(javascript=False, width=360)
    page.goto(f"/account/orders/{order.number}/address/")
    sign_in(page, scene.customer)
    follow(page.get_by_role("link", name="Send it to an address that is not in the list"))
    who(page)
    page.get_by_label("City").select_option("İzmir")
    follow(page.get_by_role("button", name="Show the townships"))
    page.get_by_label("Township").select_option("Konak")
    follow(page.get_by_role("button", name="Save").last)
    expect(page.get_by_label("Summer house")).to_be_checked()
    follow(page.get_by_role("button", name="Continue"))
    expect(page.locator(".card--faded")).to_contain_text("Bahariye")
    expect(page.locator(".card--chosen")).to_contain_text("Kordon 1")
    follow(page.get_by_role("button", name="Yes, change the address"))
    expect(page.get_by_role("status")).to_have_text("Your order goes to the new address.")
    assert AddressChange.objects.get().new_address["line"] == "Kordon 1"


def test_the_main_address_changes_and_another_one_goes(open_page: Any, scene: Scene) -> None:
    page = at_the_book(open_page, scene, javascript=False)
    follow(page.get_by_role("button", name="Make it the main address Work"))
    expect(page.get_by_role("status")).to_contain_text("“Work” is your main address now.")
    assert scene.customer.addresses.get(primary=True).title == "Work"
    follow(page.get_by_role("link", name="Remove Mum"))
    assert scene.customer.addresses.filter(title="Mum").exists()
    follow(page.get_by_role("button", name="Yes, remove it"))
    expect(page.get_by_role("status")).to_contain_text("no longer in your address book")
    assert not scene.customer.addresses.filter(title="Mum").exists()


def test_the_enter_key_saves(open_page: Any, scene: Scene) -> None:
    page = at_the_book(open_page, scene)
    follow(page.get_by_role("link", name="Change Work"))
    page.get_by_label("Name of this address").fill("Office")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The address is in your address book.")
    assert scene.customer.addresses.filter(title="Office").exists()


def test_eve_cannot_touch_adas_addresses(open_page: Any, scene: Scene, eve: Any) -> None:
    page = open_page()
    page.goto("/account/addresses/")
    sign_in(page, eve)
    expect(page.get_by_role("heading", name="Your address book is empty.")).to_be_visible()
    pk = scene.customer.addresses.get(title="Home").pk
    for path in (f"{pk}/", f"{pk}/delete/", "99999999999999999999999/"):
        assert page.goto(f"/account/addresses/{path}").status == 404
