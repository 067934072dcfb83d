"""Targets of one kind looked at in one statement, though each may have inputs of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import BooleanField, Case, Q, QuerySet, TextField, Value, When

from fleet.operations.catalog import KINDS
from fleet.operations.kinds.kind import Inputs, Kind

# So many targets, with so many different inputs, are looked at in one statement.
TARGETS = 2_000
INPUTS = 250


class HasInputs(Protocol):
    """A target, or what is to become one."""

    @property
    def subject_id(self) -> int:
        """The SIM card or group."""
        ...

    @property
    def kind(self) -> str:
        """The name of what is done to it."""
        ...

    @property
    def inputs(self) -> Mapping[str, Any]:
        """With which inputs."""
        ...


T = TypeVar("T", bound=HasInputs)


@dataclass
class Alike(Generic[T]):
    """Some targets of one kind, by their inputs."""

    kind: Kind
    parts: list[tuple[Inputs, list[T]]] = field(default_factory=list)

    @property
    def targets(self) -> list[T]:
        """All of them."""
        return [target for _, targets in self.parts for target in targets]

    @property
    def rows(self) -> QuerySet[Any]:
        """Their SIM cards or groups."""
        return self.kind.rows_by_id([target.subject_id for target in self.targets])

    def reached(self) -> Case:
        """An expression over the rows: whether one is as its own target wants it."""
        return Case(
            *(
                When(at & self.kind.reached(inputs), then=Value(True))
                for at, inputs in self._each()
            ),
            default=Value(False),
            output_field=BooleanField(),
        )

    def changed(self) -> Case:
        """An expression over the rows: why one cannot take part, by its own target's inputs."""
        if len(self.parts) == 1:
            return self.kind.changed(self.parts[0][0])
        return Case(
            *(When(at, then=self.kind.changed(inputs)) for at, inputs in self._each()),
            default=Value(""),
            output_field=TextField(),
        )

    def _each(self) -> Iterator[tuple[Q, Inputs]]:
        for inputs, targets in self.parts:
            # Where all have the same inputs, the rows themselves say which they are.
            ids = [target.subject_id for target in targets]
            yield (Q() if len(self.parts) == 1 else Q(pk__in=ids)), inputs


def alike(targets: Iterable[T]) -> Iterator[Alike[T]]:
    """Group targets so that each group takes one statement, whatever their inputs."""
    for name, parts in _by_kind(targets).items():
        group, count = Alike[T](KINDS[name]), 0
        for inputs, of_inputs in parts:
            for start in range(0, len(of_inputs), TARGETS):
                some = of_inputs[start : start + TARGETS]
                if group.parts and (count + len(some) > TARGETS or len(group.parts) >= INPUTS):
                    yield group
                    group, count = Alike[T](KINDS[name]), 0
                group.parts.append((inputs, some))
                count += len(some)
        yield group


def _by_kind(targets: Iterable[T]) -> dict[str, Sequence[tuple[Inputs, list[T]]]]:
    found: dict[str, dict[str, tuple[Inputs, list[T]]]] = {}
    for target in targets:
        parts = found.setdefault(target.kind, {})
        key = json.dumps(target.inputs, sort_keys=True)
        parts.setdefault(key, (target.inputs, []))[1].append(target)
    return {name: list(parts.values()) for name, parts in found.items()}
