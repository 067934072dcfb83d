"""Which SIM cards the given identifiers mean; every row gets an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Person, TelnyxAccount
from fleet.models import IdentifierReport, Operation, SimCard
from fleet.operations.identifiers.given import KEPT_DIGITS, Given
from fleet.operations.kinds.kind import Kind
from fleet.operations.plan import plan


class Outcome(StrEnum):
    """What became of a row."""

    MATCHED = "matched"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    DAMAGED = "damaged"
    NO_IDENTIFIER = "no identifier"


@dataclass(frozen=True)
class Row:
    """A row and what it means."""

    row: int
    given: str
    outcome: Outcome
    detail: str
    sim_card_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "row": self.row,
            "given": self.given,
            "outcome": self.outcome.value,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class Matches:
    """The rows, and the SIM cards that they mean."""

    rows: Sequence[Row]

    @property
    def sim_card_ids(self) -> list[int]:
        """Each once."""
        return [row.sim_card_id for row in self.rows if row.outcome == Outcome.MATCHED
                and row.sim_card_id is not None]  # fmt: skip

    @property
    def counts(self) -> dict[str, int]:
        """How many rows came to each outcome, most frequent first."""
        return dict(Counter(row.outcome.value for row in self.rows).most_common())

    @property
    def sim_cards(self) -> QuerySet[SimCard]:
        """The SIM cards."""
        ids = RawSQL("SELECT unnest(%s::bigint[])", [self.sim_card_ids])
        return SimCard.objects.filter(pk__in=ids)


def match(account: TelnyxAccount, given: Sequence[Given]) -> Matches:
    """Find the SIM cards by ICCID, IMSI, MSISDN or EID, whichever a row has; two queries.

    Identifiers have to be complete. A row with several must mean one SIM card with all of them
    that are known.
    """
    wanted = sorted({value for item in given for value in item.identifiers})
    found = _found(account, wanted)
    cards = {pk for pks in found.values() for pk in pks}
    iccids = dict(SimCard.objects.filter(
        pk__in=RawSQL("SELECT unnest(%s::bigint[])", [sorted(cards)])
    ).values_list("pk", "iccid"))  # fmt: skip
    first: dict[int, int] = {}
    return Matches([_row(item, found, iccids, first) for item in given])


def _found(account: TelnyxAccount, wanted: list[str]) -> dict[str, list[int]]:
    """The ids of the SIM cards that have these identifiers, from one walk over the account's.

    `= ANY` of an array is looked up in one hash table, whatever the planner takes for the size of
    either side; a subquery may be read again for every SIM card.
    """
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT v.value, c.id
            FROM fleet_simcard c CROSS JOIN LATERAL (VALUES
                (c.iccid), (c.imsi), (ltrim(c.msisdn, '+')), (c.eid)) v (value)
            WHERE c.account_id = %s AND c.removed_at IS NULL
              AND v.value = ANY(%s::text[])
            ORDER BY c.id
            """,
            [account.pk, wanted],
        )
        for value, pk in cursor.fetchall():
            found.setdefault(value, [])
            if pk not in found[value]:
                found[value].append(pk)
    return found


def _row(
    item: Given,
    found: Mapping[str, list[int]],
    iccids: Mapping[int, str],
    first: dict[int, int],
) -> Row:
    def answer(outcome: Outcome, detail: str, pk: int | None = None) -> Row:
        return Row(item.row, item.text, outcome, detail, pk)

    meant = {pk for value in item.identifiers for pk in found.get(value, ())}
    # An identifier of one SIM card alone decides over one that two share.
    sure = {found[v][0] for v in item.identifiers if len(found.get(v, ())) == 1}
    if len(meant) > 1 and len(sure) == 1:
        meant = sure
    if len(meant) > 1:
        names = ", ".join(sorted(iccids[pk] for pk in meant)[:5])
        return answer(Outcome.AMBIGUOUS, f"fits {len(meant)} SIM cards: {names}")
    if meant:
        (pk,) = meant
        if pk in first:
            return answer(Outcome.DUPLICATE, f"the same SIM card as in row {first[pk]}", pk)
        first[pk] = item.row
        return answer(Outcome.MATCHED, iccids[pk], pk)
    if item.damaged:
        return answer(Outcome.DAMAGED, _damaged(item.damaged[0]))
    rounded = next((value for value in item.identifiers if _is_rounded(value)), None)
    if rounded:
        return answer(Outcome.DAMAGED, _damaged(rounded))
    if not item.identifiers:
        return answer(Outcome.NO_IDENTIFIER, "holds no ICCID, IMSI, MSISDN or EID")
    return answer(Outcome.UNMATCHED, "no SIM card of this account has this identifier")


def _is_rounded(value: str) -> bool:
    """Whether all digits are zeros that a spreadsheet cannot keep."""
    lost = value[KEPT_DIGITS:]
    return len(lost) >= 3 and not lost.strip("0")


def _damaged(value: str) -> str:
    return (
        f"a spreadsheet has rounded this number to {value}: its last digits are lost. Format the "
        "column as text before the numbers are put in, and export it again"
    )


def plan_identifiers(
    account: TelnyxAccount,
    kind: Kind,
    matches: Matches,
    person: Person,
    inputs: Mapping[str, Any] | None = None,
) -> Operation:
    """Plan for the SIM cards that were matched; the report of every row is kept with the plan.

    Raises plan.NothingSelected where none was matched.
    """
    with transaction.atomic():
        operation = plan(
            account, kind, matches.sim_cards, person, {"identifiers": matches.counts}, inputs
        )
        IdentifierReport.objects.create(
            operation=operation, rows=[row.as_json() for row in matches.rows]
        )
    return operation
