"""What the engine has to know of a resource."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import orjson

from accounts.models import TelnyxAccount
from fleet.sync.values import BadValue, identifier
from telnyx_api import Client, Page


class Mapped:
    """A record of the API as a row: its id, digest, raw JSON and the resource's columns."""

    __slots__ = ("digest", "raw", "remote_id", "values")

    def __init__(self, remote_id: UUID, digest: bytes, raw: bytes, values: Sequence[Any]) -> None:
        self.remote_id = remote_id
        self.digest = digest
        self.raw = raw
        self.values = values


class ResourceSync(ABC):
    """One resource: where its pages come from, and how a record becomes a row.

    `columns` are (name, PostgreSQL type); `detail_columns` are those that only the API's detail
    answer has; `tracked` are those whose changes become events.
    """

    name: ClassVar[str]
    table: ClassVar[str]
    columns: ClassVar[tuple[tuple[str, str], ...]]
    detail_columns: ClassVar[tuple[tuple[str, str], ...]] = ()
    tracked: ClassVar[tuple[str, ...]] = ()
    # Fields that are not part of the list's record, or must not be stored.
    dropped: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""

    @abstractmethod
    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one record by id."""

    @abstractmethod
    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The values of `columns`. Raises BadValue."""

    def detail_values(self, record: Mapping[str, Any]) -> list[Any]:
        """The values of `detail_columns`. Raises BadValue."""
        return []

    def after_sweep(self, account: TelnyxAccount) -> None:
        """What a complete sweep makes possible, such as resolving references."""
        return

    def map(self, record: Any, *, with_details: bool = False) -> Mapped:
        """A record as a row; pure. Raises BadValue where it cannot be stored."""
        if not isinstance(record, Mapping):
            raise BadValue(f"the record is {type(record).__name__}, not an object")
        remote_id = identifier(record, "id")
        if remote_id is None:
            raise BadValue("id is missing")
        values = self.values(record)
        if with_details:
            values += self.detail_values(record)
        kept = {key: value for key, value in record.items() if key not in self.dropped}
        raw = as_json(_ordered(kept))
        return Mapped(remote_id, hashlib.blake2b(raw, digest_size=16).digest(), raw, values)


# Shown once on demand, never stored, wherever in a record they stand.
SECRETS = frozenset({"pin_puk_codes"})


def as_json(record: Any) -> bytes:
    """A record as JSON that PostgreSQL can hold, without secrets. Raises BadValue."""
    try:
        raw = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
        if b"\\u0000" in raw or any(name.encode() in raw for name in SECRETS):
            raw = orjson.dumps(_cleaned(record), option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise BadValue(f"the record is no JSON: {error}") from None
    return raw


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        cleaned = ((_cleaned(key), _cleaned(item)) for key, item in value.items())
        return {key: item for key, item in cleaned if key not in SECRETS}
    return value


def _ordered(record: dict[str, Any]) -> dict[str, Any]:
    # The API gives arrays of texts in no promised order; a mere reordering is no change.
    for key, value in record.items():
        if isinstance(value, list) and len(value) > 1 and all(isinstance(i, str) for i in value):
            record[key] = sorted(value)
    return record
