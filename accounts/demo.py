"""The demo's people. Only `make demo` creates them, and only on loopback."""

from accounts.models import Role

PASSWORD = "simfleet-demo"  # noqa: S105 - printed on the demo's sign-in page
ACCOUNT = "demo"
PEOPLE = (
    ("admin@example.com", "Ada Admin", Role.ADMIN),
    ("ops@example.com", "Otto Ops", Role.OPERATOR),
    ("manager@example.com", "Mia Manager", Role.MANAGER),
)
