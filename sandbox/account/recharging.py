"""Automatic recharging: when the balance falls below the threshold, a payment is made."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.account import ledger
from sandbox.clock import iso
from sandbox.collection import Collection, Column

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

CURRENCY = "USD"
# As often as it takes to get above the threshold, but not without end (our choice).
MOST_AT_ONCE = 100
FIRST = {
    "id": "1524000000000000001",
    "record_type": "auto_recharge_pref",
    "enabled": False,
    "invoice_enabled": False,
    "preference": "credit_paypal",
    "threshold_amount": "50.00",
    "recharge_amount": "250.00",
}


def collection(state: State) -> Collection:
    """The stored payments. No operation lists them."""
    return Collection(
        state, "payment_transactions", [Column("created_at", lambda p: p["created_at"])]
    )


def preferences(sandbox: Sandbox) -> dict[str, Any]:
    """The account's preferences."""
    stored = sandbox.state.fact("auto_recharge")
    return dict(FIRST) if stored is None else orjson.loads(stored)


def pay(sandbox: Sandbox, value: Decimal, automatic: bool = False) -> dict[str, Any]:
    """Put money on the account from the stored means of payment; answers the transaction."""
    transaction = {
        "id": sandbox.new_id(),
        "record_type": "transaction",
        "amount_cents": int(value * 100),
        "amount_currency": CURRENCY,
        "auto_recharge": automatic,
        "processor_status": "submitted_for_settlement",
        "transaction_processing_type": "stored_payment",
        "created_at": iso(sandbox.clock.now()),
    }
    sandbox.payment_transactions.insert(transaction)
    kind, text = ("recharge", "Automatic recharge") if automatic else ("payment", "Payment")
    ledger.post(sandbox, kind, value, text, 1, str(transaction["id"]))
    return transaction


def recharge(sandbox: Sandbox) -> None:
    """Pay if that is wanted and the balance is below the threshold."""
    wishes = preferences(sandbox)
    amount, threshold = Decimal(wishes["recharge_amount"]), Decimal(wishes["threshold_amount"])
    if not wishes["enabled"] or not amount:
        return
    for _ in range(MOST_AT_ONCE):
        if Decimal(sandbox.state.fact("balance") or "2500.00") >= threshold:
            return
        pay(sandbox, amount, automatic=True)
