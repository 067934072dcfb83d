"""What the engine has to know of a resource."""

from __future__ import annotations

import functools
import marshal
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import itemgetter
from typing import Any, ClassVar
from uuid import UUID

import orjson

from accounts.models import TelnyxAccount
from fleet.models import Resource
from fleet.sync import copy_text
from fleet.sync.values import BadValue, identifier, text
from telnyx_api import Client, Page

EXCERPT = 2_000
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch


@dataclass(frozen=True)
class Reference:
    """A column with another record's id, and the column that holds our row for it once it is seen.

    A reference to something not yet seen is kept and resolved by the sweep that sees it.
    """

    column: str
    row_column: str
    table: str


class Digested:
    """A record of the API with its id and its digest.

    What a sweep compares: only a record whose digest differs is worth mapping.
    """

    __slots__ = ("digest", "record", "remote_id")

    def __init__(self, remote_id: str, digest: bytes, record: Mapping[str, Any]) -> None:
        self.remote_id = remote_id
        self.digest = digest
        self.record = record


class Mapped:
    """A record of the API as a row: its id, digest, raw JSON and the resource's columns.

    `line` is the same as COPY takes it, in that order.
    """

    __slots__ = ("digest", "line", "raw", "remote_id", "values")

    def __init__(
        self,
        remote_id: str,
        digest: bytes,
        raw: bytes,
        values: Sequence[Any],
        how: Sequence[Callable[[Any], str]],
    ) -> None:
        self.remote_id = remote_id
        self.digest = digest
        self.raw = raw
        self.values = values
        self.line = copy_text.line((remote_id, digest, raw.decode(), *values), how)


