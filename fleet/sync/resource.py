"""What the engine has to know of a resource."""

from __future__ import annotations

import functools
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import orjson

from accounts.models import TelnyxAccount
from fleet.models import Resource
from fleet.sync import copy_text
from fleet.sync.digests import SECRETS, UNKNOWN, digest_of, digest_of_bytes, in_order
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

    What a sweep compares: only a record whose digest differs is worth mapping. Until then `record`
    may be the JSON as it came.
    """

    __slots__ = ("digest", "record", "remote_id")

    def __init__(self, remote_id: str, digest: bytes, record: Mapping[str, Any] | bytes) -> None:
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
    answer has; `tracked` are those whose changes become events, which call the row by `subject`, a
    column or another SQL expression. `counter` is a column with data consumed since the billing
    period began.
    """

    name: ClassVar[Resource]
    table: ClassVar[str]
    # The PostgreSQL type of the column remote_id: uuid or text.
    id_type: ClassVar[str] = "uuid"
    subject: ClassVar[str]
    counter: ClassVar[str] = ""
    # Columns by which the rows are counted beside the lists' filters.
    counted: ClassVar[tuple[str, ...]] = ()
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
    # A sweep leaves records undecoded that did not change; not with ids or secrets of its own kind.
    undecoded: ClassVar[bool] = True
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

    def without_secrets(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The record as it may be stored; what is the same of every resource is left out later."""
        return record

    def after_sweep(self, account: TelnyxAccount) -> None:
        """What a complete sweep makes possible, such as resolving references."""
        return

    def hides(self, record: Any) -> bool:
        """Whether a record, decoded or not, has fields that are never stored."""
        with suppress(BadValue):
            decoded = _decoded(record)
            return not self._unkept.isdisjoint(decoded)
        return False

    def digest(self, record: Any) -> Digested:
        """A record with its digest; pure. Raises BadValue where it cannot be stored at all."""
        if type(record) is bytes and (remote_id := _uuid_in(record)):
            return Digested(remote_id, digest_of_bytes(record), record)
        record = self.without_secrets(_decoded(record))
        return Digested(self._id(record), digest_of(record, self.dropped), record)

    def digest_decoded(self, record: Any) -> Digested:
        """The same, of the fields that are stored alone."""
        return self.digest(_decoded(record))

    def map(self, record: Any, *, with_details: bool = False) -> Mapped:
        """A record that was asked for by its id as a row; pure. Raises BadValue.

        It has no digest, for its fields are not the list's.
        """
        record = self.without_secrets(_decoded(record))
        return self._map(self._id(record), UNKNOWN, record, with_details)

    def map_digested(self, digested: Digested) -> Mapped:
        """A record of a list as a row; pure. Raises BadValue where it cannot be stored."""
        record, digest = _decoded(digested.record), digested.digest
        if isinstance(digested.record, bytes) and not self._unkept.isdisjoint(record):
            # Its bytes differ each time where such a field does.
            digest = digest_of(record, self.dropped)
        return self._map(digested.remote_id, digest, record, with_details=False)

    def _map(
        self, remote_id: str, digest: bytes, record: Mapping[str, Any], with_details: bool
    ) -> Mapped:
        values = self.values(record)
        if with_details:
            values += self.detail_values(record)
        return Mapped(
            remote_id, digest, as_json(self._kept(record)), values, self._writers(with_details)
        )

    def _id(self, record: Mapping[str, Any]) -> str:
        remote_id = self.identify(record)
        if remote_id is None:
            raise BadValue("id is missing")
        return remote_id

    @functools.cached_property
    def _unkept(self) -> frozenset[str]:
        return self.dropped | SECRETS

    @classmethod
    @functools.cache
    def _writers(cls, with_details: bool) -> list[Callable[[Any], str]]:
        columns = cls.columns + (cls.detail_columns if with_details else ())
        return copy_text.writers([cls.id_type, "bytea", "jsonb", *(kind for _, kind in columns)])

    def _kept(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.dropped.isdisjoint(record.keys()):
            record = {key: value for key, value in record.items() if key not in self.dropped}
        return {key: in_order(value) for key, value in record.items()}

    def id_of(self, record: Any) -> str | None:
        """The id of a record, also of one that is broken otherwise."""
        if isinstance(record, bytes) and (remote_id := _uuid_in(record)):
            return remote_id
        try:
            return self.identify(_decoded(record))
        except BadValue:
            return None

    def excerpt(self, record: Any) -> str:
        """The beginning of a record that could not be mapped, for people."""
        if isinstance(record, bytes):
            try:
                # What orjson refuses may still be read so far that secrets can be left out.
                record = json.loads(record.decode(errors="replace"))
            except (ValueError, RecursionError):
                return "(not shown, because it cannot be read)"
        if isinstance(record, dict):
            record = {key: value for key, value in record.items() if key not in self.dropped}
        try:
            return as_json(record).decode()[:EXCERPT]
        except BadValue as error:
            return str(error)


class _Named(msgspec.Struct, gc=False):
    id: str


_named = msgspec.json.Decoder(_Named).decode
# Where the id comes first, as the API writes it, and no other comes, the rest need not be read.
_UUID_FIRST = re.compile(rb'\{"id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"').match


def _uuid_in(record: bytes) -> str | None:
    """The id of an undecoded record, where it is a UUID as PostgreSQL writes it."""
    first = _UUID_FIRST(record)
    if first and record.find(b'"id":', first.end()) < 0:
        return first[1].decode()
    try:
        remote_id: str = _named(record).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return remote_id if _UUID(remote_id) else None


def _decoded(record: Any) -> Mapping[str, Any]:
    if isinstance(record, bytes):
        try:
            record = orjson.loads(record)
        except orjson.JSONDecodeError as error:
            raise BadValue(f"the record is no JSON: {error}") from None
    if not isinstance(record, Mapping):
        raise BadValue(f"the record is {type(record).__name__}, not an object")
    return record


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
