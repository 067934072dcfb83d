"""The filters of the batch reports: parts of numbers, and tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.problems import wrong_type, wrong_value

TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}
CHOICES = {
    "cld_filter": tuple(TESTS),
    "cli_filter": tuple(TESTS),
    "filter_type": ("and", "or"),
}
FIELDS = ("billing_group", "cld", "cld_filter", "cli", "cli_filter", "filter_type", "tags_list")


def filters_of(body: dict[str, Any]) -> list[dict[str, str]]:
    """The filters of a request, checked; unknown fields of them are left out (our choice)."""
    value = body.get("filters", [])
    if not isinstance(value, list):
        raise wrong_type("/filters", "an array of objects")
    filters = []
    for place, item in enumerate(value):
        if not isinstance(item, dict):
            raise wrong_type(f"/filters/{place}", "an object")
        known = {name: item[name] for name in FIELDS if name in item}
        for name, text in known.items():
            pointer = f"/filters/{place}/{name}"
            if not isinstance(text, str):
                raise wrong_type(pointer, "a string")
            allowed = CHOICES.get(name)
            if allowed is not None and text not in allowed:
                detail = f"{text!r} is not one of {', '.join(allowed)}."
                raise wrong_value(pointer, detail, "10032")
        filters.append(known)
    return filters


def passes(
    caller: str, called: str, tags: Sequence[str], filters: Sequence[dict[str, str]]
) -> bool:
    """Whether a call or message fits all filters; no billing group has any (our choice)."""
    return all(_fits(caller, called, tags, one) for one in filters)


def _fits(caller: str, called: str, tags: Sequence[str], one: dict[str, str]) -> bool:
    answers = []
    for field, number in (("cli", caller), ("cld", called)):
        if field in one:
            answers.append(TESTS[one.get(f"{field}_filter", "contains")](number, one[field]))
    if "tags_list" in one:
        answers.append(one["tags_list"] in tags)
    if "billing_group" in one:
        answers.append(False)
    together = any if one.get("filter_type") == "or" else all
    return together(answers) if answers else True
