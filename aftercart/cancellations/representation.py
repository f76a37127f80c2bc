"""Cancellation requests as their owner sees them."""

from typing import Any

from django.utils.translation import get_language, gettext

from aftercart.cancellations.models import CancellationReason, CancellationRequest


def shown_reason(reason: CancellationReason) -> dict[str, Any]:
    """A reason to choose (docs/contract.md, section B), its subject in the reader's language; its type is text."""
    return {
        "id": reason.pk,
        "uuid": str(reason.uuid),
        "cancellation_type": reason.cancellation_type,
        "subject": reason.subject_in(get_language()),
        "order": reason.order,
        "extra_information_needed": reason.extra_information_needed,
        "is_active": reason.is_active,
        "translations": reason.translations,
        "created_date": reason.created_date,
        "modified_date": reason.modified_date,
    }


def shown_request(request: CancellationRequest) -> dict[str, Any]:
    """A request (the same section, and docs/decisions/0003). `reason` and `order_item` are ids."""
    company = request.easy_return_company if request.easy_return_company_id else None
    return {
        "id": request.pk,
        "uuid": str(request.uuid),
        "order_item": request.order_item_id,
        "reason": request.reason_id,
        "description": request.description,
        "created_date": request.created_date,
        "cancellation_type": {
            "value": request.cancellation_type,
            "label": str(request.get_cancellation_type_display()),
        },
        "status": {"value": request.status, "label": str(request.get_status_display())},
        "easy_return": {
            "code": request.easy_return_code or None,
            "shipping_company": {"value": company.value, "label": company.label},
        }
        if company
        else None,
        "quantity": request.quantity,
        "because": request.because,
        "being_checked": request.being_checked,
        "closing_note": gettext(request.closing_note) if request.closing_note else "",
    }
