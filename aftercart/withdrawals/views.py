"""The pages of a withdrawal: declare, confirm, acknowledged; by one's account or by a mailed link. No JavaScript."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from aftercart.account.access import customer_page, link_page, see_other, signed_in_customer
from aftercart.account.estimates import shown_estimate
from aftercart.errors import FieldErrors, NotFound, Refused
from aftercart.http_errors import sentence
from aftercart.orders.models import Order
from aftercart.statuses import AFTER_SHIPMENT
from aftercart.withdrawals.actions import judge_declaration, withdraw
from aftercart.withdrawals.estimates import estimate_of, shown_withdrawal_estimate
from aftercart.withdrawals.forms import WithdrawForm
from aftercart.withdrawals.models import Withdrawal
from aftercart.withdrawals.reading import WithdrawalEligibility, order_to_withdraw_from, withdrawal_eligibility

behind_a_link = link_page("withdrawals/link_over.html")


@dataclass(frozen=True, slots=True)
class Visit:
    """An order as found by someone who may withdraw from it, and how they came."""

    order: Order
    how: Withdrawal.How
    signed: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether they came without an account."""
        return self.how == Withdrawal.How.LINK

    @property
    def here(self) -> str:
        """Where it is declared."""
        if self.is_guest:
            return reverse("withdraw-by-link", args=[self.signed])
        return reverse("withdraw", args=[self.order.number])

    def acknowledged(self, uuid: UUID) -> str:
        """Where a withdrawal is acknowledged."""
        if self.is_guest:
            return reverse("withdrawal-by-link", args=[self.signed, uuid])
        return reverse("withdrawal", args=[uuid])

    def eligibility(self, *, now: datetime) -> WithdrawalEligibility:
        """The order's eligibility for withdrawal. Two statements."""
        return withdrawal_eligibility(self.order, list(self.order.items.all()), now=now)

    def withdrawal(self, uuid: UUID) -> Withdrawal:
        """One of the order's withdrawals. Raises NotFound."""
        found = Withdrawal.objects.filter(order=self.order, uuid=uuid).first()
        if found is None:
            raise NotFound
        found.order = self.order
        return found


@customer_page
def withdraw_page(request: HttpRequest, number: str) -> HttpResponse:
    """The owner's way to withdraw."""
    return _declare(request, Visit(_own_order(request, number), Withdrawal.How.ACCOUNT))


@behind_a_link
def withdraw_by_link(request: HttpRequest, signed: str) -> HttpResponse:
    """The way without an account."""
    return _declare(request, Visit(order_to_withdraw_from(signed), Withdrawal.How.LINK, signed))


@customer_page
def withdrawal_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The acknowledgement, in the account."""
    customer = signed_in_customer(request)
    order = Order.objects.belonging_to(customer).filter(withdrawals__uuid=uuid).select_related("customer").first()
    if order is None:
        raise NotFound
    return _acknowledged(request, Visit(order, Withdrawal.How.ACCOUNT), uuid)


@behind_a_link
def withdrawal_by_link(request: HttpRequest, signed: str, uuid: UUID) -> HttpResponse:
    """The acknowledgement, without an account."""
    return _acknowledged(request, Visit(order_to_withdraw_from(signed), Withdrawal.How.LINK, signed), uuid)


def _own_order(request: HttpRequest, number: str) -> Order:
    own = Order.objects.belonging_to(signed_in_customer(request)).numbered(number)
    order = own.select_related("customer").first()
    if order is None:
        raise NotFound
    return order


def _declare(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET: step one. POST `review`: step two; `edit`: back; `confirm`: withdraw, on to the acknowledgement."""
    now = timezone.now()
    eligibility = visit.eligibility(now=now)
    data = request.POST if request.method == "POST" else None
    form, step = WithdrawForm(eligibility, data), request.POST.get("step", "review")
    try:
        if data is not None and step == "confirm":
            done = withdraw(order=visit.order, declared=form.declared(), how=visit.how, now=now)
            return see_other(visit.acknowledged(done.uuid))
        if not eligibility.is_open:
            return _closed(request, visit, eligibility)
        if data is None or step == "edit":
            return _form(request, visit, form)
        return _confirm(request, visit, form)
    except FieldErrors as found:
        form.show_errors(found.errors)
    except Refused as refused:
        eligibility = visit.eligibility(now=now)
        if not eligibility.is_open:
            return _closed(request, visit, eligibility, status=400)
        form = WithdrawForm(eligibility, data)
        form.show_refused(refused)
    return _form(request, visit, form, status=400)


def _confirm(request: HttpRequest, visit: Visit, form: WithdrawForm) -> HttpResponse:
    declared = form.declared()
    judge_declaration(form.eligibility, declared)
    estimate = shown_estimate(estimate_of(form.eligibility, declared.items), visit.order)
    context = _context(visit, form.eligibility) | {"form": form, "estimate": estimate}
    return render(request, "withdrawals/confirm.html", context)


def _form(request: HttpRequest, visit: Visit, form: WithdrawForm, status: int = 200) -> HttpResponse:
    context = _context(visit, form.eligibility) | {"form": form}
    return render(request, "withdrawals/declare.html", context, status=status)


def _closed(request: HttpRequest, visit: Visit, eligibility: WithdrawalEligibility, status: int = 200) -> HttpResponse:
    context = _context(visit, eligibility) | {
        "why": sentence(eligibility.refusals[0]) if eligibility.refusals else "",
        "last_day": eligibility.last_day if eligibility.is_over else None,
        "earlier": [{"link": visit.acknowledged(one.uuid), "moment": one.created_date} for one in eligibility.earlier],
    }
    return render(request, "withdrawals/closed.html", context, status=status)


def _acknowledged(request: HttpRequest, visit: Visit, uuid: UUID) -> HttpResponse:
    withdrawal = visit.withdrawal(uuid)
    pieces = list(withdrawal.pieces.select_related("order_item"))
    context = {
        "withdrawal": withdrawal,
        "order": visit.order,
        "visit": visit,
        "pieces": pieces,
        "estimate": shown_withdrawal_estimate(withdrawal.estimate, visit.order),
        "to_send_back": any(piece.order_item.status in AFTER_SHIPMENT for piece in pieces),
    }
    return render(request, "withdrawals/acknowledged.html", context)


def _context(visit: Visit, eligibility: WithdrawalEligibility) -> dict[str, Any]:
    language = get_language()
    return {
        "visit": visit,
        "order": visit.order,
        "eligibility": eligibility,
        "label": eligibility.settings.label_in(language),
        "confirm_label": eligibility.settings.confirm_label_in(language),
    }
