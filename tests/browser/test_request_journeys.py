"""A request's page in a real browser: what it says, the code for the carrier, and taking it back."""

from typing import Any

import pytest
from playwright.sync_api import expect

from aftercart.cancellations.models import CancellationRequest, RequestStatus
from omnitron_sandbox import Sandbox
from tests.browser import scenes
from tests.browser.conftest import sign_in
from tests.browser.scenes import Scene
from tests.browser.visits import follow

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_request_is_taken_back_without_javascript(open_page: Any, scene: Scene) -> None:
    scenes.cancel(scene, "preparing", items=1)
    page = open_page(javascript=False, width=360)
    page.goto(f"/account/orders/{scene.orders['preparing'].number}/")
    sign_in(page, scene.customer)
    follow(page.get_by_role("link", name="What happens next Stoneware cup"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancellation request")
    expect(page.locator("[aria-current=step]")).to_contain_text("The shop decides")
    expect(page.get_by_text("The shop is already working on this order, so it decides.")).to_be_visible()
    follow(page.get_by_role("link", name="Take this request back"))
    assert CancellationRequest.objects.get().status == RequestStatus.WAITING
    follow(page.get_by_role("button", name="Yes, take it back"))
    expect(page.get_by_role("status")).to_have_text("Your request is taken back.")
    expect(page.locator("[aria-current=step]")).to_contain_text("Taken back")
    assert page.get_by_role("link", name="Take this request back").count() == 0
    assert CancellationRequest.objects.get().status == RequestStatus.WITHDRAWN
    follow(page.get_by_role("link", name="Back to the order"))
    expect(page.get_by_role("link", name="Cancel items")).to_be_visible()


def test_what_the_shop_has_decided_cannot_be_taken_back(open_page: Any, scene: Scene) -> None:
    scenes.cancel(scene, "preparing", items=1)
    request = CancellationRequest.objects.get()
    page = open_page(javascript=False)
    page.goto(f"/account/requests/{request.uuid}/take-back/")
    sign_in(page, scene.customer)
    CancellationRequest.objects.update(status=RequestStatus.APPROVED)
    answer = follow(page.get_by_role("button", name="Yes, take it back"))
    assert answer.status == 400
    expect(page.get_by_role("alert")).to_contain_text("The shop has decided on this request already")
    page.goto(f"/account/requests/{request.uuid}/take-back/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This request cannot be taken back any more.")


def test_the_code_for_the_carrier_is_shown_large_and_printed(open_page: Any, scene: Scene, sandbox: Sandbox) -> None:
    scenes.unfold(scene, sandbox)
    page = open_page()
    page.goto(f"/account/requests/{scene.requests['approved'].uuid}/")
    sign_in(page, scene.customer)
    code = page.get_by_text("YK-2284-7301-6125")
    assert float(code.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)")) >= 24
    expect(page.get_by_text("For Yurtiçi Kargo")).to_be_visible()
    expect(page.get_by_role("button", name="Print this page")).to_be_visible()
    page.emulate_media(media="print")
    expect(code).to_be_visible()
    expect(page.get_by_role("button", name="Print this page")).to_be_hidden()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("waits", "The shop looks at every return before it agrees."),
        ("checked", "We are checking whether the shop has cancelled this already."),
        ("rejected", "The seal is broken."),
        ("withdrawing", "We are telling the shop, and show its answer here."),
        ("completed", "Your return is done."),
    ],
)
def test_every_state_says_what_is_going_on(
    client: Any, scene: Scene, sandbox: Sandbox, settings: Any, name: str, said: str
) -> None:
    scenes.unfold(scene, sandbox)
    client.force_login(scene.customer, backend=settings.AUTHENTICATION_BACKENDS[-1])
    html = client.get(f"/account/requests/{scene.requests[name].uuid}/", headers={"accept": "text/html"})
    assert said in html.content.decode()


def test_eve_sees_no_request_of_adas(client: Any, scene: Scene, eve: Any, settings: Any) -> None:
    scenes.cancel(scene, "preparing", items=1)
    request = CancellationRequest.objects.get()
    client.force_login(eve, backend=settings.AUTHENTICATION_BACKENDS[-1])
    for path in ("", "take-back/"):
        assert client.get(f"/account/requests/{request.uuid}/{path}").status_code == 404
    assert client.post(f"/account/requests/{request.uuid}/take-back/").status_code == 404
    request.refresh_from_db()
    assert request.status == RequestStatus.WAITING
