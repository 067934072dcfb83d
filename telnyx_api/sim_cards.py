"""SIM cards."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from telnyx_api.arguments import path_id, text, texts
from telnyx_api.data_amount import DataAmount, checked_limit
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, given_fields, records
from telnyx_api.sim_card_actions import SimCardAction
from telnyx_api.unset import UNSET, Unset

PATH = "/sim_cards"
FILTER_STATUSES = ("enabled", "disabled", "standby", "data_limit_exceeded", "unauthorized_imei")
SORTS = (
    "current_billing_period_consumed_data.amount",
    "-current_billing_period_consumed_data.amount",
)


class SimCardStatus(TypedDict, total=False):
    """``value`` may be a word that the specification does not list."""

    value: str
    reason: str | None


class DeviceLocation(TypedDict, total=False):
    """Coordinates are decimal numbers in strings, ``accuracy`` is in ``accuracy_unit``."""

    latitude: str
    longitude: str
    accuracy: int
    accuracy_unit: str


class PinPukCodes(TypedDict, total=False):
    """Only when asked for. Never to be logged."""

    pin1: str
    puk1: str
    pin2: str
    puk2: str


class SimCard(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict.

    Only ``retrieve`` gives present IMEI, network, addresses, location and live session.
    """

    id: str
    record_type: str
    type: str
    iccid: str
    imsi: str
    msisdn: str
    eid: str | None
    version: str
    status: SimCardStatus
    sim_card_group_id: str | None
    tags: list[str]
    authorized_imeis: list[str] | None
    data_limit: DataAmount | None
    current_billing_period_consumed_data: DataAmount
    actions_in_progress: bool
    resources_with_in_progress_actions: list[dict[str, Any]]
    voice_enabled: bool
    esim_installation_status: str | None
    current_imei: str | None
    current_mcc: str | None
    current_mnc: str | None
    current_device_location: DeviceLocation | None
    ipv4: str | None
    ipv6: str | None
    live_data_session: str | None
    pin_puk_codes: PinPukCodes | None
    created_at: str
    updated_at: str


class SimCardFilters(TypedDict, total=False):
    """Of the list. ``filter_iccid`` matches parts; a SIM card must have all of ``filter_tags``."""

    filter_status: str | Sequence[str] | None
    filter_tags: str | Sequence[str] | None
    filter_iccid: str | None
    filter_msisdn: str | None
    filter_sim_card_group_id: str | None
    sort: str | None
    include_sim_card_group: bool | None


LIST = {
    "filter_status": Parameter("filter[status]", "texts", FILTER_STATUSES),
    "filter_tags": Parameter("filter[tags]", "texts"),
    "filter_iccid": Parameter("filter[iccid]"),
    "filter_msisdn": Parameter("filter[msisdn]"),
    "filter_sim_card_group_id": Parameter("filter[sim_card_group_id]"),
    "sort": Parameter("sort", allowed=SORTS),
    "include_sim_card_group": Parameter("include_sim_card_group", "flag"),
}
RETRIEVE = {
    "include_sim_card_group": Parameter("include_sim_card_group", "flag"),
    "include_pin_puk_codes": Parameter("include_pin_puk_codes", "flag"),
}


class SimCards(Resource):
    """/sim_cards."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[SimCardFilters]
    ) -> Page[SimCard]:
        """One page; ``size`` is 1 to 250."""
        return self._page(SimCard, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardFilters]
    ) -> Iterator[Page[SimCard]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(SimCard, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardFilters]
    ) -> Iterator[SimCard]:
        """All SIM cards that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(
        self,
        id: str,
        include_sim_card_group: bool | None = None,
        include_pin_puk_codes: bool | None = None,
    ) -> SimCard:
        """One SIM card with its present network and session; raises errors.NotFound."""
        given = {
            "include_sim_card_group": include_sim_card_group,
            "include_pin_puk_codes": include_pin_puk_codes,
        }
        return self._one(SimCard, "GET", _path(id), parameters=RETRIEVE, given=given)

    def update(
        self,
        id: str,
        *,
        tags: Sequence[str] | Unset = UNSET,
        sim_card_group_id: str | Unset = UNSET,
        data_limit: DataAmount | Mapping[str, str] | Unset | None = UNSET,
        authorized_imeis: Sequence[str] | Unset | None = UNSET,
    ) -> SimCard:
        """Change what is given and leave the rest; lists replace what was there.

        None for ``authorized_imeis`` lifts the lock (specification). None for ``data_limit`` is
        sent as null; that it clears the limit is documented nowhere.
        """
        body = given_fields(
            tags=tags if tags is UNSET else texts("tags", tags),
            sim_card_group_id=sim_card_group_id
            if sim_card_group_id is UNSET
            else text("sim_card_group_id", sim_card_group_id),
            data_limit=data_limit
            if data_limit is UNSET or data_limit is None
            else checked_limit("data_limit", data_limit),
            authorized_imeis=authorized_imeis
            if authorized_imeis is UNSET or authorized_imeis is None
            else texts("authorized_imeis", authorized_imeis),
        )
        return self._one(SimCard, "PATCH", _path(id), body=body)

    def enable(self, id: str) -> SimCardAction:
        """Ask for enabled; the action is followed through client.sim_card_actions."""
        return self._act(id, "enable")

    def disable(self, id: str) -> SimCardAction:
        """Ask for disabled."""
        return self._act(id, "disable")

    def set_standby(self, id: str) -> SimCardAction:
        """Ask for standby."""
        return self._act(id, "set_standby")

    def _act(self, id: str, action: str) -> SimCardAction:
        return self._one(SimCardAction, "POST", f"{_path(id)}/actions/{action}")


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
