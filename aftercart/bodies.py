"""Reading request bodies: JSON or a form into plain values, and pydantic's findings into field errors.

Field errors are nested like the payload, and each is a translated sentence that a person can act on.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, cast

from django.core.exceptions import SuspiciousMultipartForm
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext, gettext_lazy, gettext_noop
from ninja.parser import Parser
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
ROOT = "non_field_errors"


class BadBody(Exception):
    """The body as a whole could not be read."""

    def __init__(self, reason: object, status: int = 400) -> None:
        super().__init__(str(reason))
        self.reason, self.status = reason, status


class NoFiles(FileUploadHandler):
    """The upload handler of a service that takes no files: it refuses one at its first byte (400)."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> None:
        """Called before anything of a file is read."""
        raise SuspiciousMultipartForm("no door takes files")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Not reached."""
        raise AssertionError

    def file_complete(self, file_size: int) -> None:
        """Not reached."""
        raise AssertionError


class BodyParser(Parser):
    """Accepts JSON and both kinds of form; says plainly what it cannot accept."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body's fields."""
        if request.content_type in FORMS and request.method == "POST":  # Django reads forms of no other method
            form = read_form(request)
            return {name: form[name] for name in form}
        if request.content_type not in ("application/json", "text/plain", ""):
            raise BadBody(gettext_lazy("Send the body as application/json."), 415)
        return json_object(request.body)


def json_object(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object. Raises BadBody if it isn't one."""
    try:
        value: Any = json.loads(body, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadBody(gettext("The body is not valid JSON: %(why)s") % {"why": str(error)[:200]}) from None
    if not isinstance(value, dict):
        raise BadBody(gettext_lazy("The body must be a JSON object."))
    return cast("dict[str, Any]", value)


def read_form(request: HttpRequest) -> QueryDict:
    """The form's fields. Raises BadBody if it isn't one."""
    try:
        _ = request.body  # read as a whole first: once a form is parsed from the stream, its body is gone
        return request.POST
    except (MultiPartParserError, LookupError) as error:  # broken parts, or an unknown charset
        raise BadBody(gettext_lazy("The form could not be read.")) from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands there twice")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _no_boolean(value: object) -> object:
    if isinstance(value, bool | float):
        raise PydanticCustomError("int_type", "not an integer")
    return value.strip() if isinstance(value, str) else value


def readable(text: str) -> str:
    """A text that every database can store; anything else is a pydantic error."""
    if "\0" in text:
        raise PydanticCustomError("nul", "NUL")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise PydanticCustomError("unreadable", "lone surrogate")
    return text


LARGEST_ID = 2**63 - 1
Id = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, le=LARGEST_ID)]
"""A row's key: a positive integer, as a number or as text ("1"), never a boolean."""
Text = Annotated[str, Field(max_length=1000), AfterValidator(readable)]
"""Text of at most 1000 characters that every database can keep."""

# pydantic's type of error → our sentence; the context of the error fills it in.
SENTENCES: Mapping[str, str] = {
    "missing": gettext_noop("This field is required."),
    "int_type": gettext_noop("A valid integer is required."),
    "int_parsing": gettext_noop("A valid integer is required."),
    "int_parsing_size": gettext_noop("This number is too large."),
    "int_from_float": gettext_noop("A valid integer is required."),
    "greater_than_equal": gettext_noop("Must be at least {ge}."),
    "less_than_equal": gettext_noop("Must be at most {le}."),
    "string_type": gettext_noop("A text is required."),
    "string_too_long": gettext_noop("At most {max_length} characters are allowed."),
    "string_too_short": gettext_noop("At least {min_length} characters are needed."),
    "bool_type": gettext_noop("Must be true or false."),
    "bool_parsing": gettext_noop("Must be true or false."),
    "list_type": gettext_noop("Must be a list."),
    "too_short": gettext_noop("At least {min_length} are needed."),
    "too_long": gettext_noop("At most {max_length} are allowed."),
    "literal_error": gettext_noop("Must be one of {expected}."),
    "enum": gettext_noop("Must be one of {expected}."),
    "nul": gettext_noop("A NUL character is not allowed."),
    "unreadable": gettext_noop("This text contains characters that cannot be read."),
    "model_type": gettext_noop("Must be an object."),
    "model_attributes_type": gettext_noop("Must be an object."),
    "dict_type": gettext_noop("Must be an object."),
    "date_from_datetime_parsing": gettext_noop("A date is required, as in 2026-01-31."),
    "iban": gettext_noop("This is no valid IBAN: please compare its letters and digits with your bank's."),
    "holder": gettext_noop("Enter the name of the account's holder."),
    "date_parsing": gettext_noop("A date is required, as in 2026-01-31."),
}
UNREADABLE = gettext_noop("This value is not valid.")


def field_errors(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Field errors nested like the payload.

    `{"cancel_order_items": [{}, {"order_item": ["A valid integer is required."]}]}`: lists stand where the payload
    has lists, with `{}` for the entries that are fine.
    """
    tree: dict[Any, Any] = {}
    for problem in found:
        message = gettext(SENTENCES.get(problem["type"], UNREADABLE)).format(**problem.get("ctx", {}))
        path = problem["loc"][2:] or (ROOT,)  # the first two name a part of the request, and the parameter
        place(tree, path, message)
    return cast("dict[str, Any]", _with_lists(tree))


def place(tree: dict[Any, Any], path: Iterable[str | int], message: str) -> None:
    """Put one message at a path of a tree of dicts; messages stand in lists at its leaves."""
    *parents, leaf = path
    branch: Any = tree
    for part in [*parents, leaf] if isinstance(leaf, int) else parents:
        branch = branch.setdefault(part, {})
        if isinstance(branch, list):  # the parent itself is invalid; what is inside it does not matter
            return
    messages = branch.setdefault(ROOT if isinstance(leaf, int) else leaf, [])
    if isinstance(messages, list):
        messages.append(message)


def _with_lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(isinstance(key, int) for key in tree):
        return [_with_lists(tree.get(index, {})) for index in range(max(tree) + 1)]
    return {str(key): _with_lists(value) for key, value in tree.items()}


def nested(errors: Mapping[tuple[str | int, ...], str]) -> dict[str, Any]:
    """Field errors from paths: `{("cancel_order_items", 0, "reason"): "…"}`."""
    tree: dict[Any, Any] = {}
    for path, message in errors.items():
        place(tree, path, message)
    return cast("dict[str, Any]", _with_lists(tree))
