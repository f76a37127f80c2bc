"""The pages of mailed links: ask for one, sign in by it, choose a new password by it. All work without JavaScript."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext

from aftercart import failpoints, http_errors
from aftercart.account.access import see_other
from aftercart.customers.models import LONGEST_EMAIL, Customer, Session
from aftercart.customers.sign_in import start_session
from aftercart.customers.sign_in_links import TO_NEW_PASSWORD, TO_SIGN_IN, LinkOver, Opened, valid_until
from aftercart.sign_in.access import count_sign_in_link, way, where_to
from aftercart.sign_in.mailing import ask_for_sign_in_link
from aftercart.sign_in.models import AskedSignIn
from aftercart.sign_in.once import use, was_used

Wants = AskedSignIn.Wants


@way("link")
def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: have a link mailed, and say so, whether or not there is such a customer."""
    return _ask(request, Wants.SIGN_IN, then="sign-in-asked")


@way("link")
def asked_to_sign_in(request: HttpRequest) -> HttpResponse:
    """What everybody is told."""
    return _asked(request, again="sign-in-ask")


@way("password")
def ask_for_password(request: HttpRequest) -> HttpResponse:
    """The same for customers who have forgotten their password, or never had one."""
    return _ask(request, Wants.PASSWORD, then="password-asked")


@way("password")
def asked_for_password(request: HttpRequest) -> HttpResponse:
    """What everybody is told."""
    return _asked(request, again="password-ask")


@way("link")
def sign_in_by_link(request: HttpRequest, signed: str) -> HttpResponse:
    """GET: a button, so that a program that looks into mails signs nobody in. POST: sign in, once, and go on."""
    opened = TO_SIGN_IN.read(signed)
    customer = opened.customer()
    if was_used("link", opened.token):
        raise LinkOver
    if request.method != "POST":
        return render(request, "sign_in/by_link.html", {"email": customer.email, "next": where_to(request)})
    failpoints.reached("sign-in: link read")
    _use(opened, "link")
    start_session(request, customer)
    return see_other(where_to(request))


@way("password")
def new_password(request: HttpRequest, signed: str) -> HttpResponse:
    """GET: the form. POST: set the password, once, end all other sessions, sign in, and go on."""
    opened = TO_NEW_PASSWORD.read(signed)
    customer = opened.customer()
    errors: list[str] = []
    if request.method == "POST":
        password = request.POST.get("password", "")
        errors = _judged(password, customer)
        if not errors:
            _set_password(opened, customer, password)
            start_session(request, customer)
            return see_other(where_to(request))
    context = {"email": customer.email, "next": where_to(request), "error": " ".join(errors)}
    return render(request, "sign_in/new_password.html", context, status=400 if errors else 200)


def _judged(password: str, customer: Customer) -> list[str]:
    if not password:
        return [gettext("Enter a new password.")]
    try:
        validate_password(password, customer)
    except ValidationError as found:
        return found.messages
    return []


def _set_password(opened: Opened, customer: Customer, password: str) -> None:
    """The link is used and the password set, both or neither; what signs in by the old one, or was signed in, ends."""
    made = make_password(password)  # before the transaction: it takes a while
    with transaction.atomic():
        _use(opened, "password")
        same = Customer.objects.filter(pk=customer.pk, password=customer.password, is_active=True)
        if not same.update(password=made, modified_date=timezone.now()):
            raise LinkOver
        Session.objects.filter(customer=customer).delete()
    customer.password = made


def _use(opened: Opened, kind: str) -> None:
    if not use(kind, opened.token, until=valid_until(now=timezone.now())):
        raise LinkOver


def _ask(request: HttpRequest, wants: AskedSignIn.Wants, *, then: str) -> HttpResponse:
    email, next_url = request.POST.get("email", "").strip(), where_to(request)
    context = {"email": email, "next": next_url, "wants_password": wants == Wants.PASSWORD, "error": ""}
    if request.method != "POST":
        return render(request, "sign_in/ask.html", context)
    now = timezone.now()
    if wait := count_sign_in_link(request, now=now):
        return _too_many(request, wait)
    if not _is_email(email):
        context["error"] = gettext("Enter your e-mail address.")
        return render(request, "sign_in/ask.html", context, status=400)
    ask_for_sign_in_link(wants, email=email, next_url=next_url, language=get_language() or "", now=now)
    return see_other(reverse(then))


def _is_email(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= LONGEST_EMAIL


def _asked(request: HttpRequest, *, again: str) -> HttpResponse:
    minutes = max(1, settings.SIGN_IN_LINK_MAX_AGE // 60)
    return render(request, "sign_in/asked.html", {"minutes": minutes, "again": reverse(again)})


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    hint = gettext("Please wait an hour, or ask the shop.")
    response = http_errors.page(request, 429, gettext("That was asked too often."), hint)
    response["Retry-After"] = str(wait)
    return response
