"""One sweep over one resource of one account, from its run's beginning to its recorded end."""

from __future__ import annotations

import logging
import time
from functools import partial

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from fleet.history.partitions import make_months
from fleet.models import Resource, SyncRun, SyncState
from fleet.sync.advisory_locks import held_lock
from fleet.sync.budget import AccountClient, BudgetUsedUp
from fleet.sync.connection import REFUSED, AccountUnusable, client_for, noting_connection
from fleet.sync.details import read_details
from fleet.sync.fleet_counts import refresh_fleet_counts
from fleet.sync.merge import resolve_references
from fleet.sync.registry import SYNCS
from fleet.sync.resource import ResourceSync
from fleet.sync.runs import RunTakenAway, finish, lock_name, reap_dead_runs, start_run
from fleet.sync.sweep import ListMoved, Sweep
from telnyx_api import errors

__all__ = ["DATABASE_LOST", "reap_dead_runs", "start_run", "sweep"]

logger = logging.getLogger(__name__)

# psycopg's own comes from what bypasses Django's cursors.
DATABASE_LOST = (OperationalError, InterfaceError, psycopg.OperationalError)
# A database that restarts is back within this time; else the reaper ends the run later on.
RESTART_SECONDS = 30.0
TRY_AGAIN_SECONDS = 0.25
MORE_TO_CONFIRM = (
    "More records are missing from the list than are asked for one by one in a sweep: the next "
    "ones go on with that."
)


def sweep(run: SyncRun, *, full: bool = False, within_budget: bool = True) -> SyncRun:
    """Run a sweep to its end and record how it ended. Raises nothing that the API can cause.

    A person's own request is not held up by the budget, nor is what is not `within_budget`. `full`:
    lists that only grow are read to their end, not only until nothing is new.
    """
    account = run.account
    with held_lock(*lock_name(run)) as held:
        if not held:
            return finish(run, SyncState.FAILED, "Another process is sweeping this resource.")
        try:
            make_months()
            held_up = within_budget and run.requested_by_id is None
            with (
                client_for(account, within_budget=held_up) as client,
                # A key that may not list the SIM cards is as good as none.
                noting_connection(account, essential=run.resource == Resource.SIM_CARDS),
            ):
                return finish(run, SyncState.COMPLETE, _perform(run, client, full))
        except AccountUnusable as error:
            return finish(run, SyncState.FAILED, str(error))
        except errors.AuthenticationRefused:
            return finish(run, _broken_off(run), REFUSED + _kept(run))
        except BudgetUsedUp as error:
            return finish(run, SyncState.PARTIAL, str(error) + _kept(run))
        except errors.TelnyxError as error:
            return finish(run, _broken_off(run), str(error) + _kept(run))
        except ListMoved as error:
            # Going on where it was would be of no use.
            run.pages = 0
            return finish(run, SyncState.PARTIAL, str(error) + _kept(run))
        except RunTakenAway:
            logger.warning("sync run %s was taken away; its sweep ends", run.pk)
            return run
        except BaseException as error:
            _finish_after(run, error)
            raise


def _perform(run: SyncRun, client: AccountClient, full: bool) -> str:
    """Carry it out; what people should know of its end, mostly ""."""
    if run.resource == Resource.DETAILS:
        read_details(run, client)
        return ""
    sync = SYNCS[run.resource]
    if run.group_remote_id:
        sync = sync.of_group(run.group_remote_id)
    # What a stopped run changed before it was resumed has not been counted yet.
    resumed = bool(run.resumed)
    reading = Sweep(run, sync, client, full=full)
    counted = reading.perform(partial(_count, run, sync))
    resolved = resolve_references(sync, list(SYNCS.values()), run.account_id)
    differs = reading.batches.counted or reading.asked or resumed
    # Rows that got their groups since then, or were asked for by id, count otherwise once more.
    if differs and (resolved or not counted):
        _count(run, sync)
    else:
        sync.after_sweep(run.account)
    return MORE_TO_CONFIRM if reading.left_some else ""


def _count(run: SyncRun, sync: ResourceSync) -> None:
    sync.after_sweep(run.account)
    if run.resource == Resource.SIM_CARDS:
        refresh_fleet_counts(run.account)


def _finish_after(run: SyncRun, error: BaseException) -> None:
    """Record the end of a run that an error of our own broke off, as soon as the database takes it.

    Until then the run would look alive, and no other could begin.
    """
    lost = isinstance(error, DATABASE_LOST)
    deadline = time.monotonic() + (RESTART_SECONDS if lost else 0)
    while True:
        if lost:
            connection.close()
        else:
            connection.close_if_unusable_or_obsolete()
        try:
            finish(run, SyncState.FAILED, _own_fault(error) + _kept(run))
        except (DatabaseError, InterfaceError):
            if time.monotonic() >= deadline:
                return
            time.sleep(TRY_AGAIN_SECONDS)
        else:
            return


def _broken_off(run: SyncRun) -> SyncState:
    return SyncState.PARTIAL if run.seen else SyncState.FAILED


def _kept(run: SyncRun) -> str:
    if run.removed:
        return f" What was seen is stored; removed before that: {run.removed}."
    return " What was seen is stored; nothing was removed." if run.seen else ""


def _own_fault(error: BaseException) -> str:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return "It was stopped before it was done."
    if isinstance(error, DATABASE_LOST):
        return "An error of Simfleet's own: the connection to its database was lost."
    return f"An error of Simfleet's own: {type(error).__name__}."
