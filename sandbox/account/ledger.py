"""Every movement of money, so that the balance, charges and invoices tell the same story.

Amounts are whole units of 10^-7 USD, above zero for what is put on the account. The balance is
their sum and is rounded to cents only where it is shown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.usage.prices import PER_DOLLAR, dollars

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

COLUMNS = "seq, at, kind, amount, quantity, description, reference"


class Entry(NamedTuple):
    """A movement; ``at`` in milliseconds, ``reference`` the id of a SIM card, order or payment."""

    seq: int
    at: int
    kind: str
    amount: int
    quantity: int
    description: str
    reference: str | None


def prepare(state: State) -> None:
    """Make the table, unless it is there."""
    state.connection.execute(
        "CREATE TABLE IF NOT EXISTS ledger (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
        " kind TEXT NOT NULL, amount INTEGER NOT NULL, quantity INTEGER NOT NULL,"
        " description TEXT NOT NULL, reference TEXT)"
    )
    state.connection.execute("CREATE INDEX IF NOT EXISTS ledger_by_at ON ledger (at)")


def units(value: Decimal) -> int:
    """Dollars in units of 10^-7 USD."""
    return int(value * PER_DOLLAR)


def write(
    sandbox: Sandbox,
    at: int,
    kind: str,
    amount: int,
    description: str,
    quantity: int = 1,
    reference: str | None = None,
) -> None:
    """Add an entry without changing the balance: for what the balance holds already."""
    sandbox.state.connection.execute(
        "INSERT INTO ledger (at, kind, amount, quantity, description, reference)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (at, kind, amount, quantity, description, reference),
    )


def post(
    sandbox: Sandbox,
    kind: str,
    value: Decimal,
    description: str,
    quantity: int = 1,
    reference: str | None = None,
    at: int | None = None,
) -> None:
    """Move money now, or at a time in milliseconds; ``value`` in USD, below zero for a charge."""
    moment = int(sandbox.clock.now() * 1000) if at is None else at
    write(sandbox, moment, kind, units(value), description, quantity, reference)
    present = Decimal(sandbox.state.fact("balance") or "2500.00")
    sandbox.state.set_fact("balance", str(present + value))


def entries(sandbox: Sandbox, begin: int, end: int, *kinds: str) -> list[Entry]:
    """The movements from ``begin`` to ``end`` (milliseconds, not included), oldest first."""
    marks = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
    rows: list[Any] = sandbox.state.connection.execute(
        f"SELECT {COLUMNS} FROM ledger WHERE at >= ? AND at < ?{marks} ORDER BY at, seq",
        (begin, end, *kinds),
    ).fetchall()
    return [Entry(*row) for row in rows]


def total(sandbox: Sandbox) -> Decimal:
    """What all movements add up to, in USD."""
    row = sandbox.state.connection.execute("SELECT coalesce(sum(amount), 0) FROM ledger")
    return dollars(int(row.fetchone()[0]))
