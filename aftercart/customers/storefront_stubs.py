"""What the storefront asks for around every page and this service doesn't have: answered at once, and empty.

No session, no database: these come with every page view, and the page waits for them.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from aftercart.http_errors import json_response
from aftercart.response_schemas import PageSchema

router = Router(tags=["Around the page"], auth=None)
EMPTY_PAGE: dict[str, Any] = {"count": 0, "next": None, "previous": None, "results": []}


@router.get("/pretty_urls/", summary="Other addresses of pages", response=PageSchema[Any])
def pretty_urls(request: HttpRequest) -> HttpResponse:
    """None: every page has one address."""
    return json_response(EMPTY_PAGE)


@router.get("/cms/seo/", summary="What search engines are told", operation_id="seo", response=dict[str, Any])
@router.get("/menus/generate/", summary="Menus", operation_id="menus", response=dict[str, Any])
@router.get("/baskets/basket/", summary="The basket", operation_id="basket", response=dict[str, Any])
def nothing(request: HttpRequest) -> HttpResponse:
    """Nothing."""
    return json_response({})


@router.get("/widgets/{path:slug}/", summary="A widget", response=dict[str, Any])
def widget(request: HttpRequest, slug: str) -> HttpResponse:
    """Nothing."""
    return json_response({})
