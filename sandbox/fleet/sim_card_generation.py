"""One believable SIM card after the other."""

from dataclasses import dataclass
from itertools import accumulate
from math import log
from random import Random
from typing import Any

from sandbox.clock import DAY, iso
from sandbox.collection import Record
from sandbox.fleet.device_fleets import DeviceFleet, Model
from sandbox.fleet.networks import COUNTRIES, Country
from sandbox.identifiers import eid, iccid, imei, random_id
from sandbox.iot.data_limits import MB_PER_GB, in_mb
from sandbox.iot.lifecycle import reason_for
from sandbox.iot.sim_card_records import CONSUMED, attach

# Issuer prefix of the ICCID, home network of the IMSI, start of the MSISDN with its length.
ISSUERS = (
    ("8931048", "20404", "+3197", 13),
    ("8944501", "23450", "+4478", 13),
    ("8937205", "24802", "+3725", 12),
    ("8910260", "310240", "+1332", 12),
)
ISSUER_ENDS = tuple(accumulate((5, 3, 2, 4)))
INDIVIDUAL_LIMITS = (
    ("25.0", "MB"),
    ("50.0", "MB"),
    ("250.0", "MB"),
    ("500.0", "MB"),
    ("1.0", "GB"),
    ("2.5", "GB"),
    ("5.0", "GB"),
)
MOST_USED = 200 * MB_PER_GB * 1000
EXTRA_TAGS = ("spare", "vip", "maintenance-2025", "wave-2", "roaming-test")


@dataclass(frozen=True)
class Placement:
    """Where a SIM card belongs; ``created`` in Unix seconds."""

    fleet: DeviceFleet
    group_id: str | None
    status: str
    created: float


@dataclass(frozen=True)
class Card:
    """A SIM card; ``consumed`` in thousandths of a megabyte, ``updated`` in Unix seconds."""

    listed: dict[str, Any]
    detail: dict[str, Any]
    hidden: dict[str, Any]
    consumed: int
    updated: float


