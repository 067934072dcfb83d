"""Opening a stored fleet, or making a new one."""

import sys
from datetime import date
from pathlib import Path

from sandbox.additions import complete
from sandbox.clock import Clock
from sandbox.context import Sandbox
from sandbox.fleet.generation import FleetPlan, generate
from sandbox.state import FORMAT, State, UnusableDataFile


def _fill(state: State, plan: FleetPlan) -> None:
    with state.transaction():
        sandbox = Sandbox(state, Clock(), plan.seed)
        generate(sandbox, plan)
        complete(sandbox, plan)
        for name, value in (
            ("format", FORMAT),
            ("sims", plan.sims),
            ("seed", plan.seed),
            ("as_of", plan.as_of),
        ):
            state.set_fact(name, str(value))


def _make(path: Path, plan: FleetPlan) -> None:
    """Write a new fleet beside its place and move it there when it is whole."""
    unfinished = path.with_name(path.name + ".partial")
    try:
        unfinished.unlink(missing_ok=True)
        state = State(unfinished, loading=True)
        _fill(state, plan)
        state.close()
        unfinished.replace(path)
    except OSError as error:
        raise UnusableDataFile(f"The data file {path} cannot be written: {error}") from error


def open_state(path: Path | None, plan: FleetPlan, asked: set[str]) -> tuple[State, FleetPlan]:
    """The state and what its fleet follows from; a stored fleet wins over ``plan``.

    ``asked`` names the parts of the plan that somebody chose: if the file differs from one of
    those, a note says so on stderr.
    """
    if path is None:
        state = State(None)
        _fill(state, plan)
        return state, plan
    try:
        present = path.exists() and path.stat().st_size > 0
    except OSError as error:
        raise UnusableDataFile(f"The data file {path} cannot be read: {error}") from error
    if not present:
        _make(path, plan)
    state = State(path)
    facts = {name: state.fact(name) for name in ("sims", "seed", "as_of")}
    if None in facts.values():
        raise UnusableDataFile(f"The data file {path} holds no whole fleet.")
    stored = FleetPlan(
        int(facts["sims"] or 0), int(facts["seed"] or 0), date.fromisoformat(facts["as_of"] or "")
    )
    for name in sorted(asked):
        if getattr(stored, name) != getattr(plan, name):
            print(  # noqa: T201
                f"Note: {path} was made with {name.replace('_', '-')} {getattr(stored, name)},"
                f" which is used instead of {getattr(plan, name)}.",
                file=sys.stderr,
            )
    return state, stored
