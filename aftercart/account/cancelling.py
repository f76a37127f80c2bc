"""The page that cancels and returns: choose, confirm, done. Every step is judged by the action's rules."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.account import words
from aftercart.account.access import customer_page, see_other, signed_in_customer
from aftercart.account.cancel_form import CancelForm
from aftercart.account.estimates import back_in, comes_back, pieces_of, shown_estimate
from aftercart.account.reading import own_order
from aftercart.account.wishes import look_ahead, what_is_possible
from aftercart.cancellations.actions import Outcome, cancel_order
from aftercart.cancellations.eligibility import Eligibility
from aftercart.cancellations.estimate import Estimate
from aftercart.cancellations.reading import look
from aftercart.cancellations.rules import Wish
from aftercart.errors import FieldErrors, Refused
from aftercart.orders.models import Order
from aftercart.orders.payments import Back


@customer_page
def cancel_page(request: HttpRequest, number: str) -> HttpResponse:
    """GET: the form. POST `review`: the confirming page; `edit`: back; `confirm`: do it, on to the order."""
    customer, now = signed_in_customer(request), timezone.now()
    own = own_order(customer, number=number)
    data = request.POST if request.method == "POST" else None
    form = CancelForm(own, customer, now=now, data=data)
    step = request.POST.get("step", "review")
    if data is None or step == "edit":
        return _form(request, form)
    try:
        wish = form.wish()
        if step != "confirm":
            return _confirm(request, form, wish, look_ahead(own, wish, customer, now=now))
        seen = look(number)
        outcome = cancel_order(customer=customer, order=seen, wish=wish, now=now, omnitron=omnitron_client.omnitron())
    except FieldErrors as found:
        form.show_errors(found.errors)
    except Refused as refused:
        # Something may have happened since the form was made: show it as it is now.
        form = CancelForm(own_order(customer, number=number), customer, now=now, data=data)
        form.show_refused(refused)
    else:
        back = back_in(_estimate(form, wish))
        _tell(request, own.order, outcome, count=form.chosen_quantity, back=back)
        return see_other(reverse("order", args=[number]))
    return _form(request, form, status=400)


def _form(request: HttpRequest, form: CancelForm, status: int = 200) -> HttpResponse:
    possible = what_is_possible(form.own, form.judged)
    context = {"form": form, "order": form.own.order, "possible": possible}
    return render(request, "cancel.html", context, status=status)


def _confirm(request: HttpRequest, form: CancelForm, wish: Wish, found: Eligibility) -> HttpResponse:
    code = found.because[0].code if found.because else ""
    why = [words.because(code, cancellation_type=line.type) for line in form.chosen] if code else []
    subjects = {choice.value: choice.label for choices in form.reasons.values() for choice in choices}
    order, estimate = form.own.order, _estimate(form, wish)
    context = {
        "form": form,
        "order": order,
        "because": list(dict.fromkeys(why)),
        "chosen": [(line, subjects.get(line.reason, "")) for line in form.chosen],
        "any_return": any(line.is_return for line in form.chosen),
        "all_return": all(line.is_return for line in form.chosen),
        "money_back": words.money_back(order, back_in(estimate)),
        "estimate": shown_estimate(estimate, order),
        "closes": found if found.closes_at else None,
    }
    return render(request, "cancel_confirm.html", context)


def _estimate(form: CancelForm, wish: Wish) -> Estimate:
    return comes_back(form.own.order, form.own.items).estimate(
        pieces_of(wish, form.own.items), as_loyalty=form.as_loyalty
    )


def _tell(request: HttpRequest, order: Order, outcome: Outcome, *, count: int, back: Back) -> None:
    if outcome.requests is None:
        messages.success(request, words.cancelled_message(order, count, back))
    else:
        messages.info(request, words.requested_message(outcome.requests))
