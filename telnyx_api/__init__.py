"""A client for the Telnyx API: IoT SIM cards, the account, access to it, and reports.

``Client`` sends, ``errors`` says what went wrong and what may be done next, and the rate limiters
keep all processes of an account together below its limit. A resource is called as the API names it,
client.sim_card_orders, and its methods as follows:

* ``page``, ``pages``, ``list``: one page, all pages, or their records one by one;
* ``retrieve``, ``create``, ``update``, ``delete``: one record;
* the name of an action as the API gives it.

What the specification forbids is refused with errors.InvalidArgument before anything is sent.
Nothing here knows Django.
"""

from telnyx_api import errors
from telnyx_api.client import Client
from telnyx_api.data_amount import DataAmount
from telnyx_api.rate_limit import LocalRateLimiter, RateLimiter, SharedRateLimiter
from telnyx_api.resource import Outcome, Page
from telnyx_api.sim_card_actions import SimCardAction
from telnyx_api.sim_card_groups import SimCardGroup
from telnyx_api.sim_cards import SimCard
from telnyx_api.unset import UNSET, Unset

__all__ = [
    "UNSET",
    "Client",
    "DataAmount",
    "LocalRateLimiter",
    "Outcome",
    "Page",
    "RateLimiter",
    "SharedRateLimiter",
    "SimCard",
    "SimCardAction",
    "SimCardGroup",
    "Unset",
    "errors",
]