class CardMaker:
    """Makes SIM cards with numbers that never repeat."""

    def __init__(self, random: Random, as_of: float) -> None:
        self.random = random
        self.as_of = as_of
        self.count = 0
        self._weights: dict[Any, list[int]] = {}
        self._serials: dict[str, int] = {}

    def _pick(self, options: tuple[tuple[Any, int], ...]) -> Any:
        ends = self._weights.get(options)
        if ends is None:
            ends = self._weights[options] = list(accumulate(weight for _, weight in options))
        return self.random.choices(options, cum_weights=ends)[0][0]

    def make(self, placement: Placement) -> Card:
        """The next SIM card."""
        random = self.random
        self.count += 1
        fleet, status = placement.fleet, placement.status
        country = COUNTRIES[self._pick(fleet.countries)]
        model: Model = self._pick(fleet.models)
        town, latitude, longitude = random.choice(country.towns)
        consumed, limit = self._usage(fleet, status)
        hidden = self._device(model, country, latitude, longitude, status)
        age = random.expovariate(1 / (60 * DAY))
        if placement.created + age >= self.as_of:
            age = (self.as_of - placement.created) * random.random()
        updated = placement.created + age
        listed = {
            "id": random_id(random),
            "record_type": "sim_card",
            "status": {"value": status, "reason": reason_for(status)},
            "type": "physical",
            "version": model.version,
            **self._numbers(),
            "eid": None,
            "esim_installation_status": None,
            "sim_card_group_id": placement.group_id,
            "tags": self._tags(fleet, model, town, status),
            "authorized_imeis": self._authorized(model, hidden["imei"], status),
            "data_limit": limit,
            CONSUMED: in_mb(consumed),
            "actions_in_progress": False,
            "resources_with_in_progress_actions": [],
            "voice_enabled": status == "enabled" and random.random() < fleet.voice,
            "created_at": iso(placement.created),
            "updated_at": iso(updated),
        }
        if random.random() < 0.15:
            self._make_esim(listed, status)
        record = Record(0, listed, {"current_imei": hidden["imei"]}, hidden)
        attach(record)
        return Card(listed, record.detail, hidden, consumed, updated)

    def _numbers(self) -> dict[str, str | None]:
        random = self.random
        issuer, home, msisdn, length = random.choices(ISSUERS, cum_weights=ISSUER_ENDS)[0]
        # The gaps make consecutive cards look like boxes that were partly used elsewhere.
        number = self.count * 7 + random.randrange(7)
        subscriber = f"{number * 3 + 100_000_007:0{15 - len(home)}d}"
        digits = f"{number + 2_000_019:0{length - len(msisdn)}d}"
        return {
            "iccid": iccid(issuer, 20_000_000_000 + number),
            "imsi": home + subscriber[-(15 - len(home)) :],
            "msisdn": None if random.random() < 0.15 else msisdn + digits,
        }

    def _make_esim(self, listed: dict[str, Any], status: str) -> None:
        listed["type"] = "esim"
        listed["eid"] = eid("89044045", self.random.randrange(10**16) * 10**6 + self.count)
        if status != "registering":
            listed["esim_installation_status"] = self.random.choices(
                ("released", "disabled", None), (7, 1, 2)
            )[0]

    def _usage(self, fleet: DeviceFleet, status: str) -> tuple[int, dict[str, str] | None]:
        """Usage in thousandths of MB, heavy-tailed, and the SIM card's own limit."""
        random = self.random
        if status == "registering":
            return 0, None
        if status == "data_limit_exceeded":
            amount, unit = random.choice(INDIVIDUAL_LIMITS)
            allowed = float(amount) * (MB_PER_GB if unit == "GB" else 1) * 1000
            return int(allowed * random.uniform(1.002, 1.06)) + 1, {"amount": amount, "unit": unit}
        consumed = int(random.lognormvariate(log(fleet.usage), 1.1) * 1000)
        if status == "disabled":
            consumed = 0 if random.random() < 0.6 else consumed // 9
        elif status == "standby":
            consumed = 0 if random.random() < 0.4 else consumed // 30
        consumed = min(consumed, MOST_USED)
        if random.random() < 0.04:
            for amount, unit in INDIVIDUAL_LIMITS:
                if consumed < float(amount) * (MB_PER_GB if unit == "GB" else 1) * 1000 * 0.97:
                    return consumed, {"amount": amount, "unit": unit}
        return consumed, None

    def _device(
        self, model: Model, country: Country, latitude: float, longitude: float, status: str
    ) -> dict[str, Any]:
        """What the device would show when it is connected, and the codes of the SIM card."""
        random = self.random
        serial = self._serials[model.tac] = self._serials.get(model.tac, 10_007) + 1
        used = status not in ("registering",) and random.random() > 0.03
        used = used or status == "unauthorized_imei"
        bits = random.getrandbits(96)
        return {
            # A model's serial numbers are used up at 1,000,000 devices; then they come again.
            "imei": imei(model.tac, serial % 1_000_000) if used else None,
            "switched_on": used and random.random() < 0.86,
            "current_mcc": country.mcc,
            "current_mnc": self._pick(country.networks),
            "current_device_location": {
                "latitude": f"{latitude + random.gauss(0, 0.06):.4f}",
                "longitude": f"{longitude + random.gauss(0, 0.06):.4f}",
                "accuracy": random.choice((250, 500, 800, 1250, 2500)),
                "accuracy_unit": "m",
            },
            "ipv4": f"100.{64 + bits % 64}.{(bits >> 6) % 256}.{1 + (bits >> 14) % 254}",
            "ipv6": f"2001:db8:{bits >> 32 & 0xFFFF:x}:{bits >> 48 & 0xFFFF:x}::{bits >> 80:x}",
            "pin_puk_codes": {
                "pin1": f"{random.randrange(10**4):04d}",
                "pin2": f"{random.randrange(10**4):04d}",
                "puk1": f"{random.randrange(10**8):08d}",
                "puk2": f"{random.randrange(10**8):08d}",
            },
        }

    def _authorized(self, model: Model, device: str | None, status: str) -> list[str] | None:
        random = self.random
        if status == "unauthorized_imei":
            return [imei(model.tac, random.randrange(900_000, 999_999))]
        if device is None or random.random() >= 0.05:
            return None
        return [device]

    def _tags(self, fleet: DeviceFleet, model: Model, town: str, status: str) -> list[str]:
        random = self.random
        if status == "registering" or random.random() < 0.05:
            return []
        tags = [
            f"site:{town}-{random.randrange(1, 25):02d}",
            f"customer:{random.choice(fleet.customers)}",
            f"model:{model.name}",
        ]
        if random.random() < 0.12:
            tags.append(random.choice(EXTRA_TAGS))
        return tags
