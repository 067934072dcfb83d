"""What data costs: one price a zone, and a zone for every mobile country code.

That data is priced by zone, and falls with the volume of the whole account, is documented
behaviour. The prices are our choice: documented are 0.078 to 0.0195 USD in zone 1 up to 2 GB, and a
fleet sends a thousand times that. They do not fall with the volume, since the price of a record
would then depend on all others, and records could not be added up.

Money is counted in whole units of 10^-7 USD: thousandths of a megabyte times 10^-4 USD are exact.
"""

from decimal import Decimal

PER_DOLLAR = 10_000_000
# 10^-4 USD for a megabyte, by zone.
ZONE_PRICES = {1: 78, 2: 120, 3: 195, 4: 310, 5: 480, 6: 650}
ZONES = {
    1: ("310", "311", "302"),
    2: ("204", "206", "208", "214", "222", "230", "232", "234", "238", "240", "244", "260", "262"),
    3: ("242", "268", "272", "505", "334"),
    4: ("228", "440"),
    5: ("525", "724"),
}
ELSEWHERE = 6
PRICES = {mcc: ZONE_PRICES[zone] for zone, codes in ZONES.items() for mcc in codes}


def price(mcc: str) -> int:
    """The price of a megabyte in 10^-4 USD."""
    return PRICES.get(mcc, ZONE_PRICES[ELSEWHERE])


def cost(amount: int, mcc: str) -> int:
    """What so many thousandths of a megabyte cost, in 10^-7 USD; exact."""
    return amount * price(mcc)


def dollars(units: int) -> Decimal:
    """Units of 10^-7 USD in USD."""
    return Decimal(units).scaleb(-7)
