"""The command line: ``python -m sandbox``."""

import argparse
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import inf
from pathlib import Path
from typing import Any, NoReturn

from sandbox.additions import complete
from sandbox.admin import outcome_of
from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.clock_skew import MOST, set_skew, stored_skew
from sandbox.context import Sandbox
from sandbox.data_file import open_state
from sandbox.fleet.generation import FleetPlan
from sandbox.problems import Problem
from sandbox.server import SandboxServer, listen
from sandbox.state import UnusableDataFile
from sandbox.usage import growth
from sandbox.webhooks.sending import is_address

KEY_VARIABLE = "SANDBOX_API_KEY"


def fail(message: str) -> NoReturn:
    """End with one line on stderr and code 1."""
    sys.stderr.write(f"sandbox: {message}\n")
    raise SystemExit(1)


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line and code 1."""

    def error(self, message: str) -> NoReturn:
        """End on a bad option."""
        fail(message)


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if number < least or (most is not None and number > most):
            upto = "or more" if most is None else f"to {most}"
            raise argparse.ArgumentTypeError(f"{number} is not {least} {upto}")
        return number

    return read


def _factor(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2026-05-31") from None


def _skew(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = inf
    if not abs(seconds) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds within ten years")
    return seconds


def _json_of(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON object")
    return value


def _address(text: str) -> str:
    if not is_address(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an http or https address")
    return text


def parser() -> Parser:
    """All options."""
    options = Parser(prog="sandbox", description="A stand-in for the Telnyx API.")
    add = options.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=_whole(0, 65_535), default=4010, help="0 takes any free port")
    add("--sims", type=_whole(0, 10_000_000), help="SIM cards of a new fleet (2000)")
    add("--seed", type=_whole(0), help="a fleet follows from its seed (7)")
    add("--as-of", type=_day, help="the day up to which a new fleet has a past (today, UTC)")
    add("--api-key", help=f"the key that clients must send; better given in {KEY_VARIABLE}")
    add("--data", type=Path, help="file that keeps the state; without it, it is in memory")
    add("--speed", type=_factor, default=1.0, help="10 makes actions end ten times sooner")
    add("--rate-limit", type=_whole(1), help="requests a second for each key")
    add("--open-admin", action="store_true", help="/_sandbox also for clients elsewhere")
    add("--webhook-url", type=_address, help="where events of the sandbox's own are sent, signed")
    add(
        "--fault",
        type=_json_of,
        action="append",
        default=[],
        help='a fault from the start, as for /_sandbox/faults: {"kind": "latency", "seconds": 0.2}',
    )
    add(
        "--action-outcome",
        type=_json_of,
        action="append",
        default=[],
        help='how actions end, as for /_sandbox/action_outcomes: {"status": "failed"}',
    )
    add("--clock-skew", type=_skew, help="seconds by which the sandbox's clock is ahead")
    add("--growth", action="store_true", help="connected SIM cards use data by the minute")
    add("--standby-connects", action="store_true", help="so do those on standby, with --growth")
    return options


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def main(arguments: list[str] | None = None) -> None:
    """Run until a signal comes."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    options = parser().parse_args(arguments)
    api_key = options.api_key or os.environ.get(KEY_VARIABLE, "")
    if not api_key:
        fail(f"no API key: set {KEY_VARIABLE} or give --api-key")
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        fail(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}")
    asked = {name for name in ("sims", "seed", "as_of") if getattr(options, name) is not None}
    plan = FleetPlan(
        sims=2000 if options.sims is None else options.sims,
        seed=7 if options.seed is None else options.seed,
        as_of=options.as_of or datetime.now(UTC).date(),
    )
    try:
        state, stored = open_state(options.data, plan, asked)
        sandbox = Sandbox(state, Clock(options.speed), stored.seed)
        sandbox.clock.skew = stored_skew(sandbox)
        complete(sandbox, stored)
    except UnusableDataFile as error:
        fail(str(error))
    except sqlite3.Error as error:
        fail(f"the data file {options.data} cannot be used: {error}")
    sandbox.webhooks.send_to(options.webhook_url)
    sandbox.standby_connects = options.standby_connects
    if options.growth:
        growth.start(sandbox)
    app = create_app(sandbox, api_key, stored.seed, options.rate_limit, options.open_admin)
    try:
        for fault in options.fault:
            app.state.gate.faults.arm(fault)
        sandbox.ordered_outcomes += [outcome_of(order) for order in options.action_outcome]
    except Problem as problem:
        source = problem.error.get("source", {}).get("pointer", "")
        fail(f"a fault or outcome has a wrong field {source}: {problem.error['detail']}")
    if options.clock_skew is not None:
        set_skew(sandbox, options.clock_skew)
    host = f"[{options.host}]" if ":" in options.host else options.host
    port = listener.getsockname()[1]

    def ready() -> None:
        sys.stdout.write(
            f"Sandbox is ready: http://{host}:{port}/v2"
            f" ({len(sandbox.sim_cards)} SIM cards, seed {stored.seed})\n"
        )
        sys.stdout.flush()

    SandboxServer(app, ready).run(sockets=[listener])
    state.close()


if __name__ == "__main__":
    main()
