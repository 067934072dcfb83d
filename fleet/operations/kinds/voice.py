"""Voice on and off: for one SIM card where the API has that call, else for whole groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import F, Q, When

from fleet.operations.kinds.kind import Inputs, Kind, words
from telnyx_api import Client


class Voice(Kind):
    """Voice, on or off. `by_group` names the kind that does the same to whole groups."""

    by_group: ClassVar[str]
    on: ClassVar[bool]
    values: ClassVar[dict[str, Any]] = {"voice": F("voice_enabled")}

    def reached(self, inputs: Inputs) -> Q:
        """Switched."""
        return Q(voice_enabled=self.on)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Switched already."""
        state = "on" if self.on else "off"
        return [When(self.reached(inputs), then=words(f"voice is {state} already"))]

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The other switch."""
        return ("voice_off" if self.on else "voice_on"), {}


class VoiceOn(Voice):
    """Calls for single SIM cards (newer versions of the API: behaviour, section 2)."""

    name = "voice_on"
    label = "Voice on"
    doing = "switching voice on"
    done = "switched to voice"
    icon = "voice"
    action_type = "enable_voice"
    by_group = "group_voice_on"
    on = True

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_cards.enable_voice(remote_id)


class VoiceOff(Voice):
    """No calls for single SIM cards."""

    name = "voice_off"
    label = "Voice off"
    doing = "switching voice off"
    done = "without voice"
    icon = "voice-off"
    caution = "SIM cards without voice can neither call nor be called."
    action_type = "disable_voice"
    by_group = "group_voice_off"
    on = False

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_cards.disable_voice(remote_id)


class GroupVoice(Voice):
    """The API's call for a whole group: it changes bystanders, too, which the plan names.

    The targets are SIM cards, sent together with all others of their group.
    """

    needs_group = True
    is_offered = False
    by_group = ""

    def send_group(self, client: Client, group_remote_id: str) -> Any:
        """One POST for the group."""
        if self.on:
            return client.sim_cards.bulk_enable_voice(group_remote_id)
        return client.sim_cards.bulk_disable_voice(group_remote_id)

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """There is no such call."""
        raise NotImplementedError(f"{self.name} is sent for a group")


class GroupVoiceOn(GroupVoice):
    """Voice for groups."""

    name = "group_voice_on"
    label = "Voice on, by group"
    doing = "switching voice on"
    done = "switched to voice"
    icon = "voice"
    action_type = "enable_voice"
    on = True


class GroupVoiceOff(GroupVoice):
    """No voice for groups."""

    name = "group_voice_off"
    label = "Voice off, by group"
    doing = "switching voice off"
    done = "without voice"
    icon = "voice-off"
    caution = "SIM cards without voice can neither call nor be called."
    action_type = "disable_voice"
    on = False
