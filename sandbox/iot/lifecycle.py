"""The rules of a SIM card's status: pure functions, no clock and no storage.

Which action may start from which status is documented behaviour; where the documents are silent
or contradict each other the choice is ours and says so.
"""

from dataclasses import dataclass

RESTING = (
    "registering",
    "enabled",
    "disabled",
    "standby",
    "data_limit_exceeded",
    "unauthorized_imei",
)
TRANSITIONAL = ("enabling", "disabling", "setting_standby")

REASONS = {
    "registering": "The SIM card is being added to the account.",
    "registered": "The SIM card was added to the account and has not been enabled yet.",
    "enabling": "The SIM card is being enabled on the networks; this takes a moment.",
    "enabled": "The SIM card may connect to networks and use data.",
    "disabling": "The SIM card is being disconnected from the networks; this takes a moment.",
    "disabled": "The SIM card was disabled and cannot connect to any network.",
    "setting_standby": "The SIM card is being put on standby; this takes a moment.",
    "standby": "The SIM card is on standby and waits to be enabled.",
    "data_limit_exceeded": "The SIM card used more data than its limit allows.",
    "unauthorized_imei": "The SIM card is in a device whose IMEI is not on its list.",
}


def reason_for(status: str) -> str:
    """A sentence on why a SIM card is in this status (ours)."""
    return REASONS.get(status, "The SIM card is in a status that has no description.")


@dataclass(frozen=True)
class Rule:
    """From which statuses an action may start, through which status it goes, where it ends."""

    begins_from: frozenset[str]
    through: str
    ends_in: str
    needs_group: bool


RULES: dict[str, Rule] = {
    # "registered" is a documented start that the specification's list of statuses lacks.
    "enable": Rule(
        frozenset({"registered", "disabled", "standby", "unauthorized_imei"}),
        "enabling",
        "enabled",
        needs_group=True,
    ),
    "disable": Rule(frozenset({"enabled"}), "disabling", "disabled", needs_group=False),
    "set_standby": Rule(frozenset({"enabled"}), "setting_standby", "standby", needs_group=True),
}


# What the system starts by itself; no request can ask for it (specification).
SYSTEM_RULES: dict[str, Rule] = {
    "enable_standby_sim_card": Rule(
        frozenset({"standby"}), "enabling", "enabled", needs_group=True
    ),
}
EVERY_RULE = {**RULES, **SYSTEM_RULES}


@dataclass(frozen=True)
class Facts:
    """What the rules need to know of a SIM card."""

    status: str
    has_group: bool
    action_in_progress: bool = False
    imei_allowed: bool = True
    over_limit: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why an action may not start: the API's error code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True)
class Ending:
    """How an action ends: its own status and reason, and the SIM card's status after it."""

    action_status: str
    reason: str | None
    sim_card_status: str


def refusal(action_type: str, facts: Facts) -> Refusal | None:
    """Why this action may not start now, or None when it may.

    The order of the checks is our choice: an action that runs hides every other cause.
    """
    if facts.action_in_progress or facts.status in TRANSITIONAL:
        return Refusal("10036", "Another action on this SIM card is still in progress.")
    rule = EVERY_RULE[action_type]
    if facts.status not in rule.begins_from:
        verb = action_type.replace("_", " ")
        return Refusal("10027", f"A SIM card that is {facts.status} does not take {verb}.")
    if facts.status == "unauthorized_imei" and not facts.imei_allowed:
        # Documented: the list is corrected or cleared first, then the SIM card is enabled.
        return Refusal("10027", "The IMEI of the device is still not on the SIM card's list.")
    if rule.needs_group and not facts.has_group:
        return Refusal("70007", "The SIM card has to be in a SIM card group for this.")
    return None


def begin(action_type: str) -> str:
    """The status of a SIM card while the action runs."""
    return EVERY_RULE[action_type].through


def finish(action_type: str, facts: Facts) -> Ending:
    """How an action ends by itself.

    Our choice: to enable a SIM card that is over its limit fails, because the limit fires at once.
    """
    if EVERY_RULE[action_type].ends_in == "enabled" and facts.over_limit:
        return Ending("failed", "The SIM card is over its data limit.", "data_limit_exceeded")
    if action_type == "enable" and not facts.imei_allowed:
        # It was enabled, and the network saw the wrong device at once (our choice).
        return Ending("completed", None, "unauthorized_imei")
    return Ending("completed", None, EVERY_RULE[action_type].ends_in)


def broken_off(action_type: str, outcome: str, reason: str | None, before: str) -> Ending:
    """How an action ends that was told to fail: the SIM card is again as it was (our choice)."""
    text = reason or f"The network did not confirm the request to {action_type.replace('_', ' ')}."
    return Ending(outcome, text, before)


def after_limit_check(status: str, over_limit: bool) -> str:
    """The status once usage was compared with the limit (behaviour: back by itself).

    Only an enabled SIM card can run into its limit, so enabled is what it goes back to.
    """
    if over_limit and status == "enabled":
        return "data_limit_exceeded"
    if not over_limit and status == "data_limit_exceeded":
        return "enabled"
    return status


def after_device_check(status: str, imei_allowed: bool) -> str:
    """The status once the device was compared with the list of IMEIs (behaviour).

    Nothing brings a SIM card back from unauthorized_imei but to enable it.
    """
    return "unauthorized_imei" if status == "enabled" and not imei_allowed else status
