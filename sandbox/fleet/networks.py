"""Countries with their mobile networks and some towns, for the simulated fleet."""

from dataclasses import dataclass

NAMES = {
    "US": "United States",
    "CA": "Canada",
    "MX": "Mexico",
    "BR": "Brazil",
    "GB": "United Kingdom",
    "IE": "Ireland",
    "DE": "Germany",
    "AT": "Austria",
    "CH": "Switzerland",
    "FR": "France",
    "ES": "Spain",
    "PT": "Portugal",
    "IT": "Italy",
    "NL": "Netherlands",
    "BE": "Belgium",
    "PL": "Poland",
    "CZ": "Czechia",
    "SE": "Sweden",
    "NO": "Norway",
    "DK": "Denmark",
    "FI": "Finland",
    "AU": "Australia",
    "JP": "Japan",
    "SG": "Singapore",
}


@dataclass(frozen=True)
class Country:
    """``networks`` are (MNC, weight); ``towns`` are (name, latitude, longitude) in degrees."""

    code: str
    mcc: str
    networks: tuple[tuple[str, int], ...]
    towns: tuple[tuple[str, float, float], ...]

    @property
    def name(self) -> str:
        """The English name."""
        return NAMES[self.code]


def _country(code: str, mcc: str, networks: str, towns: str) -> Country:
    """Read ``MNC:weight ...`` and ``name latitude longitude, ...``."""
    parsed = tuple(
        (mnc, int(weight)) for mnc, weight in (part.split(":") for part in networks.split())
    )
    places = tuple(part.strip().rsplit(" ", 2) for part in towns.split(","))
    return Country(
        code,
        mcc,
        parsed,
        tuple((name, float(latitude), float(longitude)) for name, latitude, longitude in places),
    )


COUNTRIES = {
    country.code: country
    for country in (
        _country(
            "US",
            "310",
            "260:5 410:4",
            "austin 30.267 -97.743, chicago 41.878 -87.630, denver 39.739 -104.990, "
            "atlanta 33.749 -84.388",
        ),
        _country(
            "CA",
            "302",
            "720:4 610:3 220:3",
            "toronto 43.653 -79.383, calgary 51.045 -114.057, halifax 44.649 -63.576",
        ),
        _country(
            "MX", "334", "020:6 050:2", "monterrey 25.687 -100.316, guadalajara 20.660 -103.350"
        ),
        _country(
            "BR", "724", "05:4 06:4 02:3", "campinas -22.906 -47.061, curitiba -25.428 -49.273"
        ),
        _country(
            "GB",
            "234",
            "30:4 15:3 10:3 20:2",
            "leeds 53.801 -1.549, bristol 51.455 -2.588, glasgow 55.864 -4.252, "
            "norwich 52.630 1.297",
        ),
        _country("IE", "272", "01:4 02:3 03:3", "cork 51.898 -8.476, galway 53.271 -9.057"),
        _country(
            "DE",
            "262",
            "01:5 02:4 03:3",
            "hamburg 53.551 9.994, leipzig 51.340 12.375, stuttgart 48.776 9.183, "
            "kassel 51.312 9.480",
        ),
        _country("AT", "232", "01:4 03:3 10:2", "graz 47.071 15.439, linz 48.307 14.286"),
        _country("CH", "228", "01:6 02:3 03:2", "bern 46.948 7.447, winterthur 47.499 8.724"),
        _country(
            "FR",
            "208",
            "01:5 10:4 20:3",
            "lyon 45.764 4.836, nantes 47.218 -1.554, lille 50.629 3.057",
        ),
        _country(
            "ES",
            "214",
            "07:5 01:3 03:3",
            "valencia 39.470 -0.376, sevilla 37.389 -5.984, bilbao 43.263 -2.935",
        ),
        _country("PT", "268", "06:4 01:4 03:3", "porto 41.158 -8.629, faro 37.019 -7.930"),
        _country(
            "IT",
            "222",
            "01:4 10:4 88:4",
            "torino 45.070 7.687, bologna 44.494 11.343, bari 41.117 16.872",
        ),
        _country("NL", "204", "08:5 04:4 16:4", "utrecht 52.091 5.122, eindhoven 51.441 5.470"),
        _country("BE", "206", "01:5 10:4 20:3", "gent 51.054 3.717, namur 50.467 4.872"),
        _country("PL", "260", "03:3 01:3 02:3 06:3", "poznan 52.407 16.925, lodz 51.759 19.456"),
        _country("CZ", "230", "01:4 02:3 03:3", "brno 49.195 16.607, plzen 49.738 13.374"),
        _country("SE", "240", "01:5 07:3 08:3", "malmo 55.605 13.004, uppsala 59.859 17.639"),
        _country("NO", "242", "01:5 02:4", "bergen 60.393 5.324, trondheim 63.431 10.395"),
        _country("DK", "238", "01:4 02:3 20:3", "aarhus 56.163 10.204, odense 55.404 10.402"),
        _country("FI", "244", "05:4 91:4 12:3", "tampere 61.498 23.761, oulu 65.012 25.465"),
        _country("AU", "505", "01:6 02:3", "brisbane -27.470 153.026, perth -31.951 115.861"),
        _country("JP", "440", "10:5 20:3 51:3", "nagoya 35.181 136.906, sendai 38.268 140.872"),
        _country("SG", "525", "01:5 03:2 05:3", "jurong 1.333 103.743, tampines 1.354 103.944"),
    )
}
