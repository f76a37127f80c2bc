"""Whether an order's delivery address may still change. Pure: facts in, an answer out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aftercart.dynamic_settings.schema import AddressChangeRules
from aftercart.statuses import gettext_noop

SENTENCES: Mapping[str, str] = {
    "order_100_3": gettext_noop("Old order address cannot be changed"),
    "address_change_in_progress": gettext_noop("Another address change of this order is under way."),
    "address_change_refused": gettext_noop("The shop could not accept this address change."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: a code that never changes and its sentence."""

    code: str
    order_item: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English sentence: what a translation is looked up by."""
        return SENTENCES[self.code]


@dataclass(frozen=True, slots=True)
class AddressCase:
    """The facts that are judged."""

    order_status: int
    same_country: bool
    rules: AddressChangeRules = field(default_factory=AddressChangeRules)


def refusals(case: AddressCase) -> list[Refusal]:
    """What speaks against the change: too late is when neither list of statuses names the order's any more."""
    if case.order_status in case.rules.direct_statuses or case.order_status in case.rules.approval_statuses:
        return []
    return [Refusal("order_100_3")]


def needs_approval(case: AddressCase) -> bool:
    """Whether someone must look at it first: picking may have begun, or taxes and customs change with the country."""
    return case.order_status not in case.rules.direct_statuses or not case.same_country
