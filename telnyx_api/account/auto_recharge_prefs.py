"""When and with how much the balance is recharged."""

from typing import TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import decimal_text, truth, word
from telnyx_api.fields import Field
from telnyx_api.resource import Resource

PATH = "/payment/auto_recharge_prefs"


class AutoRechargePref(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    enabled: bool
    id: str
    invoice_enabled: bool
    preference: str
    recharge_amount: str
    record_type: str
    threshold_amount: str


class AutoRechargePrefChanges(TypedDict, total=False):
    """What can be changed."""

    enabled: bool
    invoice_enabled: bool
    preference: str
    recharge_amount: str
    threshold_amount: str


UPDATE = {
    "enabled": Field(truth),
    "invoice_enabled": Field(truth),
    "preference": Field(word("credit_paypal", "ach")),
    "recharge_amount": Field(decimal_text),
    "threshold_amount": Field(decimal_text),
}


class AutoRechargePrefs(Resource):
    """/payment/auto_recharge_prefs."""

    def retrieve(self) -> AutoRechargePref:
        """The preferences of the account."""
        return self._one(AutoRechargePref, "GET", PATH)

    def update(self, **values: Unpack[AutoRechargePrefChanges]) -> AutoRechargePref:
        """Change what is given and leave the rest."""
        return self._one(AutoRechargePref, "PATCH", PATH, body=fields.changes(UPDATE, values))
