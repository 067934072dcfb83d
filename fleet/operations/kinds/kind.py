"""What every kind of operation says of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from django.db.models import (
    BooleanField,
    Case,
    DecimalField,
    Exists,
    Expression,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import JSONObject

from accounts.models import Role, TelnyxAccount
from fleet.models import Group, OperationState, OperationTarget, SimCard, SimCardStatus
from fleet.models.operations import OPEN, UNDER_WAY
from fleet.operations.kinds.inputs import Input, clean
from telnyx_api import Client

# A kind's inputs as an operation stores them: plain JSON.
Inputs = Mapping[str, Any]

TRANSITIONAL = (
    SimCardStatus.REGISTERING,
    SimCardStatus.ENABLING,
    SimCardStatus.DISABLING,
    SimCardStatus.SETTING_STANDBY,
)
IDLE = (SimCardStatus.DISABLED, SimCardStatus.STANDBY)


class Subject(StrEnum):
    """What a kind acts on."""

    SIM_CARDS = "sim_cards"
    GROUPS = "groups"


class Follow(StrEnum):
    """How it is seen that the API has done what it accepted."""

    SIM_CARD_ACTION = "sim_card_action"
    GROUP_ACTION = "group_action"
    # The answer to the request is the end of it.
    ANSWER = "answer"


class Reading(StrEnum):
    """What is read back to compare it with the intent."""

    SIM_CARD = "sim_card"
    PUBLIC_IP = "public_ip"
    NOTIFICATIONS = "notifications"
    GROUP = "group"


@dataclass(frozen=True)
class Rates:
    """What an account pays a month for a SIM card in use, one at rest, and a public IP."""

    active: Decimal
    idle: Decimal
    public_ip: Decimal
    currency: str

    @classmethod
    def of(cls, account: TelnyxAccount) -> Rates:
        """The account's settings."""
        return cls(
            account.monthly_active,
            account.monthly_idle,
            account.monthly_public_ip,
            account.currency,
        )


def words(text: str) -> Value:
    """A text as an SQL expression."""
    return Value(text, output_field=TextField())


def price(amount: Decimal) -> Value:
    """An amount of money as an SQL expression."""
    return Value(amount, output_field=DecimalField(max_digits=14, decimal_places=4))


