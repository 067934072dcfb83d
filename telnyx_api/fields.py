"""Fields of a request body: what a resource takes, and what of it the specification allows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from telnyx_api import arguments
from telnyx_api.errors import InvalidArgument
from telnyx_api.unset import UNSET

Check = Callable[[str, object], object]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body. ``check`` returns the value as it is sent, or raises InvalidArgument.

    ``null``: None may be sent. ``secret``: no error may show it. ``name``: at the API, where it
    differs from the argument's.
    """

    check: Check = arguments.text
    required: bool = False
    null: bool = False
    secret: bool = False
    name: str = ""


def build(
    fields: Mapping[str, Field], given: Mapping[str, object], prefix: str = ""
) -> dict[str, object]:
    """The body for keyword arguments; those that are UNSET are left out.

    Raises TypeError for an argument that the resource does not take, errors.InvalidArgument for one
    that is missing or that the specification forbids.
    """
    for argument, field in fields.items():
        if field.required and given.get(argument, UNSET) is UNSET:
            raise InvalidArgument(prefix + argument, None, "given")
    body: dict[str, object] = {}
    for argument, value in given.items():
        if argument not in fields:
            raise TypeError(f"unexpected argument {argument!r}; known: {', '.join(fields)}")
        if value is not UNSET:
            field = fields[argument]
            body[field.name or argument] = _checked(prefix + argument, value, field)
    return body


def changes(fields: Mapping[str, Field], given: Mapping[str, object]) -> dict[str, object]:
    """As ``build``, for an update: at least one field has to be given."""
    body = build(fields, given)
    if not body:
        raise InvalidArgument("fields", None, f"at least one of {', '.join(fields)}")
    return body


def nested(fields: Mapping[str, Field]) -> Check:
    """A check for an object with these fields and no others."""

    def check(name: str, value: object) -> dict[str, object]:
        if not isinstance(value, Mapping) or not set(value) <= set(fields):
            # The value is not shown: one of its fields may be secret.
            raise InvalidArgument(name, "(not shown)", f"a mapping with {', '.join(fields)}")
        return build(fields, value, f"{name}.")

    return check


def secrets(fields: Mapping[str, Field], given: Mapping[str, object]) -> list[str]:
    """The values that no error may show."""
    found: list[str] = []
    for argument, value in given.items():
        if fields[argument].secret:
            inner = value.values() if isinstance(value, Mapping) else [value]
            found += [item for item in inner if isinstance(item, str)]
    return found


def _checked(argument: str, value: object, field: Field) -> object:
    if value is None and field.null:
        return None
    if not field.secret:
        return field.check(argument, value)
    try:
        return field.check(argument, value)
    except InvalidArgument as error:
        refused = InvalidArgument(error.argument, "(not shown)", error.allowed)
    raise refused
