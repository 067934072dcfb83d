"""Reads fleets from the API in the foreground and shows how far it got."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Resource, SyncRun, SyncState
from fleet.sync.connection import REFUSED
from fleet.sync.engine import DATABASE_LOST, start_run, sweep
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import note_outcome

LINES_SECONDS = 0.2
BAR = 20
CHOICES = [*map(Resource, SYNCS), Resource.DETAILS]
LOGGER = logging.getLogger("fleet.sync")


class Command(BaseCommand):
    """Reads fleets from the API in the foreground and shows how far it got."""

    help = "Read fleets from the API now. The exit code is 0 only if every sweep was complete."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument(
            *("--account", "-a"),
            action="append",
            metavar="SLUG",
            help="slug of a Telnyx account, may be repeated; all accounts without it",
        )
        parser.add_argument(
            *("--resource", "-r"),
            action="append",
            choices=[resource.value for resource in CHOICES],
            help="what to read, may be repeated; every list without it",
        )

        parser.add_argument(
            "--full",
            action="store_true",
            help="begin anew where an earlier run was stopped, and read lists that only grow to "
            "their end",
        )

    def handle(self, **options: Any) -> None:
        """Sweep what was asked for."""
        accounts = _accounts(options["account"])
        # Parents first, in whatever order they were given.
        chosen = options["resource"] or SYNCS
        resources = [r for r in CHOICES if r in chosen]
        incomplete = 0
        for account in accounts:
            for resource in resources:
                if not account.may_call:
                    self._line(
                        account, resource, f"skipped. {account.connection_detail or REFUSED}"
                    )
                    incomplete += 1
                    continue
                incomplete += not self._sweep(account, resource, options["full"])
                account.refresh_from_db()
        if incomplete:
            total = len(accounts) * len(resources)
            raise CommandError(f"{incomplete} of {total} sweeps did not complete.")

    def _sweep(self, account: TelnyxAccount, resource: Resource, full: bool) -> bool:
        run = start_run(account, resource, afresh=full)
        if run is None:
            self._line(account, resource, "skipped: another process is reading this already.")
            return False
        begun = timezone.now()
        try:
            with self._progress(run):
                sweep(run, full=full)
        except KeyboardInterrupt:
            self._line(account, resource, f"{counts(run)}. {run.outcome}")
            raise CommandError("Stopped.", returncode=130) from None
        except DATABASE_LOST:
            self._line(account, resource, f"{counts(run)}. {run.outcome}")
            raise CommandError(
                "The connection to the database was lost: run this again once it is back."
            ) from None
        note_outcome(account, run, begun)
        ending = "complete" if run.state == SyncState.COMPLETE else run.get_state_display().lower()
        self._line(account, resource, f"{ending}: {counts(run)}. {run.outcome}".strip())
        return run.state == SyncState.COMPLETE

    def _line(self, account: TelnyxAccount, resource: Resource, text: str) -> None:
        self.stdout.write(f"{account.slug} {resource.value}: {text}")

    @contextmanager
    def _progress(self, run: SyncRun) -> Iterator[None]:
        """On a terminal, a line that shows the counts while the sweep goes on."""
        if not self.stdout.isatty():
            yield
            return
        done = threading.Event()

        def show() -> None:
            while not done.wait(LINES_SECONDS):
                expected = "" if run.expected is None else f" of {run.expected:,}"
                text = f"{run.account.slug} {run.resource}: {bar(run)}{counts(run, expected)}"
                self.stdout.write(f"\r\x1b[K{text}", ending="")
                self.stdout.flush()

        shower = threading.Thread(target=show, daemon=True)
        level = LOGGER.level
        # The line says it all.
        LOGGER.setLevel(logging.WARNING)
        shower.start()
        try:
            yield
        finally:
            done.set()
            shower.join()
            LOGGER.setLevel(level)
            self.stdout.write("\r\x1b[K", ending="")


def bar(run: SyncRun) -> str:
    """How far a run is, as a bar; "" before the API said how many there are."""
    if run.percent is None:
        return ""
    full = BAR * run.percent // 100
    return f"[{'#' * full}{'.' * (BAR - full)}] {run.percent:3} %  "


def counts(run: SyncRun, expected: str = "") -> str:
    """What a run saw and changed, in one line."""
    return (
        f"{run.seen:,}{expected} seen, {run.new:,} new, {run.changed:,} changed, "
        f"{run.removed:,} removed, {run.error_count:,} errors, {run.api_calls:,} API calls"
    )


def _accounts(slugs: list[str] | None) -> list[TelnyxAccount]:
    every = list(TelnyxAccount.objects.all())
    if not every:
        raise CommandError("There is no Telnyx account yet: add one in Simfleet's pages.")
    if unknown := sorted(set(slugs or ()) - {account.slug for account in every}):
        known = ", ".join(account.slug for account in every)
        raise CommandError(f"--account {', '.join(unknown)}: not found (there is: {known}).")
    return [account for account in every if not slugs or account.slug in slugs]
