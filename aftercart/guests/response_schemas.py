"""What guests are answered, for the API document; tests compare the answers with it."""

from aftercart.response_schemas import Shape


class LinkAskedSchema(Shape):
    """The same sentence for everybody, whether or not there is such an order."""

    message: str
