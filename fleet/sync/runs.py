"""Sync runs: begun, resumed, reaped, ended."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Resource, SyncRun, SyncState
from fleet.sync.advisory_locks import held_lock, lock_key

logger = logging.getLogger(__name__)

# A run that was stopped goes on where it was, if that is not longer ago; and not for ever.
RESUME_WITHIN = timedelta(hours=2)
RESUMED_AT_MOST = 50
KEPT_ERRORS = 100
ERRORS_KEPT = timedelta(days=31)
COUNTED = (
    *("progressed_at", "expected", "pages", "seen", "new", "changed", "removed", "api_calls"),
    *("error_count", "errors", "moved_at", "unstorable"),
)


class RunTakenAway(Exception):
    """Somebody ended or deleted the run's row while it was being carried out."""


def start_run(
    account: TelnyxAccount,
    resource: Resource,
    person_id: int | None = None,
    *,
    group_remote_id: UUID | None = None,
    afresh: bool = False,
) -> SyncRun | None:
    """Record that a sweep begins, or goes on where it was stopped; None where one is running.

    The unique constraint on running sweeps decides, so two callers cannot both begin. With a group
    only its SIM cards are read, beside a sweep of all. `afresh`: from the beginning in any case.
    """
    reap_dead_runs(account)
    try:
        with transaction.atomic():
            if group_remote_id:
                _wait_for_other_start(account, group_remote_id)
                if _reads_group(account, group_remote_id):
                    return None
            elif not afresh and (stopped := _resume(account, resource, person_id)):
                return stopped
            return SyncRun.objects.create(
                account=account,
                resource=resource,
                requested_by_id=person_id,
                group_remote_id=group_remote_id,
                connection_version=account.connection_version,
            )
    except IntegrityError:
        return None


def _wait_for_other_start(account: TelnyxAccount, group_remote_id: UUID) -> None:
    """Of two that begin the same group at once, the second then sees the run of the first.

    No constraint keeps them apart: the one on running sweeps leaves groups out.
    """
    key = lock_key("start", account.pk, group_remote_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _reads_group(account: TelnyxAccount, group_remote_id: UUID) -> bool:
    return SyncRun.objects.filter(
        account=account, group_remote_id=group_remote_id, state=SyncState.RUNNING
    ).exists()


def _resume(account: TelnyxAccount, resource: Resource, person_id: int | None) -> SyncRun | None:
    last = (
        SyncRun.objects.filter(account=account, resource=resource, group_remote_id=None)
        .order_by("-started_at", "-pk")
        .first()
    )
    if last is None or last.state not in (SyncState.PARTIAL, SyncState.FAILED) or not last.pages:
        return None
    recent = last.finished_at and last.finished_at > timezone.now() - RESUME_WITHIN
    same = last.connection_version == account.connection_version
    if not (recent and same) or last.resumed >= RESUMED_AT_MOST or not _kept_ids(last):
        return None
    resumed = SyncRun.objects.filter(pk=last.pk, state=last.state).update(
        state=SyncState.RUNNING,
        resumed=F("resumed") + 1,
        progressed_at=timezone.now(),
        finished_at=None,
        outcome="",
        # A person's request is not held up by the budget, whoever began the run.
        requested_by_id=person_id or last.requested_by_id,
    )
    if not resumed:
        return None
    last.refresh_from_db()
    return last


def lock_name(run: SyncRun) -> tuple[object, ...]:
    """What a sweep holds from its beginning to its end."""
    name = ("sync", run.account_id, run.resource)
    return (*name, run.group_remote_id) if run.group_remote_id else name


def kept_table(run: SyncRun) -> str:
    """The table with the ids that a long run has seen, which outlives its process."""
    return f"sweep_seen_{run.pk}"


def _kept_ids(run: SyncRun) -> bool:
    """Whether the ids that the run saw are all there: a crash of the database empties the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [kept_table(run)])
        if cursor.fetchone()[0] is None:
            return False
        cursor.execute(f"SELECT count(*) FROM {kept_table(run)}")
        return int(cursor.fetchone()[0]) >= run.seen - run.error_count


def reap_dead_runs(account: TelnyxAccount) -> int:
    """End the runs whose process died; the number of them.

    A sweep that lives holds its lock, however long the API keeps it waiting.
    """
    reaped = 0
    for run in SyncRun.objects.filter(
        account=account,
        state=SyncState.RUNNING,
        progressed_at__lt=timezone.now() - SyncRun.HEARTBEAT,
    ):
        with held_lock(*lock_name(run)) as dead:
            if dead:
                reaped += SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING).update(
                    state=SyncState.FAILED,
                    finished_at=timezone.now(),
                    outcome="The process that ran it ended before it was done.",
                )
    return reaped


def finish(run: SyncRun, state: SyncState, outcome: str) -> SyncRun:
    """End a run, unless somebody else has."""
    run.finished_at = run.progressed_at = timezone.now()
    fields = {name: getattr(run, name) for name in COUNTED}
    # A run that was ended or deleted meanwhile is not brought back.
    # Nor is it ended by the process from which another took it over.
    SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING, resumed=run.resumed).update(
        **fields, state=state, outcome=outcome, finished_at=run.finished_at
    )
    run.state, run.outcome = state, outcome
    logger.info("sync %s of account %s: %s %s", run.resource, run.account_id, state, outcome)
    return run


def save_progress(run: SyncRun) -> None:
    """Store how far a run is. Raises RunTakenAway."""
    run.progressed_at = timezone.now()
    fields = {name: getattr(run, name) for name in COUNTED}
    mine = SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING, resumed=run.resumed)
    if not mine.update(**fields):
        raise RunTakenAway


def note_error(run: SyncRun, reason: str, raw: str) -> None:
    """Count what could not be stored or asked, and keep what people need to find out why."""
    run.error_count += 1
    if len(run.errors) < KEPT_ERRORS:
        run.errors.append({"reason": reason, "raw": raw})


def forget_old_errors() -> None:
    """Empty the lists of broken records of old runs; their numbers stay."""
    old = SyncRun.objects.filter(finished_at__lt=timezone.now() - ERRORS_KEPT)
    old.exclude(errors=[]).update(errors=[])


def drop_kept_ids() -> list[str]:
    """Drop the tables of runs that will not be resumed; their names."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT relname FROM pg_class WHERE relname ~ '^sweep_seen_\d+$'")
        tables = {int(name.rpartition("_")[2]): name for (name,) in cursor.fetchall()}
    wanted = SyncRun.objects.filter(pk__in=tables).exclude(state=SyncState.COMPLETE)
    recent = timezone.now() - RESUME_WITHIN
    kept = {run.pk for run in wanted if (run.finished_at or timezone.now()) > recent}
    dropped = [name for pk, name in tables.items() if pk not in kept]
    for name in dropped:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
    return dropped
