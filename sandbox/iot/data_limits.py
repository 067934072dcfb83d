"""How much data was used, how much is allowed, and which SIM cards are over their limit.

Our choice where nothing is documented: the limit of a SIM card overrides that of its group, and the
limit of a group is shared by its SIM cards (pooled).
"""

from decimal import Decimal, InvalidOperation
from typing import Any

# Whether a gigabyte is 1000 or 1024 megabytes is not documented; amounts like "2048.0" hint at it.
MB_PER_GB = 1024
THOUSANDTHS = 1000
# As many digits as an amount may have (bodies.AMOUNT); what is stored stays within 64 bits.
BEYOND = 10**12


def thousandths_of_mb(quantity: Any) -> int | None:
    """``{amount, unit}`` in thousandths of a megabyte, or None when it is no such quantity."""
    if not isinstance(quantity, dict):
        return None
    try:
        amount = Decimal(str(quantity.get("amount")))
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= BEYOND:
        return None
    factor = MB_PER_GB if quantity.get("unit") == "GB" else 1
    return int(amount * factor * THOUSANDTHS)


def in_mb(thousandths: int) -> dict[str, str]:
    """A quantity as the API writes it: a decimal string in MB."""
    whole, rest = divmod(thousandths, THOUSANDTHS)
    fraction = f"{rest:03d}".rstrip("0") or "0"
    return {"amount": f"{whole}.{fraction}", "unit": "MB"}


def over(used: int, limit: int | None) -> bool:
    """Whether usage is above a limit; both in thousandths of a megabyte, None is no limit."""
    return limit is not None and used > limit
