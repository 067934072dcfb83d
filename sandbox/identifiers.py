"""Numbers that identify SIM cards and devices, with their check digits."""

from random import Random

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn_digit(digits: str) -> str:
    """The check digit that makes ``digits`` plus it pass the Luhn test (ISO/IEC 7812)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = ord(digit) - 48
        total += value if position % 2 else _DOUBLED[value]
    return str(-total % 10)


def iccid(issuer: str, account: int) -> str:
    """An ICCID of 19 digits: 89, country and issuer, account number, check digit (ITU-T E.118)."""
    digits = f"{issuer}{account:0{18 - len(issuer)}d}"
    return digits + luhn_digit(digits)


def imei(type_allocation_code: str, serial: int) -> str:
    """An IMEI of 15 digits: TAC of the device model, serial number, check digit."""
    digits = f"{type_allocation_code}{serial:06d}"
    return digits + luhn_digit(digits)


def eid(issuer: str, serial: int) -> str:
    """An EID of 32 digits whose last two make it 1 modulo 97 (SGP.02)."""
    digits = f"{issuer}{serial:0{30 - len(issuer)}d}"
    return f"{digits}{98 - int(digits + '00') % 97:02d}"


def random_id(random: Random) -> str:
    """A UUID of version 4 that follows from the seed."""
    bits = random.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
