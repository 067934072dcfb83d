"""``filter[...]`` parameters, in the spellings that clients use.

Lists come with commas, as ``filter[tags][]=`` or as repeats (behaviour: the official client sends
commas, the documents show the others).
"""

from collections.abc import Iterable

from starlette.requests import Request

from sandbox.bodies import UUID
from sandbox.problems import bad_filter, bad_parameter

TRUE = {"true", "1"}
FALSE = {"false", "0", ""}


class Filters:
    """The filters of one request; a name that the operation does not know is an error.

    To refuse unknown names is our choice: to ignore them would answer with the whole fleet.
    """

    def __init__(self, request: Request, known: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {}
        allowed = set(known)
        for key, value in request.query_params.multi_items():
            if not key.startswith("filter"):
                continue
            name = key.removesuffix("[]")
            field = name.removeprefix("filter[").removesuffix("]")
            if field not in allowed or name != f"filter[{field}]":
                raise bad_filter(key, f"{key} is not a filter of this list.")
            self._values.setdefault(field, []).append(value)

    def text(self, field: str) -> str | None:
        """A filter with one value; the last one wins."""
        values = self._values.get(field)
        return values[-1] if values else None

    def identifier(self, field: str) -> str | None:
        """A filter with the UUID of another resource, or the word null for none (behaviour)."""
        value = self.text(field)
        if value is not None and value != "null" and not UUID.fullmatch(value):
            raise bad_parameter(
                f"filter[{field}]", "10006", "Invalid ID", f"{value!r} is not a UUID."
            )
        return value

    def texts(self, field: str) -> list[str]:
        """A filter with several values, without blanks and repeats."""
        parts = (part.strip() for value in self._values.get(field, ()) for part in value.split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def choice(self, field: str, allowed: tuple[str, ...]) -> str | None:
        """A filter with one value of a closed set."""
        value = self.text(field)
        if value is not None:
            _check_choice(field, value, allowed)
        return value

    def choices(self, field: str, allowed: tuple[str, ...]) -> list[str]:
        """A filter with several values of a closed set."""
        values = self.texts(field)
        for value in values:
            _check_choice(field, value, allowed)
        return values


def _check_choice(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise bad_parameter(
            f"filter[{field}]",
            "10032",
            "Value not in the allowed set",
            f"{value!r} is not one of {', '.join(allowed)}.",
        )


def flag(request: Request, name: str) -> bool:
    """A parameter that is true or false, in any case of letters (behaviour)."""
    text = request.query_params.get(name, "").lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise bad_parameter(name, "10026", "Invalid parameter type", f"{name} is true or false.")
