"""Everything that a request handler works with, in one object."""

import random
from uuid import uuid4

from sandbox import sim_card_actions, sim_card_records
from sandbox.clock import Clock
from sandbox.collection import Collection
from sandbox.schedule import Schedule
from sandbox.state import State


class Sandbox:
    """The stored resources, the clock and the schedule of one simulated account.

    ``seed`` makes the times that actions take repeatable.
    """

    def __init__(self, state: State, clock: Clock, seed: int) -> None:
        self.state = state
        self.clock = clock
        self.random = random.Random(f"durations {seed}")
        self.schedule = Schedule(state)
        self.sim_cards = sim_card_records.sim_card_collection(state)
        self.sim_card_groups = sim_card_records.sim_card_group_collection(state)
        self.sim_card_actions = sim_card_actions.collection(state)
        self.usage_by_group: dict[str, tuple[int, int]] = {}
        self.usage_version: tuple[int, ...] = ()
        # Orders of the next actions to fail, see the admin endpoints.
        self.ordered_outcomes = sim_card_actions.OrderedOutcomes()
        sim_card_actions.register(self)
        sim_card_records.register(self)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Every kind of resource."""
        return (self.sim_cards, self.sim_card_groups, self.sim_card_actions)

    def reload(self) -> None:
        """Bring what is kept in memory back in line with the database, after a rollback."""
        for collection in self.collections:
            collection.reload()
        self.schedule.reload()

    def new_id(self) -> str:
        """A random UUID; unlike the fleet's it does not follow from the seed alone."""
        return str(uuid4())
