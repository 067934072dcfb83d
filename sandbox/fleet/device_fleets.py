"""The groups of the simulated account: what devices they hold, where, and how much they send."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A device model with its type allocation code, the first 8 digits of an IMEI."""

    name: str
    tac: str
    version: str


CHARGER = Model("volta-c22", "86412805", "4.3")
CHARGER_DUAL = Model("volta-c50", "86412806", "5.0")
TRACKER = Model("nordfrost-t2", "86789304", "4.3")
TRACKER_MINI = Model("nordfrost-mini", "86789307", "5.0")
METER = Model("aqua-m7", "35283711", "4.3")
TERMINAL = Model("payline-x1", "35645209", "4.3")
TERMINAL_TWO = Model("payline-x2", "35645212", "5.0")
SCREEN = Model("brightwall-55", "35912408", "4.3")
TELEMATICS = Model("roadbox-4", "86105903", "4.3")
TELEMATICS_TWO = Model("roadbox-5", "86105906", "5.0")
LIFT = Model("liftline-2", "35771610", "4.3")
VENDING = Model("snackbox-r3", "86338902", "4.3")
CAMERA = Model("fieldcam-1", "35448807", "5.0")
PROBE = Model("terraprobe-s", "86550401", "4.3")


@dataclass(frozen=True)
class DeviceFleet:
    """A group. ``share`` is its weight, ``usage`` the median of the period in MB.

    ``fill`` is which part of the pooled data limit is used up; None is no limit.
    """

    name: str
    share: float
    countries: tuple[tuple[str, int], ...]
    models: tuple[tuple[Model, int], ...]
    customers: tuple[str, ...]
    usage: float
    fill: float | None
    voice: float = 0.0


DEFAULT_FLEET = DeviceFleet(
    "Default group",
    3.5,
    (("US", 3), ("DE", 2), ("GB", 2)),
    ((TRACKER, 2), (METER, 1), (TERMINAL, 1)),
    ("internal", "lab"),
    4.0,
    None,
)
FLEETS = (
    DEFAULT_FLEET,
    DeviceFleet(
        "EV chargers – Iberia",
        12,
        (("ES", 7), ("PT", 3)),
        ((CHARGER, 7), (CHARGER_DUAL, 3)),
        ("ruta-verde", "costa-energia", "aparca-plus"),
        38,
        0.61,
    ),
    DeviceFleet(
        "EV chargers – DACH",
        13,
        (("DE", 7), ("AT", 2), ("CH", 2)),
        ((CHARGER, 4), (CHARGER_DUAL, 6)),
        ("stadtstrom", "parkwerk", "alpenladen"),
        44,
        0.72,
    ),
    DeviceFleet(
        "Cold-chain trackers",
        16,
        (("NL", 4), ("BE", 3), ("FR", 4), ("PL", 4), ("CZ", 2), ("IT", 3)),
        ((TRACKER, 6), (TRACKER_MINI, 4)),
        ("polar-freight", "frigo-trans", "medicool"),
        21,
        0.48,
    ),
    DeviceFleet(
        "Smart meters – Benelux",
        14,
        (("NL", 6), ("BE", 5)),
        ((METER, 1),),
        ("waterland", "hydro-lux"),
        2.4,
        0.35,
    ),
    DeviceFleet(
        "Payment terminals – UK and Ireland",
        12,
        (("GB", 8), ("IE", 2)),
        ((TERMINAL, 5), (TERMINAL_TWO, 5)),
        ("highstreet-pay", "corner-till", "market-day"),
        9,
        0.55,
        voice=0.04,
    ),
    DeviceFleet(
        "Digital signage – North America",
        8,
        (("US", 7), ("CA", 3), ("MX", 2)),
        ((SCREEN, 1),),
        ("bright-malls", "transit-ads"),
        640,
        0.92,
    ),
    DeviceFleet(
        "Fleet telematics – Nordics",
        10,
        (("SE", 4), ("NO", 3), ("DK", 3), ("FI", 3)),
        ((TELEMATICS, 5), (TELEMATICS_TWO, 5)),
        ("nordhaul", "fjord-line", "snow-removal-coop"),
        56,
        0.66,
        voice=0.12,
    ),
    DeviceFleet(
        "Lift emergency lines – Germany and Austria",
        8,
        (("DE", 8), ("AT", 3)),
        ((LIFT, 1),),
        ("aufzug-dienst", "hochhaus-gmbh"),
        3.1,
        None,
        voice=0.85,
    ),
    DeviceFleet(
        "Field sensors – Asia Pacific and Brazil",
        8,
        (("AU", 5), ("JP", 3), ("SG", 2), ("BR", 4)),
        ((PROBE, 7), (VENDING, 3)),
        ("outback-agri", "koi-farms", "serra-cafe"),
        6.5,
        0.41,
    ),
    DeviceFleet(
        "Body cameras (pilot)",
        1.5,
        (("GB", 3), ("US", 2)),
        ((CAMERA, 1),),
        ("city-wardens",),
        1_900,
        0.78,
    ),
)
