"""What operations change, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from fleet.models.sim_cards import status_label


def _megabytes(value: Any) -> str:
    return f"{Decimal(value).normalize():f} MB"


def _limit(value: Any) -> str:
    return "no data limit" if value is None else f"a limit of {_megabytes(value)}"


def _named(what: str) -> Callable[[Any], str]:
    return lambda value: f"{what} {value}" if value else f"no {what}"


def _listed(what: str) -> Callable[[Any], str]:
    return lambda value: f"{what} {', '.join(map(str, value))}" if value else f"no {what}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "status": lambda value: status_label(value or ""),
    "group_name": _named("group"),
    "tags": _listed("tags"),
    "limit_mb": _limit,
    "imeis": _listed("IMEI lock"),
    "voice": lambda value: "voice on" if value else "voice off",
    "public_ip": lambda value: (
        "no public IP" if value is None else f"public IP {value or 'pending'}"
    ),
    "thresholds_mb": lambda value: (
        "notifications at " + ", ".join(map(_megabytes, value)) if value else "no notifications"
    ),
    "gateway_name": _named("gateway"),
    "blocklist_name": _named("blocklist"),
    "name": lambda value: f"“{value}”",
}


def shown(values: Mapping[str, Any] | None) -> str:
    """A snapshot of what an operation changes, such as "enabled" or "tags depot, north"."""
    values = values or {}
    said = [_WORDS[name](value) for name, value in values.items() if name in _WORDS]
    for name in ("group", "gateway", "blocklist"):
        if values.get(name) and not values.get(f"{name}_name"):
            said = [f"{name} {values[name]}"]
    return ", ".join(said)
