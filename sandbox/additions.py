"""What a fleet has besides its SIM cards; added to data files of earlier versions as well.

Each kind follows from the seed and its own name alone, so that a new kind changes no other.
"""

from collections.abc import Callable
from random import Random

from sandbox.access import addresses
from sandbox.clock import midnight
from sandbox.context import Sandbox
from sandbox.fleet.generation import FleetPlan
from sandbox.iot import ota_updates, registration_codes

# Called with the sandbox, a source of chance, and the fleet's day in Unix seconds.
Filler = Callable[[Sandbox, Random, float], None]
FILLERS: dict[str, Filler] = {
    "ota_updates": ota_updates.fill,
    "registration_codes": registration_codes.fill,
    "addresses": addresses.fill,
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