class Kind(ABC):
    """A kind of operation: what it is called, whom it suits, what it sends and expects.

    `done` completes "cannot be ..." and "already ..."; `values` are what it changes, as
    expressions by name over the rows it acts on; `calls` is how many API calls a target takes.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    doing: ClassVar[str]
    done: ClassVar[str]
    icon: ClassVar[str]
    role: ClassVar[Role] = Role.OPERATOR
    # Said in the plan where people should think twice.
    caution: ClassVar[str] = ""
    subject: ClassVar[Subject] = Subject.SIM_CARDS
    asks: ClassVar[tuple[Input, ...]] = ()
    follow: ClassVar[Follow] = Follow.SIM_CARD_ACTION
    # What the API calls the action that it begins.
    action_type: ClassVar[str] = ""
    reading: ClassVar[Reading] = Reading.SIM_CARD
    needs_group: ClassVar[bool] = False
    values: ClassVar[dict[str, Any]] = {}
    calls: ClassVar[float] = 1
    # Seconds that the API's records may lag behind what it has done, where it is longer than usual.
    lag: ClassVar[float] = 0
    # Whether it succeeds by making the row vanish.
    expects_removal: ClassVar[bool] = False
    # Whether `unsuitable` can do without what people are asked for.
    judged_without_inputs: ClassVar[bool] = False
    # Whether it is read back by id alone: lists do not show what came of it, or save nothing.
    read_by_id: ClassVar[bool] = False
    # Which of `values` must be as verified for an undo; "" where `reached` says enough.
    left_as: ClassVar[str] = ""
    # Whether people choose it from a menu.
    is_offered: ClassVar[bool] = True

    @property
    def noun(self) -> str:
        """What it acts on, in words."""
        return "SIM card" if self.subject == Subject.SIM_CARDS else "group"

    def clean(self, account: TelnyxAccount, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a person gave, checked, as the operation stores it. Raises BadInputs."""
        return clean(account, self.asks, given)

    def rows(self, account: TelnyxAccount) -> QuerySet[Any]:
        """What an account has of its subject."""
        return self._all().filter(account=account)

    def rows_by_id(self, ids: Sequence[int]) -> QuerySet[Any]:
        """Rows of its subject."""
        return self._all().filter(pk__in=ids)

    def _all(self) -> QuerySet[Any]:
        model: Any = SimCard if self.subject == Subject.SIM_CARDS else Group
        found: QuerySet[Any] = model.objects.all()
        return found

    def ineligible(self, inputs: Inputs, *, moving_waits: bool) -> Case:
        """An expression over the rows: why one cannot take part, or "" if it can.

        The one rule behind plans, buttons and claims. What is moving cannot be judged: buttons
        refuse it; a plan lets it wait, and looks again when it is claimed.
        """
        return self._reasons(self._moving("" if moving_waits else None), self.unsuitable(inputs))

    def changed(self, inputs: Inputs) -> Case:
        """The same expression for a target that is about to be sent."""
        # The API knows better than the copy whether it still moves, and says so.
        moving = [When(self.is_moving, then=words(""))] if self.is_moving else []
        return self._reasons(moving, self.unsuitable(inputs))

    def unavailable(self) -> Case:
        """The same expression for a button, where nobody has given inputs yet."""
        judged = not self.asks or self.judged_without_inputs
        return self._reasons(self._moving(None), self.unsuitable({}) if judged else [])

    def _moving(self, said: str | None) -> list[When]:
        reasons = [
            (Q(Exists(self._open_targets())), "an operation is under way"),
            (self.is_moving, "an action is in progress"),
        ]
        return [
            When(condition, then=words(reason if said is None else said))
            for condition, reason in reasons
            if condition
        ]

    def _reasons(self, moving: list[When], unsuitable: list[When]) -> Case:
        whens = [When(~Q(removed_at=None), then=words("is no longer at Telnyx"))]
        whens += moving + unsuitable
        if self.needs_group:
            whens.append(When(group_remote_id=None, then=words("needs a group")))
        return Case(*whens, default=words(""), output_field=TextField())

    def _open_targets(self) -> QuerySet[OperationTarget]:
        ours = {"sim_card": OuterRef("pk")}
        if self.subject == Subject.GROUPS:
            ours = {"group": OuterRef("pk")}
        sending = Q(state__in=OPEN, operation__state=OperationState.RUNNING)
        return OperationTarget.objects.filter(Q(state__in=UNDER_WAY) | sending, **ours)

    @property
    def is_moving(self) -> Q:
        """Rows that something is happening to at the API."""
        if self.subject == Subject.GROUPS:
            return Q()
        return Q(actions_in_progress=True) | Q(status__in=TRANSITIONAL)

    def moves(self) -> Expression:
        """Whether something happens to a row at the API: an expression over the rows."""
        no = Value(False, output_field=BooleanField())
        return Case(When(self.is_moving, then=Value(True)), default=no) if self.is_moving else no

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """The kind's own reasons why a row cannot take part."""
        return [When(self.reached(inputs), then=words(f"already {self.done}"))]

    @abstractmethod
    def reached(self, inputs: Inputs) -> Q:
        """The rows that are as the operation wants them."""

    @abstractmethod
    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """Ask the API for it; the answer. Raises telnyx_api.errors.TelnyxError."""

    def batch(self, inputs: Inputs) -> int:
        """How many targets one request may carry."""
        return 1

    def send_batch(self, client: Client, remote_ids: Sequence[str], inputs: Inputs) -> Any:
        """Ask the API for it for many in one request; the answer."""
        raise NotImplementedError(f"{self.name} is sent one by one")

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The kind and inputs that take it back to the values before, or why nothing can."""
        return "cannot be undone"

    def cost_change(self, inputs: Inputs, rates: Rates) -> Expression:
        """By how much a month an eligible row's bill grows: an expression over the rows."""
        return price(Decimal(0))

    def snapshot(self) -> JSONObject:
        """What it changes, of a row: an expression."""
        return JSONObject(**self.values)

    def summary(self, inputs: Inputs) -> str:
        """The inputs in words for headings, or ""."""
        said = (field.said(inputs) for field in self.asks)
        return ", ".join(text for text in said if text)
