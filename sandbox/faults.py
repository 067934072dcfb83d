"""Faults that a test orders: rules that say which request goes wrong, how, and how often."""

import re
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson

from sandbox.problems import wrong_type, wrong_value

KINDS = (
    "latency",
    "status",
    "reset_before",
    "reset_after",
    "hang",
    "truncate",
    "invalid_json",
    "unknown_status",
    "new_fields",
    "drop_fields",
    "storm",
    "shift_down",
    "shift_up",
)
RESETS = ("seconds", "epoch")
UNKNOWN_STATUS = "quarantined"
NEW_FIELDS = {"carrier_profile": {"slot": 2, "labels": ["a"]}, "radio_generation": "5G"}
DROPPED_FIELDS = ["msisdn", "tags", "updated_at", "data_limit"]


@dataclass
class Fault:
    """One rule. ``times`` None is for ever, ``seconds`` is for latency, hang and storm.

    ``apply`` lets a fault of kind status or hang happen after the request was carried out. A storm
    answers 429 for so many seconds after it was armed; ``reset`` says whether its header tells
    the seconds that are left or the time in Unix seconds (the documents contradict each other).
    Lists shift down when a SIM card is added, and up when the newest goes, before a page is read.
    """

    number: int
    kind: str
    method: str | None = None
    path_regex: str | None = None
    times: int | None = None
    status: int = 503
    retry_after: float | None = None
    seconds: float = 1.0
    probability: float = 1.0
    apply: bool = False
    value: str = UNKNOWN_STATUS
    fields: list[str] = field(default_factory=lambda: list(DROPPED_FIELDS))
    reset: str = "seconds"
    armed: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds until a storm is over."""
        return self.armed + self.seconds - time.monotonic()

    def fits(self, method: str, path: str) -> bool:
        """Whether the rule is for this request; the expression may fit any part of the path."""
        if self.kind == "storm" and self.left <= 0:
            return False
        if self.times == 0 or (self.method and self.method.upper() != method):
            return False
        return self.path_regex is None or re.search(self.path_regex, path) is not None

    def shown(self) -> dict[str, Any]:
        """The rule as the admin endpoint answers it."""
        values = {k: v for k, v in vars(self).items() if k not in ("number", "armed")}
        match = {"method": values.pop("method"), "path_regex": values.pop("path_regex")}
        return {"id": self.number, "match": match, **values}


_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "times": (int, type(None)),
    "status": (int,),
    "retry_after": (int, float, type(None)),
    "seconds": (int, float),
    "probability": (int, float),
    "apply": (bool,),
    "value": (str,),
    "fields": (list,),
    "reset": (str,),
}


def fault_of(body: dict[str, Any], number: int) -> Fault:
    """A rule from its JSON, checked."""
    match = body.get("match") or {}
    if not isinstance(match, dict):
        raise wrong_type("/match", "an object")
    for name, value in match.items():
        if name not in ("method", "path_regex"):
            raise wrong_value(f"/match/{name}", "Only method and path_regex can be matched.")
        if not isinstance(value, str | None):
            raise wrong_type(f"/match/{name}", "a string")
    try:
        re.compile(match.get("path_regex") or "")
    except re.error as error:
        raise wrong_value("/match/path_regex", f"No regular expression: {error}.") from None
    rest = {name: value for name, value in body.items() if name not in ("match", "id")}
    for name, value in rest.items():
        if name not in _TYPES:
            raise wrong_value(f"/{name}", "A fault has no such field.")
        if not isinstance(value, _TYPES[name]):
            raise wrong_type(f"/{name}", " or ".join(kind.__name__ for kind in _TYPES[name]))
    for index, name in enumerate(rest.get("fields", ())):
        if not isinstance(name, str):
            raise wrong_type(f"/fields/{index}", "a string")
    if rest.get("kind") not in KINDS:
        raise wrong_value("/kind", f"The kind is one of {', '.join(KINDS)}.", "10032")
    if not 200 <= rest.get("status", 503) <= 599:
        raise wrong_value("/status", "The status is between 200 and 599.", "10033")
    if rest.get("reset", RESETS[0]) not in RESETS:
        raise wrong_value("/reset", f"The reset is one of {', '.join(RESETS)}.", "10032")
    return Fault(number, **match, **rest)


class Faults:
    """The rules, in the order in which they were armed."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Fault] = []
        self._random = Random(f"faults {seed}")
        self._number = 0

    def arm(self, body: dict[str, Any]) -> Fault:
        """Add a rule."""
        self._number += 1
        rule = fault_of(body, self._number)
        self.rules.append(rule)
        return rule

    def take(self, method: str, path: str) -> tuple[float, Fault | None]:
        """What goes wrong with a request: seconds to wait first, then the first other rule."""
        wait = 0.0
        for rule in self.rules:
            if not rule.fits(method, path) or self._random.random() >= rule.probability:
                continue
            if rule.times is not None:
                rule.times -= 1
            if rule.kind != "latency":
                return wait, rule
            wait += rule.seconds
        return wait, None


def spoiled(rule: Fault, body: bytes) -> bytes:
    """An answer's body after a fault that changes what is in it."""
    if rule.kind == "invalid_json":
        return body[: len(body) // 2] + b"\x00<!-- -->"
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    data = answer.get("data") if isinstance(answer, dict) else None
    for item in data if isinstance(data, list) else [data]:
        if not isinstance(item, dict):
            continue
        if rule.kind == "new_fields":
            item.update(NEW_FIELDS)
        elif rule.kind == "drop_fields":
            for name in rule.fields:
                item.pop(name, None)
        elif rule.kind == "unknown_status" and "status" in item:
            if isinstance(item["status"], dict):
                item["status"]["value"] = rule.value
            else:
                item["status"] = rule.value
    return orjson.dumps(answer)
