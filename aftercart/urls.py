"""The whole URL table: the JSON API, the pages, the back office."""

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, register_converter
from django.urls.converters import PathConverter
from django.views.i18n import set_language
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.security import APIKeyCookie
from ninja.utils import check_csrf

from aftercart import http_errors
from aftercart.account import address_changing, address_pages, cancelling, pages, request_pages, theme
from aftercart.account.orders_views import router as account_orders
from aftercart.account.views import router as account
from aftercart.address_changes.views import router as address_changes
from aftercart.background import watch
from aftercart.bodies import BodyParser, read_form
from aftercart.cancellations.request_views import router as cancellation_requests
from aftercart.cancellations.views import router as cancellations
from aftercart.customers import address_views, places_views, profile_views, storefront_stubs
from aftercart.customers.models import Customer
from aftercart.customers.views import router as customers
from aftercart.customers.views import sign_out
from aftercart.feed.webhook import omnitron_webhook
from aftercart.guests import pages as guest_pages
from aftercart.guests.views import router as guests
from aftercart.integration.views import router as integration
from aftercart.orders.numbers import from_path, in_path
from aftercart.sign_in import handover, oidc
from aftercart.sign_in import pages as sign_in_pages
from aftercart.withdrawals import public as withdrawal_public
from aftercart.withdrawals import views as withdrawals
from aftercart.withdrawals.options_views import router as withdrawal_options


class CustomerSession(APIKeyCookie):
    """A signed-in customer, by the session cookie: first who they are (401), then whether they meant it (403)."""

    param_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Customer | None:
        """The customer; None (401) without a session; 403 where a write lacks its CSRF token."""
        if not request.user.is_authenticated:
            return None
        if request.method == "POST":
            read_form(request)  # Django's check looks for the token there first
        if check_csrf(request) is not None:
            raise HttpError(403, "CSRF")
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None) -> Customer | None:
        """Not used: the session is read by its middleware, from either cookie."""
        raise AssertionError


class OrderNumber(PathConverter):
    """An order's number in the URL of its pages; it may contain a slash."""

    def to_python(self, value: str) -> str:
        """The number."""
        return from_path(value)

    def to_url(self, value: str) -> str:
        """How our own links write it."""
        return in_path(value)


register_converter(OrderNumber, "number")

api = NinjaAPI(
    title="Aftercart",
    version="1",
    description="Everything a shopper may do with an order after the cart.",
    auth=CustomerSession(),
    parser=BodyParser(),
    docs_url="/api/docs/",
    openapi_url="/api/openapi.json",
)
http_errors.register(api)
# The address change and the requests first: their paths look like an order's. A cancellation before the completed
# order, or an order with the number `completed` could not be cancelled.
ORDERS = (cancellation_requests, account_orders, withdrawal_options, cancellations, account)
for router in (customers, address_changes, guests, *ORDERS):
    api.add_router("", router)
api.add_router("", integration)
for module in (address_views, places_views, profile_views, storefront_stubs):
    api.add_router("", module.router)


def front_page(_request: HttpRequest) -> HttpResponse:
    """To my orders, if there is no storefront on this host; a storefront that asks us for its own pages gets 404."""
    if not settings.FRONT_PAGE:
        raise Http404
    return redirect("orders")


urlpatterns = [
    path("", front_page, name="root"),
    path("users/logout", sign_out),
    path("users/logout/", sign_out, name="sign-out"),
    path("account/language/", set_language, name="set-language"),
    path("account/theme.css", theme.theme, name="theme"),
    path("account/login/", pages.sign_in_by_password, name="sign-in"),
    path("session/oidc/", oidc.begin, name="oidc"),
    path("session/oidc/return/", oidc.come_back, name="oidc-return"),
    path("session/handover/", handover.handover, name="handover"),
    path("account/link/", sign_in_pages.ask_to_sign_in, name="sign-in-ask"),
    path("account/link/sent/", sign_in_pages.asked_to_sign_in, name="sign-in-asked"),
    path("account/link/<str:signed>/", sign_in_pages.sign_in_by_link, name="sign-in-by-link"),
    path("account/password/", sign_in_pages.ask_for_password, name="password-ask"),
    path("account/password/sent/", sign_in_pages.asked_for_password, name="password-asked"),
    path("account/password/<str:signed>/", sign_in_pages.new_password, name="new-password"),
    path("account/orders/", pages.orders_page, name="orders"),
    # The last of these matches whatever those before it don't.
    path("account/orders/<number:number>/cancel/", cancelling.cancel_page, name="cancel"),
    path("account/orders/<number:number>/address/", address_changing.change_address_page, name="change-address"),
    path("account/orders/<number:number>/withdraw/", withdrawals.withdraw_page, name="withdraw"),
    path("account/orders/<number:number>/", pages.order_page, name="order"),
    path("account/withdrawals/<uuid:uuid>/", withdrawals.withdrawal_page, name="withdrawal"),
    path("withdrawals/<str:signed>/", withdrawals.withdraw_by_link, name="withdraw-by-link"),
    path("withdrawals/<str:signed>/<uuid:uuid>/", withdrawals.withdrawal_by_link, name="withdrawal-by-link"),
    path("withdraw/", withdrawal_public.ask_to_withdraw_page, name="withdraw-ask"),
    path("withdraw/asked/", withdrawal_public.asked_to_withdraw_page, name="withdraw-asked"),
    path("guest/", guest_pages.ask_page, name="guest"),
    path("guest/asked/", guest_pages.asked_page, name="guest-asked"),
    path("guest/orders/<str:signed>/", guest_pages.guest_order_page, name="guest-order"),
    path("guest/orders/<str:signed>/cancel/", guest_pages.guest_cancel_page, name="guest-cancel"),
    path("guest/orders/<str:signed>/new-link/", guest_pages.new_link, name="guest-new-link"),
    path("account/requests/<uuid:uuid>/", request_pages.request_page, name="request"),
    path("account/requests/<uuid:uuid>/take-back/", request_pages.take_back_page, name="take-back"),
    path("account/addresses/", address_pages.addresses_page, name="addresses"),
    path("account/addresses/new/", address_pages.new_address, name="new-address"),
    path("account/addresses/<int:pk>/", address_pages.edit_address, name="edit-address"),
    path("account/addresses/<int:pk>/delete/", address_pages.delete_address, name="delete-address"),
    path("account/addresses/<int:pk>/primary/", address_pages.primary_address, name="primary-address"),
    path("webhooks/omnitron/", omnitron_webhook, name="omnitron-webhook"),
    path("health/", watch.health),
    path("metrics/", watch.metrics),
    path("admin/", admin.site.urls),
    path("", api.urls),
]
handler400 = "aftercart.http_errors.bad_request"
handler404 = "aftercart.http_errors.not_found"
handler500 = "aftercart.http_errors.server_error"
