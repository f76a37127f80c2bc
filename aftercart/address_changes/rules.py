"""Whether an order's delivery address may still change. Pure: facts in, an answer out."""

from dataclasses import dataclass, field

from aftercart.dynamic_settings.schema import AddressChangeRules
from aftercart.refusals import TOO_LATE, Refusal


@dataclass(frozen=True, slots=True)
class AddressChangeCase:
    """The facts that are judged."""

    order_status: int
    same_country: bool
    rules: AddressChangeRules = field(default_factory=AddressChangeRules)


def address_change_refusals(case: AddressChangeCase) -> list[Refusal]:
    """What speaks against the change: too late is when neither list of statuses names the order's any more."""
    if case.order_status in case.rules.direct_statuses or case.order_status in case.rules.approval_statuses:
        return []
    return [Refusal(TOO_LATE)]


def needs_approval(case: AddressChangeCase) -> bool:
    """Whether someone must look at it first: picking may have begun, or taxes and customs change with the country."""
    return case.order_status not in case.rules.direct_statuses or not case.same_country
