"""What a fleet has besides its SIM cards; added to data files of earlier versions as well.

Each kind follows from the seed and its own name alone, so that a new kind changes no other.
"""

from collections.abc import Callable
from random import Random

from sandbox.access import (
    access_ip_addresses,
    addresses,
    authentication_providers,
    integration_secrets,
    telephony_credentials,
)
from sandbox.account import audit_events, recurring, webhook_deliveries
from sandbox.clock import midnight
from sandbox.context import Sandbox
from sandbox.fleet.generation import FleetPlan
from sandbox.iot import migration_sources, migrations, ota_updates, registration_codes
from sandbox.usage import cycle, lines

# Called with the sandbox, a source of chance, and the fleet's day in Unix seconds.
Filler = Callable[[Sandbox, Random, float], None]
FILLERS: dict[str, Filler] = {
    "usage": lines.fill,
    "ledger": recurring.fill,
    "cycle": cycle.fill,
    "ota_updates": ota_updates.fill,
    "registration_codes": registration_codes.fill,
    "addresses": addresses.fill,
    "access_ip_addresses": access_ip_addresses.fill,
    "authentication_providers": authentication_providers.fill,
    "integration_secrets": integration_secrets.fill,
    "telephony_credentials": telephony_credentials.fill,
    "migration_sources": migration_sources.fill,
    "migrations": migrations.fill,
    "webhook_deliveries": webhook_deliveries.fill,
    # After everything that it tells of.
    "audit_events": audit_events.fill,
}


def complete(sandbox: Sandbox, plan: FleetPlan) -> None:
    """Add what is not there yet; does nothing to a file that is complete."""
    state = sandbox.state
    with state.transaction():
        for collection in sandbox.collections:
            collection.create_indexes()
        for name, fill in FILLERS.items():
            if state.fact(f"filled {name}") is None:
                fill(sandbox, Random(f"{name} {plan.seed}"), midnight(plan.as_of))
                state.set_fact(f"filled {name}", "yes")
