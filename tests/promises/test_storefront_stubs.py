"""What the storefront asks for around every page: at once, empty, without a session and without the database."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.storefront import Storefront

EMPTY_PAGE = {"count": 0, "next": None, "previous": None, "results": []}
# As the storefront's server asks: without any cookie.
BARE = {"Accept": "application/json", "Accept-Language": "undefined", "x-currency": "undefined"}
STUBS = {
    "/pretty_urls/?new_path__exact=/some/page/": EMPTY_PAGE,
    "/pretty_urls/?new_path__exact=%2Fhesab%C4%B1m%2F&limit=1+": EMPTY_PAGE,
    "/cms/seo/?url=/some/page/": {},
    "/menus/generate/?depth_height=3": {},
    "/menus/generate/?depth_height=3&parent=footer": {},
    "/widgets/home-hero/": {},
    "/widgets/flat-pages/about us/": {},
    "/baskets/basket/": {},
    "/baskets/basket/?namespace=undefined": {},
}
PAGES = ["/", "/some/page/", "/kategori/çanta/", "/some/page", "/index.html", "/a,b/", "/account/no-such-page/"]


@pytest.mark.parametrize("path", STUBS)
def test_what_is_around_a_page_is_answered_at_once_and_empty(path: str, transactional_db: None) -> None:
    with CaptureQueriesContext(connection) as seen:
        response = Client().get(path, headers=BARE)
    assert (response.status_code, response.json()) == (200, STUBS[path])
    assert not seen.captured_queries
    assert not response.cookies


@pytest.mark.parametrize("path", STUBS)
def test_what_is_around_a_page_asks_no_session_either_where_there_is_one(path: str, ada: Any) -> None:
    front = Storefront(ada)
    with CaptureQueriesContext(connection) as seen:
        assert front.read(path).status_code == 200
    assert not seen.captured_queries


@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*", "undefined"])
@pytest.mark.parametrize("path", PAGES)
def test_an_unknown_page_is_404_without_a_redirect(path: str, accept: str, transactional_db: None) -> None:
    with CaptureQueriesContext(connection) as seen:
        response = Client().get(path, headers={**BARE, "Accept": accept})
    assert response.status_code == 404
    assert "Location" not in response
    assert not seen.captured_queries
    if accept == "application/json":
        assert response.json()["error_code"] == "not_found"
