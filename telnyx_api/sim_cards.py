"""SIM cards."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import list_of, text, texts, word
from telnyx_api.data_amount import DataAmount, checked_limit
from telnyx_api.fields import Field
from telnyx_api.hidden import hide
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Outcome, Page, given_fields, records
from telnyx_api.sim_card_records import DeviceLocation, PinPukCodes, SimCard, SimCardStatus
from telnyx_api.sim_card_requests import PATH, REGISTRATION_CODE, SimCardRequests, path_of
from telnyx_api.unset import UNSET, Unset

__all__ = [
    "DeviceLocation",
    "PinPukCodes",
    "SimCard",
    "SimCardFilters",
    "SimCardStatus",
    "SimCards",
]

FILTER_STATUSES = ("enabled", "disabled", "standby", "data_limit_exceeded", "unauthorized_imei")
SORTS = (
    "current_billing_period_consumed_data.amount",
    "-current_billing_period_consumed_data.amount",
)


class SimCardFilters(TypedDict, total=False):
    """Of the list. ``filter_iccid`` matches parts; a SIM card must have all of ``filter_tags``."""

    filter_status: str | Sequence[str] | None
    filter_tags: str | Sequence[str] | None
    filter_iccid: str | None
    filter_msisdn: str | None
    filter_sim_card_group_id: str | None
    sort: str | None
    include_sim_card_group: bool | None


class SimCardRegistration(TypedDict, total=False):
    """``status`` is the one to begin with; without a group it is the default group."""

    registration_codes: Required[Sequence[str]]
    sim_card_group_id: str
    status: str
    tags: Sequence[str]


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
DELETE = {"report_lost": Parameter("report_lost", "flag")}
REGISTER = {
    "registration_codes": Field(list_of(REGISTRATION_CODE, 1), required=True),
    "sim_card_group_id": Field(),
    "status": Field(word("enabled", "disabled", "standby")),
    "tags": Field(texts),
}


class SimCards(SimCardRequests):
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
        record = self._one(SimCard, "GET", path_of(id), parameters=RETRIEVE, given=given)
        hide(record, "pin_puk_codes")
        return record

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
        return self._one(SimCard, "PATCH", path_of(id), body=body)

    def delete(self, id: str, report_lost: bool | None = None) -> SimCard:
        """Delete a SIM card. With ``report_lost``, a disabled eSIM goes for good."""
        given = {"report_lost": report_lost}
        return self._one(SimCard, "DELETE", path_of(id), parameters=DELETE, given=given)

    def register(self, **values: Unpack[SimCardRegistration]) -> Outcome[SimCard]:
        """Register physical SIM cards; never sent twice. Refused codes are in the errors."""
        body = fields.build(REGISTER, values)
        return self._outcome(SimCard, "POST", "/actions/register/sim_cards", body=body)
