"""IMEI locks: which devices a SIM card may be in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import F, Q, When

from fleet.operations.kinds.inputs import Input, Shape
from fleet.operations.kinds.kind import Inputs, words
from fleet.operations.kinds.records import RecordKind
from telnyx_api import Client


class ImeiKind(RecordKind):
    """The list of authorised IMEIs, which the API only takes as a whole; null lifts the lock."""

    icon = "lock"
    values: ClassVar[dict[str, Any]] = {"imeis": F("authorized_imeis")}
    # Undone as a whole, or it would lock out a device that others let in since.
    left_as = "imeis"

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The lock before, or none."""
        imeis = prior.get("imeis")
        return ("replace_imeis", {"imeis": sorted(imeis)}) if imeis else ("clear_imeis", {})


class LockToDevice(ImeiKind):
    """To the device that the SIM card is in now, whichever that is."""

    name = "lock_imei"
    label = "Lock to present device"
    doing = "locking"
    done = "locked to its device"
    caution = "A locked SIM card loses its connection in any other device."
    calls = 2
    # Lists do not name the device that a SIM card is in.
    read_by_id = True

    def reached(self, inputs: Inputs) -> Q:
        """Locked to the IMEI that was last seen."""
        return ~Q(imei="") & Q(authorized_imeis__len=1, authorized_imeis__0=F("imei"))

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Locked so already, or in no device that is known."""
        return [
            When(imei="", then=words("no device has been seen with it")),
            *super().unsuitable(inputs),
        ]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One GET for the device of this moment, one PATCH."""
        imei = client.sim_cards.retrieve(remote_id).get("current_imei")
        if not imei:
            # Nothing was sent that changes anything: reading back says what is.
            return None
        return client.sim_cards.update(remote_id, authorized_imeis=[str(imei)])


class AddImeis(ImeiKind):
    """More devices."""

    name = "add_imeis"
    label = "Add IMEIs to lock"
    doing = "adding IMEIs"
    done = "locked so"
    caution = "A SIM card without a lock gets one: it then connects in these devices only."
    asks = (Input("imeis", "IMEIs", Shape.IMEIS, help="Separated by commas or spaces."),)
    calls = 2

    def reached(self, inputs: Inputs) -> Q:
        """With all of them."""
        return Q(authorized_imeis__contains=inputs["imeis"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One GET, one PATCH."""
        imeis = client.sim_cards.retrieve(remote_id).get("authorized_imeis") or []
        wanted = sorted({*imeis, *inputs["imeis"]})
        return client.sim_cards.update(remote_id, authorized_imeis=wanted)


class ReplaceImeis(ImeiKind):
    """These devices and no others."""

    name = "replace_imeis"
    label = "Lock to IMEIs"
    doing = "locking"
    done = "locked so"
    caution = "A locked SIM card loses its connection in any other device."
    asks = (Input("imeis", "IMEIs", Shape.IMEIS, help="Separated by commas or spaces."),)

    def reached(self, inputs: Inputs) -> Q:
        """With exactly these."""
        return Q(
            authorized_imeis__contains=inputs["imeis"],
            authorized_imeis__contained_by=inputs["imeis"],
        )

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH."""
        return client.sim_cards.update(remote_id, authorized_imeis=inputs["imeis"])


class ClearImeis(ImeiKind):
    """Any device."""

    name = "clear_imeis"
    label = "Unlock IMEI"
    doing = "unlocking"
    done = "without an IMEI lock"
    icon = "lock-open"

    def reached(self, inputs: Inputs) -> Q:
        """Without a lock."""
        return Q(authorized_imeis=None) | Q(authorized_imeis__len=0)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none."""
        return [When(self.reached(inputs), then=words("has no IMEI lock"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH with null (specification)."""
        return client.sim_cards.update(remote_id, authorized_imeis=None)
