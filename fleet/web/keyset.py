"""Keyset paging: a page is found by the last row's values, never by counting rows off."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import orjson
from django.db.models import BooleanField, Expression, F, Model, QuerySet, Value
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
SIZES = (25, 50, 100)


@dataclass(frozen=True)
class Sort:
    """A sort that a list offers: its name in the URL, its label, and the column behind it."""

    name: str
    label: str
    column: str
    descending_first: bool = False


class RowComparison(Expression):
    """`(column, id) > (value, id)`, which PostgreSQL answers from one index."""

    conditional = True

    def __init__(self, operator: str, left: list[Any], right: list[Any]) -> None:
        super().__init__(output_field=BooleanField())
        self.operator = operator
        self.parts = [*left, *right]

    def get_source_expressions(self) -> list[Any]:
        """The four parts."""
        return self.parts

    def set_source_expressions(self, exprs: list[Any]) -> None:
        """Take over resolved parts."""
        self.parts = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The comparison as SQL."""
        sql, params = [], []
        for part in self.parts:
            part_sql, part_params = compiler.compile(part)
            sql.append(part_sql)
            params.extend(part_params)
        half = len(sql) // 2
        left, right = ", ".join(sql[:half]), ", ".join(sql[half:])
        return f"({left}) {self.operator} ({right})", params


@dataclass
class KeysetPage(Generic[Row]):
    """One page of rows, and the cursors of its neighbours (None where there is none)."""

    rows: list[Row]
    before: str | None
    after: str | None


class BadCursor(ValueError):
    """A cursor that this list did not make."""


def paginate(
    rows: QuerySet[Row],
    column: str,
    *,
    descending: bool,
    size: int,
    after: str | None = None,
    before: str | None = None,
) -> KeysetPage[Row]:
    """A page of `rows`, ordered by column and id, after or before a cursor. Raises BadCursor.

    Stable under equal values, because the id decides among them.
    """
    backwards = bool(before)
    cursor = before or after
    if cursor:
        value, pk = _read(cursor, rows, column)
        operator = "<" if descending != backwards else ">"
        rows = rows.filter(RowComparison(operator, [F(column), F("pk")], [value, Value(pk)]))
    flip = descending != backwards
    order = (f"-{column}", "-pk") if flip else (column, "pk")
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_before = more if backwards else bool(cursor)
    has_after = bool(cursor) if backwards else more
    return KeysetPage(
        found,
        _write(found[0], column) if found and has_before else None,
        _write(found[-1], column) if found and has_after else None,
    )


def page_of(
    request: HttpRequest, rows: QuerySet[Row], column: str, *, descending: bool, size: int
) -> KeysetPage[Row]:
    """The page that the URL asks for; the first one where its cursor is damaged."""
    order: dict[str, Any] = {"descending": descending, "size": size}
    try:
        return paginate(
            rows,
            column,
            after=request.GET.get("after"),
            before=request.GET.get("before"),
            **order,
        )
    except BadCursor:
        return paginate(rows, column, **order)


def _write(row: Model, column: str) -> str:
    value = getattr(row, column)
    if isinstance(value, datetime):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = str(value)
    return base64.urlsafe_b64encode(orjson.dumps([value, row.pk])).decode().rstrip("=")


def _read(cursor: str, rows: QuerySet[Any], column: str) -> tuple[Any, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        value, pk = orjson.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(pk, int) or isinstance(pk, bool) or abs(pk) >= 2**63:
            raise BadCursor(cursor)
        field = rows.model._meta.get_field(column)
        return Value(field.to_python(value), output_field=field), pk
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor(cursor) from error
    except Exception as error:  # a field's own ValidationError
        raise BadCursor(cursor) from error
