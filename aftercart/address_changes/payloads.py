"""The body of an address change."""

from pydantic import BaseModel, ConfigDict

from aftercart.bodies import Id


class AddressChangePayload(BaseModel):
    """Which order, and which entry of the customer's address book."""

    model_config = ConfigDict(extra="ignore")

    order: Id
    address: Id
    channel_id: Id | None = None
