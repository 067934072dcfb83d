"""How values are shown to people, everywhere the same."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms, template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fleet.icons import ICONS
from fleet.models import MB_PER_GB, OperationState, SyncState, TargetState
from fleet.models.sim_cards import status_label

register = template.Library()

_STATUS_COLOURS = {
    "enabled": "green",
    "disabled": "secondary",
    "standby": "azure",
    "data_limit_exceeded": "orange",
    "unauthorized_imei": "red",
    "blocked": "red",
    "abolished": "red",
    "registering": "blue",
    "enabling": "blue",
    "disabling": "blue",
    "setting_standby": "blue",
}
_STATE_COLOURS = {
    OperationState.PLANNED: "secondary",
    OperationState.AWAITING_APPROVAL: "purple",
    OperationState.SCHEDULED: "azure",
    OperationState.RUNNING: "blue",
    OperationState.PAUSED: "orange",
    OperationState.SUCCEEDED: "green",
    OperationState.PARTLY_FAILED: "orange",
    OperationState.FAILED: "red",
    OperationState.CANCELLED: "secondary",
    OperationState.UNDONE: "secondary",
    TargetState.QUEUED: "secondary",
    TargetState.SUBMITTING: "blue",
    TargetState.IN_PROGRESS: "blue",
    TargetState.UNKNOWN: "orange",
    TargetState.COMPLETED: "green",
    TargetState.INTERRUPTED: "red",
    TargetState.SKIPPED: "secondary",
    SyncState.COMPLETE: "green",
    SyncState.PARTIAL: "orange",
}


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite; decorative, so text or a label must stand beside it."""
    if name not in ICONS:
        raise template.TemplateSyntaxError(f"There is no icon “{name}”.")
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        css,
        static("dist/icons.svg"),
        name,
    )


@register.simple_tag
def status_badge(status: str) -> SafeString:
    """A SIM card's status; one that Simfleet does not know is shown as it came."""
    colour = _STATUS_COLOURS.get(status, "purple")
    return format_html(
        '<span class="badge status-badge bg-{}-lt"><span class="dot bg-{}"></span>{}</span>',
        colour,
        colour,
        status_label(status),
    )


@register.simple_tag
def state_badge(state: str, label: str) -> SafeString:
    """The state of an operation, target or sync run."""
    colour = _STATE_COLOURS.get(state, "secondary")  # type: ignore[call-overload]
    return format_html('<span class="badge bg-{}-lt">{}</span>', colour, label)


@register.filter
def data_size(megabytes: Decimal | None) -> str:
    """An amount of MB in the unit that reads best; "—" for None."""
    if megabytes is None:
        return "—"
    amount = Decimal(megabytes)
    for unit in ("MB", "GB", "TB"):
        if abs(amount) < MB_PER_GB or unit == "TB":
            break
        amount /= MB_PER_GB
    digits = 0 if amount == 0 or abs(amount) >= 100 else 1 if abs(amount) >= 10 else 2
    return f"{amount:,.{digits}f} {unit}"


@register.filter
def count(number: int | None) -> str:
    """A whole number with thousands separators; "—" for None."""
    return "—" if number is None else str(intcomma(number))


@register.filter
def percent_width(percent: float | None) -> int:
    """A percentage as the length of a bar: whole steps from 0 to 100."""
    return max(0, min(100, round(percent or 0)))


@register.simple_tag
def money_change(amount: Decimal, currency: str) -> str:
    """By how much a monthly bill changes, signed."""
    if not amount:
        return "no change"
    sign = "+" if amount > 0 else "−"
    return f"{sign}{abs(amount):,.2f} {currency} a month"


@register.filter
def lasting(span: timedelta | None) -> str:
    """A length of time in one or two units, rounded up: "20 s", "3 min", "2 h 5 min"."""
    if span is None:
        return "—"
    seconds = math.ceil(span.total_seconds())
    if seconds < 90:
        return f"{max(1, seconds)} s"
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{math.ceil(hours / 24)} days"


@register.simple_tag
def moment(at: datetime | str | None, empty: str = "never") -> SafeString:
    """A time as "3 min ago", with the exact time in the person's zone and in UTC on hover.

    None, and "" (how a template passes an attribute of nothing), show `empty`.
    """
    if not isinstance(at, datetime):
        return format_html('<span class="text-secondary">{}</span>', empty)
    return _time(at, ago(at))


@register.simple_tag
def until(at: datetime) -> SafeString:
    """A time to come as "in 3 min", with the exact time on hover; "now" once it is over."""
    seconds = (at - timezone.now()).total_seconds()
    if seconds < 1:
        text = "now"
    elif seconds < 90:
        text = f"in {seconds:.0f} s"
    elif seconds < 90 * 60:
        text = f"in {seconds / 60:.0f} min"
    elif seconds < 36 * 3600:
        text = f"in {seconds / 3600:.0f} h"
    else:
        text = f"on {timezone.localtime(at):%d %b %Y}"
    return _time(at, text)


def _time(at: datetime, text: str) -> SafeString:
    local = timezone.localtime(at)
    utc = at.astimezone(timezone.get_fixed_timezone(0))
    title = f"{local:%Y-%m-%d %H:%M:%S %Z} · {utc:%Y-%m-%d %H:%M:%S} UTC"
    return format_html(
        '<time datetime="{}" title="{}" class="text-nowrap">{}</time>',
        utc.isoformat(),
        title,
        text,
    )


def ago(at: datetime) -> str:
    """How long ago, in one unit; from a week on the date."""
    seconds = (timezone.now() - at).total_seconds()
    if seconds < 10:
        return "just now"
    if seconds < 90:
        return f"{seconds:.0f} s ago"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.0f} h ago"
    if seconds < 7 * 86400:
        return f"{seconds / 86400:.0f} days ago"
    return f"{timezone.localtime(at):%d %b %Y}"


@register.simple_tag(takes_context=True)
def url_with(context: template.Context, **changes: Any) -> str:
    """The page's query string with some parameters changed; None removes one.

    Paging starts over whenever something else changes.
    """
    query: QueryDict = context["request"].GET.copy()
    if not {"after", "before"} & changes.keys():
        changes = {"after": None, "before": None, **changes}
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return "?" + query.urlencode()


@register.simple_tag
def field_control(field: BoundField) -> SafeString:
    """A form field's control in the house style, tied to its hint and error."""
    widget = field.field.widget
    css = "form-select" if isinstance(widget, forms.Select) else "form-control"
    attrs = {"class": f"{css} is-invalid" if field.errors else css}
    described = [
        f"{field.id_for_label}-{part}"
        for part, present in (("hint", field.help_text), ("error", field.errors))
        if present
    ]
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)
