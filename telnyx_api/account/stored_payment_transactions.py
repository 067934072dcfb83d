"""Payments. The specification writes the version a second time in their path."""

from typing import TypedDict

from telnyx_api import fields
from telnyx_api.arguments import matching
from telnyx_api.fields import Field
from telnyx_api.resource import Resource

PATH = "/v2/payment/stored_payment_transactions"


class StoredPaymentTransaction(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    amount_cents: int
    amount_currency: str
    auto_recharge: bool
    created_at: str
    id: str
    processor_status: str
    record_type: str
    transaction_processing_type: str


CREATE = {
    "amount": Field(
        matching(r"\d{1,9}\.\d\d", 'an amount with two decimals as a text, such as "120.00"'),
        required=True,
    ),
}


class StoredPaymentTransactions(Resource):
    """/v2/payment/stored_payment_transactions."""

    def create(self, amount: str) -> StoredPaymentTransaction:
        """Pay with the stored means of payment; never sent twice."""
        return self._one(
            StoredPaymentTransaction,
            "POST",
            PATH,
            body=fields.build(CREATE, {"amount": amount}),
            once=True,
        )
