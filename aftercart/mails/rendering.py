"""A mail's subject, text and HTML, in its reader's language, from its row and its templates.

`mails/<kind>.txt` begins with the line that becomes the subject; `mails/<kind>.html` is the same for eyes. Both find
`mail`, `order`, `items`, `data`, `shop_name`, `support_email`, `support_url`, `link` (the order's page), for an
order that came in `completed_link`, and for a way into an account `sign_in_link` and `minutes`, for which it works.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from aftercart.customers.models import Customer
from aftercart.customers.sign_in_links import TO_NEW_PASSWORD, TO_SIGN_IN
from aftercart.mails.models import Mail
from aftercart.orders import signed_number

WAYS_IN = {Mail.Kind.SIGN_IN_LINK: TO_SIGN_IN, Mail.Kind.NEW_PASSWORD: TO_NEW_PASSWORD}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail as its reader sees it."""

    subject: str
    text: str
    html: str


def rendered(mail: Mail, companions: Sequence[Mail] = (), *, is_sent: bool = False) -> Rendered:
    """Render a mail, with the items of those that have joined it.

    A link that signs in is in it only if it `is_sent`: others may look at mails than their readers.
    """
    language = language_of_mail(mail)
    with override(language):
        context = _context(mail, companions) | _way_in(mail, is_sent=is_sent) | {"language": language}
        subject, _, text = render_to_string(f"mails/{mail.kind}.txt", context).lstrip().partition("\n")
        subject = " ".join(subject.split())
        html = render_to_string(f"mails/{mail.kind}.html", context | {"subject": subject})
    return Rendered(subject, _tidied(text), html.strip() + "\n")


def _tidied(text: str) -> str:
    """Text without leftovers of the templates' layout: indentation, and more than one empty line."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\n".join(line for line, before in zip(lines, ["", *lines], strict=False) if line or before) + "\n"


def language_of_mail(mail: Mail) -> str:
    """The mail's language, if it is one of ours; else the shop's."""
    wanted = mail.language.lower().replace("_", "-").split("-")[0]
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _link(mail: Mail) -> str:
    """The order's page in the account; nothing for readers who cannot open it."""
    if mail.order is None or mail.data.get("is_old_contact"):
        return ""
    return str(settings.SITE_URL + reverse("order", args=[mail.order.number]))


def _completed_link(mail: Mail) -> str:
    """The signed link to the completed order, fresh from now on: made when the mail is, not when it was due."""
    if mail.kind != Mail.Kind.ORDER_RECEIVED or mail.order is None:
        return ""
    return f"{settings.SITE_URL}/orders/completed/{signed_number.sign(mail.order.number)}/"


def _way_in(mail: Mail, *, is_sent: bool) -> dict[str, Any]:
    """The link that signs its reader in, fresh from now on, for the address that the mail goes to."""
    link = WAYS_IN.get(Mail.Kind(mail.kind))
    if link is None:
        return {}
    shown = f"{settings.SITE_URL}{reverse(link.page, args=['…'])}"
    if is_sent:
        customer, data = Customer.objects.get(pk=mail.data["customer"]), mail.data
        shown = link.url(customer, token=data["token"], email=mail.to, next_url=data["next"])
    return {"sign_in_link": shown, "minutes": max(1, settings.SIGN_IN_LINK_MAX_AGE // 60)}


def _context(mail: Mail, companions: Sequence[Mail]) -> dict[str, Any]:
    items = [item for told in (mail, *companions) for item in told.data.get("items", ())]
    return {
        "mail": mail,
        "order": mail.order,
        "data": mail.data,
        "items": items,
        "link": _link(mail),
        "completed_link": _completed_link(mail),
        "shop_name": settings.SHOP_NAME,
        "support_url": settings.SHOP_SUPPORT_URL,
        "support_email": settings.SHOP_SUPPORT_EMAIL,
    }
