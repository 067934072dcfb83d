"""What one SIM card can be asked for: its device, activation code and connectivity logs.

All of it follows from the SIM card, so nothing is stored.
"""

from hashlib import sha256
from random import Random
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import iso, seconds_of
from sandbox.collection import Record
from sandbox.fleet import device_fleets
from sandbox.iot import sim_cards
from sandbox.paging import data_response, list_response, page_of
from sandbox.problems import not_found, refused

MODELS = {
    model.tac: model
    for model in vars(device_fleets).values()
    if isinstance(model, device_fleets.Model)
}
MOST_LOGS = 60


async def get_device_details(request: Request) -> Response:
    """GET /sim_cards/{id}/device_details; 404 when no device was ever seen (our choice)."""
    _, sim_card = sim_cards.known(request)
    imei = sim_card.hidden.get("imei")
    if imei is None:
        raise not_found()
    model = MODELS.get(imei[:8])
    brand, _, rest = (model.name if model else "unknown-device").partition("-")
    return data_response(
        {
            "record_type": "device_details",
            "imei": imei,
            "brand_name": brand.capitalize(),
            "model_name": f"{brand.capitalize()} {rest.upper()}",
            "device_type": "Modem",
            "operating_system": "Zephyr 3.6",
        }
    )


async def get_activation_code(request: Request) -> Response:
    """GET /sim_cards/{id}/activation_code: only of an eSIM that is not installed (specification).

    Our choice: an eSIM whose installation status is disabled is one that is in a device.
    """
    _, sim_card = sim_cards.known(request)
    if sim_card.listed["type"] != "esim":
        raise refused("10027", "A physical SIM card has no activation code.")
    if sim_card.listed.get("esim_installation_status") == "disabled":
        raise refused("10027", "This eSIM is installed, so its code was used.")
    secret = sha256(sim_card.listed["iccid"].encode()).hexdigest()[:24].upper()
    return data_response(
        {
            "record_type": "sim_card_activation_code",
            "activation_code": f"LPA:1$smdp.sandbox.example$K2-{secret}",
        }
    )


def _logs(sim_card: Record) -> list[dict[str, Any]]:
    """Newest first; a SIM card that no device ever used has none."""
    listed, hidden = sim_card.listed, sim_card.hidden
    if hidden.get("imei") is None:
        return []
    random = Random(f"logs {listed['id']}")
    first = seconds_of(listed["created_at"])
    moments = sorted(first + 60 + random.expovariate(1 / 864_000) for _ in range(MOST_LOGS))
    last = seconds_of(listed["updated_at"])
    logs = []
    for at in (moment for moment in moments if moment <= last):
        kind = random.choice(("registration", "data"))
        took = random.uniform(30, 20_000)
        data = kind == "data"
        logs.append(
            {
                "id": random.randrange(10**8, 10**9),
                "record_type": "wireless_connectivity_log",
                "sim_card_id": listed["id"],
                "log_type": kind,
                "state": "provisioned",
                "imsi": listed["imsi"],
                "imei": hidden["imei"],
                "mobile_country_code": hidden.get("current_mcc"),
                "mobile_network_code": hidden.get("current_mnc"),
                "radio_access_technology": random.choice(("LTE", "LTE", "LTE-M", "UMTS", "GSM")),
                "cell_id": f"{hidden.get('current_mcc')}{hidden.get('current_mnc')}"
                f"-{random.randrange(1000, 9999)}",
                "apn": "data00.telnyx" if data else None,
                "ipv4": hidden.get("ipv4") if data else None,
                "ipv6": hidden.get("ipv6") if data else None,
                "start_time": iso(at),
                "stop_time": iso(at + took),
                "last_seen": iso(at + took),
                "created_at": iso(at),
            }
        )
    return logs[::-1]


async def list_connectivity_logs(request: Request) -> Response:
    """GET /sim_cards/{id}/wireless_connectivity_logs, newest first."""
    _, sim_card = sim_cards.known(request)
    page = page_of(request)
    logs = _logs(sim_card)
    shown = logs[page.offset : page.offset + page.size]
    return list_response([orjson.dumps(log) for log in shown], len(logs), page)


routes = [
    Route("/sim_cards/{id}/device_details", get_device_details, methods=["GET"]),
    Route("/sim_cards/{id}/activation_code", get_activation_code, methods=["GET"]),
    Route("/sim_cards/{id}/wireless_connectivity_logs", list_connectivity_logs, methods=["GET"]),
]
