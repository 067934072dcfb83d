"""For every operation a valid call, and what has to go over the wire for it."""

from tests.telnyx_api.calls import access, account, iot, legacy_reports, reports, sim_cards
from tests.telnyx_api.calls.call import Call

CALLS: dict[str, Call] = {
    **sim_cards.CALLS,
    **iot.CALLS,
    **account.CALLS,
    **access.CALLS,
    **reports.CALLS,
    **legacy_reports.CALLS,
}
