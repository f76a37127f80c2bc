"""Every code by which something is refused, or goes to the shop instead, and all that is said of it. Pure.

A code never changes: clients and books know it. Its sentences are English, marked here and translated where they are
said. What lists codes elsewhere (the merchant's choice, pages, mails, the back office) is made of these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from aftercart.statuses import gettext_noop

IN_PROGRESS = "cancellation_in_progress"
OPEN_REQUEST = "cancellation_request_100_1"
ITEM_STATUS = "item_status_not_cancellable"
NOTHING_LEFT = "nothing_left"
NEEDS_REQUEST = "needs_request"
ASKED = "asked"  # the direct way was not tried: the customer asked the shop
MADE_THERE = "made_at_omnitron"  # staff made the request at Omnitron, which does not have it under a name of ours
UNREACHABLE = "omnitron_unreachable"
OUTCOME_UNKNOWN = "omnitron_outcome_unknown"
REFUSED_THERE = "omnitron_refused"
TOO_LATE = "order_100_3"
# Of withdrawals that wait for the back office.
NO_REASON = "no_reason_offered"
NOT_ACCEPTED = "wish_not_accepted"
PIECES_APART = "pieces_went_apart"


class Final(Enum):
    """Whether a refusal ends a wish to cancel (400), or sends it to the back office (200)."""

    ALWAYS = "always"
    NAMED = "named"
    """Always, and `CANCELLATION_FALLBACK` has to say so: a merchant reads there what is done or under way already."""
    CHOSEN = "chosen"
    """Where `CANCELLATION_FALLBACK` names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a code."""

    sentence: str = ""
    """To whoever is refused: the reference's, word for word, where it has one."""
    page: str = ""
    """To the customer, on pages and in mails: why the shop was asked, or why nothing came of it."""
    back_office: str = ""
    """To the shop's staff, where that is not the sentence."""
    final: Final | None = None
    """Of what speaks against cancelling."""

    @property
    def to_staff(self) -> str:
        """What the back office reads."""
        return self.back_office or self.sentence


OMNITRON = {
    UNREACHABLE: gettext_noop("Omnitron could not be reached"),
    OUTCOME_UNKNOWN: gettext_noop("Omnitron gave no readable answer"),
    REFUSED_THERE: gettext_noop("Omnitron refused"),
}
"""What the back office reads, whatever was wished."""

CANCELLATION: Mapping[str, Said] = {
    "order_already_cancelled": Said(
        sentence=gettext_noop("Order already cancelled!"),
        final=Final.NAMED,
    ),
    IN_PROGRESS: Said(
        sentence=gettext_noop("Order cancellation already in progress."),
        final=Final.NAMED,
    ),
    OPEN_REQUEST: Said(
        sentence=gettext_noop("Order cancellation already in progress."),
        final=Final.NAMED,
    ),
    NOTHING_LEFT: Said(
        sentence=gettext_noop("All of {name} has been cancelled or given back already."),
        final=Final.ALWAYS,  # there is nothing to ask for either
    ),
    "order_status_not_cancellable": Said(
        sentence=gettext_noop("Order can't be cancelled in this status."),
        page=gettext_noop("The shop is already working on this order, so it decides."),
        final=Final.CHOSEN,
    ),
    "order_has_invoice": Said(
        sentence=gettext_noop("Invoiced orders can not cancel"),
        page=gettext_noop("The invoice has been issued already, so the shop decides."),
        final=Final.CHOSEN,
    ),
    "cancellation_expired": Said(
        sentence=gettext_noop("Order cancellation expired."),
        page=gettext_noop("The time for cancelling at once is over, so the shop decides."),
        final=Final.CHOSEN,
    ),
    ITEM_STATUS: Said(
        sentence=gettext_noop("Order Item ({name}) can't be cancelled in this status."),
        page=gettext_noop("The shop is already working on this item, so it decides."),
        final=Final.CHOSEN,
    ),
    "part_of_set": Said(
        sentence=gettext_noop("Order Item ({name}) is part of a set, which is cancelled or returned as one."),
        page=gettext_noop("It is part of a set, so the shop decides whether it can go alone."),
        final=Final.CHOSEN,
    ),
    NEEDS_REQUEST: Said(
        # Reached only where the merchant has switched requests off: then there is no other way for such a wish.
        sentence=gettext_noop("This can only be requested from the shop, and it takes no requests at the moment."),
        page=gettext_noop("For part of a quantity, or for loyalty points instead of money, the shop decides first."),
        back_office=gettext_noop("Only the back office can do this"),
        final=Final.CHOSEN,
    ),
    # Of taking a request back: what is agreed, declined or done stays so.
    "request_already_decided": Said(
        sentence=gettext_noop("The shop has decided on this request already; it cannot be taken back."),
    ),
    # What speaks against nothing, and is why a request is with the shop all the same.
    ASKED: Said(
        page=gettext_noop("You asked the shop, and it decides."),
        back_office=gettext_noop("The customer asked the shop"),
    ),
    MADE_THERE: Said(page=gettext_noop("The shop looks at it and decides.")),
    UNREACHABLE: Said(
        page=gettext_noop(
            "The shop's order system could not be reached just now; your wish is kept and passed on to it."
        ),
        back_office=OMNITRON[UNREACHABLE],
    ),
    OUTCOME_UNKNOWN: Said(
        page=gettext_noop(
            "The shop's order system did not answer in time. We are checking whether it has cancelled already."
        ),
        back_office=OMNITRON[OUTCOME_UNKNOWN],
    ),
    REFUSED_THERE: Said(
        page=gettext_noop("The shop's order system did not cancel at once, so someone at the shop decides."),
        back_office=OMNITRON[REFUSED_THERE],
    ),
}
"""Of cancelling and giving back: what speaks against it, in the reference's order, and why the shop was asked."""

