"""A client for the Telnyx API, as far as IoT SIM cards need it.

``Client`` sends, ``errors`` says what went wrong and what may be done next, and the rate limiters
keep all processes of an account together below its limit. Nothing here knows Django.
"""

from telnyx_api import errors
from telnyx_api.client import Client
from telnyx_api.data_amount import DataAmount
from telnyx_api.rate_limit import LocalRateLimiter, RateLimiter, SharedRateLimiter
from telnyx_api.resource import Page
from telnyx_api.sim_card_actions import SimCardAction
from telnyx_api.sim_card_groups import SimCardGroup
from telnyx_api.sim_cards import SimCard
from telnyx_api.unset import UNSET, Unset

__all__ = [
    "UNSET",
    "Client",
    "DataAmount",
    "LocalRateLimiter",
    "Page",
    "RateLimiter",
    "SharedRateLimiter",
    "SimCard",
    "SimCardAction",
    "SimCardGroup",
    "Unset",
    "errors",
]
