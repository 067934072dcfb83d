"""Files of the account's phone numbers: the MSISDNs of its SIM cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import downloads
from sandbox.collection import EVERYTHING, Collection, Column
from sandbox.filters import Filters
from sandbox.paging import data_response, list_response, page_of
from sandbox.problems import bad_parameter, not_found
from sandbox.traffic.tables import as_csv

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# Seconds at speed 1 until the file is there (our choice).
FILE_SECONDS = 8.0
FORMATS = ("V1", "V2")
# The columns of the real file are not known.
COLUMNS = {
    "V1": ("phone_number", "status", "tags"),
    "V2": ("phone_number", "status", "tags", "sim_card_id", "iccid", "connection_id"),
}
FIELDS = (
    *("billing_group_id", "connection_id", "customer_reference", "emergency_address_id"),
    *("has_bundle", "phone_number", "status", "tag", "voice.usage_payment_method"),
    *(f"voice.connection_name][{how}" for how in ("contains", "ends_with", "eq", "starts_with")),
)
STATUSES = (
    *("purchase-pending", "purchase-failed", "port-pending", "active", "deleted", "port-failed"),
    *("emergency-only", "ported-out", "port-out-pending"),
)


def collection(state: State) -> Collection:
    """The stored requests for files."""
    status = Column("status", lambda item: item["status"], indexed=False)
    return Collection(state, "csv_downloads", [status])


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a file is ready."""

    def ready(subject: str, _due: float) -> None:
        wanted = sandbox.csv_downloads.get(subject)
        if wanted is not None:
            content = _file(sandbox, wanted.hidden)
            token = downloads.publish(sandbox, "phone_numbers.csv", "text/csv", content)
            wanted.listed.update(status="complete", url=f"{downloads.PREFIX}/{token}")
            sandbox.csv_downloads.save(wanted)

    sandbox.schedule.on("csv_download", ready)


def _file(sandbox: Sandbox, wanted: dict[str, Any]) -> bytes:
    rows = sandbox.state.connection.execute(
        "SELECT d.listed FROM sim_cards c JOIN sim_cards_documents d USING (seq)"
        " WHERE c.msisdn IS NOT NULL AND (? IS NULL OR instr(c.msisdn, ?)) ORDER BY seq",
        (wanted.get("phone_number"), wanted.get("phone_number")),
    )
    cards = (orjson.loads(listed) for (listed,) in rows)
    numbers = (
        {
            "phone_number": card["msisdn"],
            "status": "active",
            "tags": " ".join(card["tags"] or []),
            "sim_card_id": card["id"],
            "iccid": card["iccid"],
            "connection_id": "",
        }
        for card in cards
        if wanted.get("tag") is None or wanted["tag"] in (card["tags"] or [])
    )
    # Numbers of SIM cards are active, and belong to no bundle, group or connection.
    none = wanted.get("other") or wanted.get("status") not in (None, "active")
    return as_csv(COLUMNS[wanted["format"]], () if none else numbers)


def _shown(request: Request, item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "url": downloads.origin(request) + item["url"]} if item["url"] else item


async def list_downloads(request: Request) -> Response:
    """GET /phone_numbers/csv_downloads, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    page = page_of(request)
    items, total = sandbox.csv_downloads.page(EVERYTHING, page.offset, page.size)
    shown = [orjson.dumps(_shown(request, orjson.loads(item))) for item in items]
    return list_response(shown, total, page)


async def create_download(request: Request) -> Response:
    """POST /phone_numbers/csv_downloads: the file is there a little later."""
    sandbox: Sandbox = request.app.state.sandbox
    form = request.query_params.get("csv_format", "V1")
    if form not in FORMATS:
        detail = f"{form!r} is not one of {', '.join(FORMATS)}."
        raise bad_parameter("csv_format", "10032", "Value not in the allowed set", detail)
    filters = Filters(request, FIELDS)
    filters.choice("voice.usage_payment_method", ("pay-per-minute", "channel"))
    taken = ("phone_number", "status", "tag")
    wanted = {
        "format": form,
        "phone_number": filters.text("phone_number"),
        "status": filters.choice("status", STATUSES),
        "tag": filters.text("tag"),
        "other": any(filters.text(field) for field in FIELDS if field not in taken),
    }
    item = {"id": sandbox.new_id(), "record_type": "csv_download", "status": "pending", "url": ""}
    sandbox.csv_downloads.insert(item, hidden=wanted)
    sandbox.schedule.add(sandbox.clock.after(FILE_SECONDS), "csv_download", item["id"])
    return data_response([item])


async def get_download(request: Request) -> Response:
    """GET /phone_numbers/csv_downloads/{id}; a list with the one (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    item = sandbox.csv_downloads.get(request.path_params["id"])
    if item is None:
        raise not_found()
    return data_response([_shown(request, item.listed)])


PATH = "/phone_numbers/csv_downloads"
routes = [
    Route(PATH, list_downloads, methods=["GET"]),
    Route(PATH, create_download, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_download, methods=["GET"]),
]
