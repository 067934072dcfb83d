"""How addresses are written: postal codes by country, and streets and regions in full."""

import re

# The usual form of a postal code, and where a space or dash belongs in it. Countries that are not
# here are taken as they come (our choice).
POSTAL_CODES: dict[str, tuple[str, str]] = {
    "US": (r"(\d{5})-?(\d{4})?", "-"),
    "CA": (r"([A-Z]\d[A-Z]) ?(\d[A-Z]\d)", " "),
    "GB": (r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})", " "),
    "IE": (r"([A-Z]\d[\dW]) ?([A-Z\d]{4})", " "),
    "NL": (r"(\d{4}) ?([A-Z]{2})", " "),
    "PL": (r"(\d{2})-?(\d{3})", "-"),
    "PT": (r"(\d{4})-?(\d{3})", "-"),
    "BR": (r"(\d{5})-?(\d{3})", "-"),
    "JP": (r"(\d{3})-?(\d{4})", "-"),
    "SE": (r"(\d{3}) ?(\d{2})", " "),
    "CZ": (r"(\d{3}) ?(\d{2})", " "),
    **dict.fromkeys(("DE", "FR", "ES", "IT", "FI", "MX"), (r"(\d{5})()", "")),
    **dict.fromkeys(("AT", "CH", "BE", "NO", "DK", "AU"), (r"(\d{4})()", "")),
    "SG": (r"(\d{6})()", ""),
}
STREET_WORDS = {
    "ave": "Avenue",
    "blvd": "Boulevard",
    "dr": "Drive",
    "hwy": "Highway",
    "ln": "Lane",
    "pl": "Place",
    "rd": "Road",
    "sq": "Square",
    "st": "Street",
}
STATES = {
    name: code
    for code, name in (
        pair.split(":")
        for pair in [
            "AL:alabama",
            "AK:alaska",
            "AZ:arizona",
            "AR:arkansas",
            "CA:california",
            "CO:colorado",
            "CT:connecticut",
            "DE:delaware",
            "DC:district of columbia",
            "FL:florida",
            "GA:georgia",
            "HI:hawaii",
            "ID:idaho",
            "IL:illinois",
            "IN:indiana",
            "IA:iowa",
            "KS:kansas",
            "KY:kentucky",
            "LA:louisiana",
            "ME:maine",
            "MD:maryland",
            "MA:massachusetts",
            "MI:michigan",
            "MN:minnesota",
            "MS:mississippi",
            "MO:missouri",
            "MT:montana",
            "NE:nebraska",
            "NV:nevada",
            "NH:new hampshire",
            "NJ:new jersey",
            "NM:new mexico",
            "NY:new york",
            "NC:north carolina",
            "ND:north dakota",
            "OH:ohio",
            "OK:oklahoma",
            "OR:oregon",
            "PA:pennsylvania",
            "RI:rhode island",
            "SC:south carolina",
            "SD:south dakota",
            "TN:tennessee",
            "TX:texas",
            "UT:utah",
            "VT:vermont",
            "VA:virginia",
            "WA:washington",
            "WV:west virginia",
            "WI:wisconsin",
            "WY:wyoming",
        ]
    )
}
ENGLISH_STREETS = ("US", "CA", "GB", "IE", "AU")


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _capitals(text: str) -> str:
    """Words with a capital letter, where the whole was written in one size."""
    if text != text.lower() and text != text.upper():
        return text
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))


def postal_code(text: str, country: str) -> str | None:
    """The code in its usual form, or None where the country has no such code."""
    written = _spaced(text).upper()
    if country not in POSTAL_CODES:
        return written
    form, between = POSTAL_CODES[country]
    match = re.fullmatch(form, written, re.ASCII)
    if match is None:
        return None
    first, second = match.groups()
    return f"{first}{between}{second}" if second else str(first)


def street(text: str, country: str) -> str:
    """The street with its last word in full, as in 600 Congress Avenue."""
    words = _capitals(_spaced(text)).split(" ")
    if country in ENGLISH_STREETS and len(words) > 1:
        words[-1] = STREET_WORDS.get(words[-1].lower().removesuffix("."), words[-1])
    return " ".join(words)


def locality(text: str) -> str:
    """The town."""
    return _capitals(_spaced(text))


def area(text: str, country: str) -> str:
    """The region; in the US the two letters of the state."""
    written = _spaced(text)
    if country == "US":
        return STATES.get(written.lower(), written.upper() if len(written) == 2 else written)
    return written
