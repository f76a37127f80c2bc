"""The back office's navigation: one line per kind of rows, for those who may see them."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _rows(title: object, icon: str, model: str) -> dict[str, object]:
    """A line for those who may see its rows."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: any(request.user.has_perm(f"{app}.{may}_{name}") for may in ("view", "change")),
    }


def _section(title: object, *lines: dict[str, object]) -> dict[str, object]:
    return {"title": title, "separator": True, "items": [*lines]}


NAVIGATION: list[dict[str, object]] = [
    {"items": [{"title": _("What is open"), "icon": "dashboard", "link": reverse_lazy("admin:index")}]},
    _section(
        _("Orders"),
        _rows(_("Orders"), "package_2", "orders.order"),
        _rows(_("Cancellation attempts"), "cancel", "cancellations.cancellationattempt"),
        _rows(_("Cancellation requests"), "inbox", "cancellations.cancellationrequest"),
        _rows(_("Withdrawals"), "undo", "withdrawals.withdrawal"),
        _rows(_("Address changes"), "wrong_location", "address_changes.addresschange"),
        _rows(_("Mails"), "mail", "mails.mail"),
    ),
    _section(
        _("News from Omnitron"),
        _rows(_("Lists of changes"), "rss_feed", "feed.feedcursor"),
        _rows(_("News of orders"), "mark_email_unread", "feed.ordernews"),
        _rows(_("Webhooks"), "webhook", "feed.webhookevent"),
        _rows(_("Rows that could not be read"), "question_mark", "orders.unreadrow"),
        _rows(_("Reconciliation"), "balance", "feed.reconciliationreport"),
    ),
    _section(
        _("Customers"),
        _rows(_("Customers"), "group", "customers.customer"),
        _rows(_("External identities"), "fingerprint", "sign_in.externalidentity"),
        _rows(_("Loyalty accounts"), "loyalty", "customers.loyaltytransaction"),
        _rows(_("Groups of staff"), "badge", "auth.group"),
    ),
    _section(
        _("Other systems"),
        _rows(_("Integration tokens"), "key", "integration.integrationtoken"),
    ),
    _section(
        _("What customers may do"),
        _rows(_("Dynamic settings"), "tune", "dynamic_settings.dynamicsetting"),
        _rows(_("Cancellation reasons"), "list", "cancellations.cancellationreason"),
        _rows(_("Easy-return carriers"), "local_shipping", "cancellations.easyreturnshippingcompany"),
    ),
    _section(
        _("Places"),
        _rows(_("Countries"), "public", "customers.country"),
        _rows(_("Cities"), "location_city", "customers.city"),
        _rows(_("Townships"), "holiday_village", "customers.township"),
        _rows(_("Districts"), "pin_drop", "customers.district"),
    ),
]
