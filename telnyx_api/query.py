"""Query parameters: what a resource takes, and how it is written.

Arrays are written with commas, as the official client does. A value that contains a comma itself is
sent in the other documented form, one ``name[]=`` for each.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from telnyx_api import arguments
from telnyx_api.errors import InvalidArgument

Query = list[tuple[str, str]]
TEXTS = {
    "day": arguments.day,
    "moment": arguments.moment,
    "day or moment": arguments.day_or_moment,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: its name at the API, what it takes, and the words allowed (empty: any).

    A number is at least ``lowest`` and at most ``highest``, a text has at least ``shortest``
    characters and matches ``pattern`` as a whole, where there is one.
    """

    name: str
    takes: Literal["text", "texts", "flag", "number", "day", "moment", "day or moment"] = "text"
    allowed: Collection[str] = ()
    required: bool = False
    lowest: int = 1
    highest: int | None = None
    shortest: int = 1
    pattern: str = ""


def build(parameters: Mapping[str, Parameter], given: Mapping[str, object]) -> Query:
    """The query for keyword arguments; those that are None are left out.

    Raises TypeError for an argument that the resource does not take, errors.InvalidArgument for a
    value that the specification forbids.
    """
    for argument, parameter in parameters.items():
        if parameter.required and given.get(argument) is None:
            raise InvalidArgument(argument, None, "given")
    query: Query = []
    for argument, value in given.items():
        if argument not in parameters:
            raise TypeError(f"unexpected argument {argument!r}; known: {', '.join(parameters)}")
        if value is not None:
            query += _written(argument, value, parameters[argument])
    return query


def _written(argument: str, value: object, parameter: Parameter) -> Query:
    if parameter.takes == "flag":
        return [(parameter.name, arguments.flag(argument, value))]
    if parameter.takes == "number":
        number = arguments.between(argument, value, parameter.lowest, parameter.highest)
        return [(parameter.name, str(number))]
    if parameter.takes != "texts":
        return [(parameter.name, _word(argument, value, parameter))]
    values = arguments.texts(argument, [value] if isinstance(value, str) else value)
    if not values:
        # An empty filter would ask for everything, which is hardly what an empty choice means.
        raise InvalidArgument(argument, value, "at least one text, or None for no filter")
    words = [_word(argument, item, parameter) for item in values]
    if any("," in word for word in words):
        return [(f"{parameter.name}[]", word) for word in words]
    return [(parameter.name, ",".join(words))]


def _word(argument: str, value: object, parameter: Parameter) -> str:
    if parameter.allowed:
        return arguments.one_of(argument, value, parameter.allowed)
    text = TEXTS.get(parameter.takes, arguments.text)(argument, value)
    if parameter.pattern and not re.fullmatch(parameter.pattern, text):
        raise InvalidArgument(argument, value, f"like {parameter.pattern}")
    if len(text) < parameter.shortest:
        raise InvalidArgument(argument, value, f"{parameter.shortest} characters or more")
    return text
