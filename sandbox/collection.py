"""One kind of resource: stored JSON, columns to filter by, and pages in constant time.

The JSON of the list answer is stored ready to send, apart from the narrow rows that filters scan,
so a page is joined bytes and a scan does not read a gigabyte of JSON. The order of the list is an
array of row numbers in memory (8 bytes a row): any page is a slice of it, however deep.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from sandbox.state import State

Document = dict[str, Any]
REMEMBERED_SELECTIONS = 16
LOAD_BATCH = 5_000


@dataclass(frozen=True)
class Column:
    """A value taken out of the list document, to filter, sort or sum by.

    ``covering`` names another column to keep in its index, so that sums need no rows. With
    ``hidden`` the value is taken out of what answers do not show.
    """

    name: str
    value_of: Callable[[Document], Any]
    sql_type: str = "TEXT"
    indexed: bool = True
    covering: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Selection:
    """Which rows, in which order. ``where`` is SQL of ours; values of a caller are bound.

    ``order`` is a column and direction; empty means newest first, the API's default.
    """

    where: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    order: str = ""

    def also(self, where: str, *values: Any) -> "Selection":
        """The same with one more condition."""
        return Selection((*self.where, where), (*self.values, *values), self.order)


EVERYTHING = Selection()


@dataclass
class Record:
    """A stored resource. ``detail`` is what only the detail answer has; ``hidden`` is ours."""

    seq: int
    listed: Document
    detail: Document
    hidden: Document
    # As last stored, to find out what a change changed.
    stored: bytes | None = None
    row: list[Any] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)


class Collection:
    """All resources of one kind, in the order of their creation."""

    def __init__(
        self, state: State, name: str, columns: Iterable[Column], labels: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        # Called with the name, and the list document before and after a change.
        self.on_change: Callable[[str, bytes | None, bytes | None], None] | None = None
        self._state = state
        self._db = state.connection
        self._columns = tuple(columns)
        self._labels = labels
        self._selections: OrderedDict[Selection, array[int]] = OrderedDict()
        self._versions = dict.fromkeys((column.name for column in self._columns), 0)
        self._create()
        marks = ", ".join("?" * (len(self._columns) + 2))
        names = ", ".join(f"{column.name} = ?" for column in self._columns)
        self._insert_row = f"INSERT INTO {name} VALUES ({marks})"
        self._insert_document = f"INSERT INTO {name}_documents VALUES (?, ?, ?, ?)"
        self._update_row = f"UPDATE {name} SET {names} WHERE seq = ?"
        self._update_document = (
            f"UPDATE {name}_documents SET listed = ?, detail = ?, hidden = ? WHERE seq = ?"
        )
        self._read = (
            "SELECT d.seq, d.listed, d.detail, d.hidden"
            f" FROM {name} c JOIN {name}_documents d USING (seq) WHERE c.id = ?"
        )
        self.reload()

    def _create(self) -> None:
        columns = "".join(f", {column.name} {column.sql_type}" for column in self._columns)
        self._db.execute(
            f"CREATE TABLE IF NOT EXISTS {self.name} (seq INTEGER PRIMARY KEY, id TEXT{columns})"
        )
        self._db.execute(
            f"CREATE TABLE IF NOT EXISTS {self.name}_documents"
            " (seq INTEGER PRIMARY KEY, listed BLOB NOT NULL, detail BLOB, hidden BLOB)"
        )
        for label in self._labels:
            self._db.execute(
                f"CREATE TABLE IF NOT EXISTS {self.name}_{label}"
                " (value TEXT, seq INTEGER, PRIMARY KEY (value, seq)) WITHOUT ROWID"
            )

    def create_indexes(self) -> None:
        """Once a new fleet is loaded: an index that is built in one go is many times faster."""
        self._db.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {self.name}_by_id ON {self.name} (id)")
        for column in self._columns:
            if column.indexed:
                self._db.execute(
                    f"CREATE INDEX IF NOT EXISTS {self.name}_by_{column.name}"
                    f" ON {self.name} ({column.name}{column.covering and ', ' + column.covering})"
                )

    def reload(self) -> None:
        """Read the order again, after a start or a rollback."""
        rows = self._db.execute(f"SELECT seq FROM {self.name}")
        # Any index answers this without touching the rows, but in its own order.
        self._order = array("q", sorted(seq for (seq,) in rows))
        self._next = self._order[-1] + 1 if self._order else 1
        self._changed()

    def _changed(self, columns: Iterable[str] | None = None) -> None:
        self._selections.clear()
        for name in self._versions if columns is None else columns:
            self._versions[name] += 1

    def version(self, *columns: str) -> tuple[int, ...]:
        """Changes whenever a value in one of these columns may have changed."""
        return tuple(self._versions[name] for name in columns)

    def __len__(self) -> int:
        return len(self._order)

    # Writing

    def _row(self, listed: Document, hidden: Document | None) -> list[Any]:
        return [
            column.value_of((hidden or {}) if column.hidden else listed) for column in self._columns
        ]

    def _set_labels(self, seq: int, old: dict[str, list[str]], listed: Document) -> None:
        for label in self._labels:
            before, after = set(old.get(label, ())), set(listed.get(label) or ())
            table = f"{self.name}_{label}"
            if gone := before - after:
                self._db.executemany(
                    f"DELETE FROM {table} WHERE value = ? AND seq = ?",
                    [(value, seq) for value in gone],
                )
            if new := after - before:
                self._db.executemany(
                    f"INSERT INTO {table} VALUES (?, ?)",
                    [(value, seq) for value in new],
                )

    def insert(
        self, listed: Document, detail: Document | None = None, hidden: Document | None = None
    ) -> None:
        """Add a resource; it is the newest one."""
        seq = self._next
        self._db.execute(self._insert_row, [seq, listed["id"], *self._row(listed, hidden)])
        stored = orjson.dumps(listed)
        self._db.execute(
            self._insert_document,
            (seq, stored, orjson.dumps(detail or {}), orjson.dumps(hidden or {})),
        )
        if self.on_change is not None:
            self.on_change(self.name, None, stored)
        self._set_labels(seq, {}, listed)
        self._order.append(seq)
        self._next += 1
        self._changed()

    def load(self, documents: Iterable[tuple[Document, Document, Document]]) -> None:
        """Add many (list document, detail, hidden), oldest first."""
        source = iter(documents)
        while batch := list(islice(source, LOAD_BATCH)):
            first = self._next
            numbered = list(enumerate(batch, first))
            self._db.executemany(
                self._insert_row,
                [
                    (seq, listed["id"], *self._row(listed, hidden))
                    for seq, (listed, _, hidden) in numbered
                ],
            )
            self._db.executemany(
                self._insert_document,
                [(seq, *map(orjson.dumps, documents)) for seq, documents in numbered],
            )
            for label in self._labels:
                self._db.executemany(
                    f"INSERT INTO {self.name}_{label} VALUES (?, ?)",
                    [
                        (value, seq)
                        for seq, (listed, _, _) in numbered
                        for value in dict.fromkeys(listed.get(label) or ())
                    ],
                )
            self._next = first + len(batch)
            self._order.extend(range(first, self._next))
        self._changed()

    def save(self, record: Record) -> None:
        """Store a changed record."""
        listed = record.listed
        row, stored = self._row(listed, record.hidden), orjson.dumps(listed)
        self._db.execute(self._update_row, [*row, record.seq])
        self._db.execute(
            self._update_document,
            (
                stored,
                orjson.dumps(record.detail),
                orjson.dumps(record.hidden),
                record.seq,
            ),
        )
        self._set_labels(record.seq, record.labels, listed)
        self._changed(
            column.name
            for column, before, after in zip(self._columns, record.row, row, strict=True)
            if before != after
        )
        record.row, record.labels = row, self._labels_of(listed)
        if self.on_change is not None:
            self.on_change(self.name, record.stored, stored)
        record.stored = stored

    def remove(self, record: Record) -> None:
        """Delete a record."""
        self._set_labels(record.seq, record.labels, {})
        for table in (self.name, f"{self.name}_documents"):
            self._db.execute(f"DELETE FROM {table} WHERE seq = ?", (record.seq,))
        del self._order[bisect_left(self._order, record.seq)]
        self._changed()
        if self.on_change is not None:
            self.on_change(self.name, record.stored, None)

    # Reading

    def _labels_of(self, listed: Document) -> dict[str, list[str]]:
        return {label: list(listed.get(label) or ()) for label in self._labels}

    def get(self, identifier: str) -> Record | None:
        """The record with this id."""
        row = self._db.execute(self._read, (identifier,)).fetchone()
        if row is None:
            return None
        seq, *documents = row
        listed, detail, hidden = (orjson.loads(document) for document in documents)
        row = self._row(listed, hidden)
        labels = self._labels_of(listed)
        return Record(seq, listed, detail, hidden, documents[0], row, labels)

    def labelled(self, label: str, value: str) -> tuple[str, str]:
        """A condition for rows that carry this value in a list field, and the value to bind."""
        return (
            f"c.seq IN (SELECT seq FROM {self.name}_{label} WHERE value = ?)",
            value,
        )

    def _selected(self, selection: Selection) -> "array[int]":
        """Row numbers in list order, oldest first when there is no explicit order."""
        if not selection.where and not selection.order:
            return self._order
        known = self._selections.get(selection)
        if known is not None:
            self._selections.move_to_end(selection)
            return known
        condition = " AND ".join(selection.where) or "1"
        order = f"c.{selection.order}, c.seq DESC" if selection.order else "c.seq"
        rows = self._db.execute(
            f"SELECT c.seq FROM {self.name} c WHERE {condition} ORDER BY {order}",
            selection.values,
        )
        found = array("q", (seq for (seq,) in rows))
        self._selections[selection] = found
        if len(self._selections) > REMEMBERED_SELECTIONS:
            self._selections.popitem(last=False)
        return found

    def count(self, selection: Selection = EVERYTHING) -> int:
        """How many rows are selected."""
        return len(self._selected(selection))

    def ids(self, selection: Selection) -> list[str]:
        """The ids of the selected rows, in list order of the rows' numbers."""
        condition = " AND ".join(selection.where) or "1"
        rows = self._db.execute(
            f"SELECT c.id FROM {self.name} c WHERE {condition} ORDER BY c.seq",
            selection.values,
        )
        return [identifier for (identifier,) in rows]

    def page(self, selection: Selection, offset: int, size: int) -> tuple[list[bytes], int]:
        """The JSON of ``size`` resources from ``offset`` on, and how many there are in all."""
        found = self._selected(selection)
        total = len(found)
        if offset >= total:
            return [], total
        if selection.order:
            wanted = found[offset : offset + size]
        else:
            end = total - offset
            wanted = found[max(0, end - size) : end][::-1]
        if found is self._order:
            # Without a filter the wanted rows are neighbours: one walk along the table.
            rows = self._db.execute(
                f"SELECT listed FROM {self.name}_documents"
                " WHERE seq BETWEEN ? AND ? ORDER BY seq DESC",
                (wanted[-1], wanted[0]),
            )
            return [listed for (listed,) in rows], total
        rows = self._db.execute(
            f"SELECT seq, listed FROM {self.name}_documents"
            " WHERE seq IN (SELECT value FROM json_each(?))",
            (orjson.dumps(wanted.tolist()).decode(),),
        )
        by_number = dict(rows.fetchall())
        return [by_number[seq] for seq in wanted], total