class ResourceSync(ABC):
    """One resource: where its pages come from, and how a record becomes a row.

    `columns` are (name, PostgreSQL type); `detail_columns` are those that only the API's detail
    answer has; `tracked` are those whose changes become events, which call the row by its column
    `subject`. `counter` is a column with data consumed since the billing period began.
    """

    name: ClassVar[Resource]
    table: ClassVar[str]
    # The PostgreSQL type of the column remote_id: uuid or text.
    id_type: ClassVar[str] = "uuid"
    subject: ClassVar[str]
    counter: ClassVar[str] = ""
    references: ClassVar[tuple[Reference, ...]] = ()
    # A list that only grows, newest first: a sweep reads on until a page brings nothing new.
    is_journal: ClassVar[bool] = False
    # Of a journal: the rows `t` that will still change, as an SQL condition.
    open_condition: ClassVar[str] = ""
    # The list comes whole in one answer, and no record can be asked for: what is not in it is gone.
    comes_whole: ClassVar[bool] = False
    columns: ClassVar[tuple[tuple[str, str], ...]]
    detail_columns: ClassVar[tuple[tuple[str, str], ...]] = ()
    tracked: ClassVar[tuple[str, ...]] = ()
    # Fields that are not part of the list's record, or must not be stored.
    dropped: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one record by id."""
        raise NotImplementedError(f"{self.name} has no records to ask for")

    def identify(self, record: Mapping[str, Any]) -> str | None:
        """The record's id as PostgreSQL writes it, or None where it has none. Raises BadValue."""
        if self.id_type != "uuid":
            return text(record, "id") or None
        given = record.get("id")
        # As the API writes them; the way by an object takes four times as long.
        if type(given) is str and _UUID(given):
            return given
        found = identifier(record, "id")
        return None if found is None else str(found)

    def of_group(self, group_remote_id: UUID) -> ResourceSync:
        """The same resource, of one SIM card group only."""
        raise NotImplementedError(f"{self.name} cannot be read group by group")

    @abstractmethod
    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The values of `columns`. Raises BadValue."""

    def detail_values(self, record: Mapping[str, Any]) -> list[Any]:
        """The values of `detail_columns`. Raises BadValue."""
        return []

    def after_sweep(self, account: TelnyxAccount) -> None:
        """What a complete sweep makes possible, such as resolving references."""
        return

    def digest(self, record: Any) -> Digested:
        """A record with its digest; pure. Raises BadValue where it cannot be stored at all."""
        if not isinstance(record, Mapping):
            raise BadValue(f"the record is {type(record).__name__}, not an object")
        remote_id = self.identify(record)
        if remote_id is None:
            raise BadValue("id is missing")
        return Digested(remote_id, digest_of(record, self.dropped), record)

    def map(self, record: Any, *, with_details: bool = False) -> Mapped:
        """A record as a row; pure. Raises BadValue where it cannot be stored."""
        return self.map_digested(self.digest(record), with_details=with_details)

    def map_digested(self, digested: Digested, *, with_details: bool = False) -> Mapped:
        """The same for a record whose digest is known. Raises BadValue."""
        values = self.values(digested.record)
        if with_details:
            values += self.detail_values(digested.record)
        raw = as_json(self._kept(digested.record))
        how = self._writers(with_details)
        return Mapped(digested.remote_id, digested.digest, raw, values, how)

    @classmethod
    @functools.cache
    def _writers(cls, with_details: bool) -> list[Callable[[Any], str]]:
        columns = cls.columns + (cls.detail_columns if with_details else ())
        return copy_text.writers([cls.id_type, "bytea", "jsonb", *(kind for _, kind in columns)])

    def _kept(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.dropped.isdisjoint(record.keys()):
            record = {key: value for key, value in record.items() if key not in self.dropped}
        return {key: _ordered(value) for key, value in record.items()}

    def id_of(self, record: Any) -> str | None:
        """The id of a record, also of one that is broken otherwise."""
        try:
            return self.identify(record) if isinstance(record, Mapping) else None
        except BadValue:
            return None

    def excerpt(self, record: Any) -> str:
        """The beginning of a record that could not be mapped, for people."""
        if isinstance(record, dict):
            record = {key: value for key, value in record.items() if key not in self.dropped}
        try:
            return as_json(record).decode()[:EXCERPT]
        except BadValue as error:
            return str(error)


@functools.lru_cache(maxsize=1024)
def _layout(keys: tuple[str, ...], dropped: frozenset[str]) -> tuple[bytes, Callable[..., Any]]:
    kept = sorted(set(keys) - dropped - SECRETS)
    # The first one twice: a getter of one key alone would not answer a tuple.
    return repr(kept).encode(), itemgetter(*kept, kept[0]) if kept else tuple


def digest_of(record: Mapping[str, Any], dropped: frozenset[str] = frozenset()) -> bytes:
    """16 bytes that are the same for the same fields, in whatever order they and texts come.

    Raises BadValue.

    marshal in its version 2 writes equal values as equal bytes, twice as fast as any JSON.
    """
    names, getter = _layout(tuple(record), dropped)
    values = getter(record)
    lists = [n for n, value in enumerate(values) if value.__class__ is list and len(value) > 1]
    if lists:
        values = list(values)
        for place in lists:
            values[place] = _ordered(values[place])
    try:
        return blake2b(names + marshal.dumps(values, 2), digest_size=16).digest()
    except ValueError as error:
        raise BadValue(f"the record is no JSON: {error}") from None


def _ordered(value: Any) -> Any:
    # The API gives arrays of texts in no promised order; a mere reordering is no change.
    if type(value) is not list or not value or type(value[0]) is not str:
        return value
    try:
        return sorted(value)
    except TypeError:
        return value


# Shown once on demand, never stored, wherever in a record they stand.
SECRETS = frozenset({"pin_puk_codes"})
_SUSPECT = (b"\\u0000", *(name.encode() for name in SECRETS))


def as_json(record: Any) -> bytes:
    """A record as JSON that PostgreSQL can hold, without secrets. Raises BadValue."""
    try:
        raw = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
        if any(part in raw for part in _SUSPECT):
            raw = orjson.dumps(cleaned(record), option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise BadValue(f"the record is no JSON: {error}") from None
    return raw


def cleaned(value: Any) -> Any:
    """A JSON value without secrets, and without NUL, which PostgreSQL cannot hold."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        pairs = ((cleaned(key), cleaned(item)) for key, item in value.items())
        return {key: item for key, item in pairs if key not in SECRETS}
    return value
