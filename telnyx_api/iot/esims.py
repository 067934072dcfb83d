"""eSIMs."""

from collections.abc import Sequence
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, matching, texts, whole, word
from telnyx_api.fields import Field
from telnyx_api.resource import Outcome, Resource
from telnyx_api.sim_card_records import SimCard

PATH = "/actions/purchase/esims"


class EsimPurchase(TypedDict, total=False):
    """``amount`` is needed. ``whitelabel_name`` goes with the product whitelabel."""

    amount: Required[int]
    product: str
    sim_card_group_id: str
    status: str
    tags: Sequence[str]
    whitelabel_name: str


PURCHASE = {
    "amount": Field(whole(1), required=True),
    "product": Field(any_text),
    "sim_card_group_id": Field(),
    "status": Field(word("enabled", "disabled", "standby")),
    "tags": Field(texts),
    "whitelabel_name": Field(matching(r"[^\W_]+(\s+[^\W_]+)*", "letters, digits and spaces")),
}


class Esims(Resource):
    """/actions/purchase/esims; they are SIM cards from then on."""

    def purchase(self, **values: Unpack[EsimPurchase]) -> Outcome[SimCard]:
        """Buy ``amount`` eSIMs; never sent twice. What was refused is in the errors."""
        return self._outcome(SimCard, "POST", PATH, body=fields.build(PURCHASE, values))