ADDRESS_CHANGE: Mapping[str, Said] = {
    TOO_LATE: Said(
        sentence=gettext_noop("Old order address cannot be changed"),
        page=gettext_noop("It was too late: the order had left the shop by then, or was cancelled."),
    ),
    "address_change_in_progress": Said(
        sentence=gettext_noop("Another address change of this order is under way."),
    ),
    "address_change_refused": Said(
        sentence=gettext_noop("The shop could not accept this address change."),
    ),
    UNREACHABLE: Said(
        sentence=gettext_noop(
            "The new address could not be submitted. Nothing was changed; please try again in a moment."
        ),
        back_office=OMNITRON[UNREACHABLE],
    ),
    OUTCOME_UNKNOWN: Said(
        sentence=gettext_noop(
            "We do not know yet whether the new address was accepted. We are checking; see your order."
        ),
        page=gettext_noop("The new address did not reach the shop. You may try again."),
        back_office=OMNITRON[OUTCOME_UNKNOWN],
    ),
    REFUSED_THERE: Said(back_office=OMNITRON[REFUSED_THERE]),
}

WITHDRAWAL: Mapping[str, Said] = {
    "withdrawal_period_over": Said(sentence=gettext_noop("The time for withdrawing from this contract is over.")),
    "withdrawal_not_offered": Said(sentence=gettext_noop("Nothing of this order can be withdrawn from here.")),
    "item_in_cancellation": Said(sentence=gettext_noop("It is cancelled or returned already, or about to be.")),
    "item_exempt": Said(sentence=gettext_noop("The right of withdrawal does not apply to this product.")),
    "item_withdrawn": Said(sentence=gettext_noop("You have withdrawn from it already.")),
    # Why the back office has to carry it out. What cancelling refuses stands there, too.
    OPEN_REQUEST: Said(
        back_office=gettext_noop("The customer had asked for it already: that request is a withdrawal now")
    ),
    NO_REASON: Said(back_office=gettext_noop("There is no cancellation reason that it could go on with")),
    PIECES_APART: Said(
        back_office=gettext_noop(
            "Some pieces of an item have left and others have not; the rest of them is left to you"
        )
    ),
    NOT_ACCEPTED: Said(back_office=gettext_noop("Cancelling would not take it as it is; the log says why")),
}

GUEST: Mapping[str, Said] = {
    # One sentence for all that may be wrong: the number, the e-mail, or that it is a customer's order.
    "guest_order_not_found": Said(sentence=gettext_noop("There is no guest's order with this number and this e-mail.")),
}

SENTENCES: Mapping[str, str] = {
    code: said.sentence
    for table in (CANCELLATION, ADDRESS_CHANGE, WITHDRAWAL, GUEST)
    for code, said in table.items()
    if said.sentence
}
"""By code, the sentence of its refusal."""


def to_staff(table: Mapping[str, Said]) -> dict[str, str]:
    """By code, what the back office reads."""
    return {code: said.to_staff for code, said in table.items() if said.to_staff}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: a code that never changes and the sentence that goes with it."""

    code: str
    order_item: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English sentence, not yet filled in: what a translation is looked up by."""
        return SENTENCES[self.code]

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.template.format(**self.params)
