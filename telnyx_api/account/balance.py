"""The balance of the account."""

from typing import TypedDict

from telnyx_api.resource import Resource

PATH = "/balance"


class Balance(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    available_credit: str
    balance: str
    credit_limit: str
    currency: str
    pending: str
    record_type: str


class Balances(Resource):
    """/balance."""

    def retrieve(self) -> Balance:
        """What there is to spend, and what is owed; amounts are texts."""
        return self._one(Balance, "GET", PATH)
