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
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from fleet.models.sim_cards import or_never

Row = TypeVar("Row", bound=Model)
SIZES = (25, 50, 100)


@dataclass(frozen=True)
class Sort:
    """A sort that a list offers: its name in the URL, its label, and the columns behind it.

    The first column may be a time that some rows lack (`nullable`); those count as the oldest.
    The id is always the last to decide, so that equal values keep one order.
    """

    name: str
    label: str
    columns: tuple[str, ...]
    descending_first: bool = False
    nullable: bool = False

    def keys(self, *, fenced: bool) -> list[Any]:
        """The expressions to order by. Fenced ones are equal, but no index has them."""
        first: Any = or_never(self.columns[0]) if self.nullable else F(self.columns[0])
        if fenced:
            first = Coalesce(first, first)
        return [first, *(F(column) for column in self.columns[1:]), F("pk")]


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
    # The number of rows looked at, where these did not fill the page and more follow.
    cut_at: int | None = None


@dataclass(frozen=True)
class Window:
    """How far a page may look for rows that match: along all rows, so many of them at once."""

    among: QuerySet[Any]
    # Tried one after the other until the page is full.
    sizes: tuple[int, ...]


class BadCursor(ValueError):
    """A cursor that this list did not make."""


def paginate(
    rows: QuerySet[Row],
    by: Sort | str,
    *,
    descending: bool,
    size: int,
    after: str | None = None,
    before: str | None = None,
    fenced: bool = False,
    window: Window | None = None,
) -> KeysetPage[Row]:
    """A page of `rows`, ordered by a sort or a column, after or before a cursor.

    Stable under equal values, because the id decides among them. `fenced` has the database find
    all rows and sort them: for few rows among very many, where a walk along the sort's own
    index would pass all the others. `window` ends such a walk: the page may then hold fewer
    rows than asked for, even none, and its cursor goes on behind it. Raises BadCursor.
    """
    sort = by if isinstance(by, Sort) else Sort(by, by, (by,))
    keys = sort.keys(fenced=fenced)
    backwards = bool(before)
    cursor = before or after
    flip = descending != backwards
    order = [_ordered(key, flip) for key in keys]
    start = None
    if cursor:
        start = RowComparison("<" if flip else ">", keys, _read(cursor, rows, sort))
        rows = rows.filter(start)
    end, cut_at = None, None
    for length in window.sizes if window else (None,):
        bounded = rows
        if window and length:
            among = window.among.filter(start) if start else window.among
            end, cut_at = _end(among.order_by(*order), sort, length), length
            if end:
                last = _read(end, rows, sort)
                bounded = rows.filter(RowComparison(">=" if flip else "<=", keys, last))
        found = list(bounded.order_by(*order)[: size + 1])
        if len(found) > size or not end:
            break
    more = len(found) > size
    found = found[:size]
    ahead = _write(found[-1], sort) if more else end
    behind = _write(found[0], sort) if found and cursor else cursor
    if backwards:
        found.reverse()
        ahead, behind = behind, ahead
    return KeysetPage(found, behind, ahead, cut_at if end and not more else None)


def _end(among: QuerySet[Any], sort: Sort, length: int) -> str | None:
    """The cursor of the last row of a window; None where the rows end within it."""
    last = among.only(*sort.columns)[length - 1 : length].first()
    return _write(last, sort) if last else None


def _ordered(key: Any, descending: bool) -> Any:
    return key.desc() if descending else key.asc()


def page_of(
    request: HttpRequest,
    rows: QuerySet[Row],
    by: Sort | str,
    *,
    descending: bool,
    size: int,
    fenced: bool = False,
    window: Window | None = None,
) -> KeysetPage[Row]:
    """The page that the URL asks for; the first one where its cursor is damaged."""
    order: dict[str, Any] = {
        "descending": descending,
        "size": size,
        "fenced": fenced,
        "window": window,
    }
    try:
        return paginate(
            rows,
            by,
            after=request.GET.get("after"),
            before=request.GET.get("before"),
            **order,
        )
    except BadCursor:
        return paginate(rows, by, **order)


def _write(row: Model, sort: Sort) -> str:
    values = [_plain(getattr(row, column)) for column in sort.columns]
    return base64.urlsafe_b64encode(orjson.dumps([*values, row.pk])).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _read(cursor: str, rows: QuerySet[Any], sort: Sort) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        *values, pk = orjson.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(pk, int) or isinstance(pk, bool) or abs(pk) >= 2**63:
            raise BadCursor(cursor)
        read = [
            _value(rows, column, value, nullable=sort.nullable)
            for column, value in zip(sort.columns, values, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor(cursor) from error
    except Exception as error:  # a field's own ValidationError
        raise BadCursor(cursor) from error
    return [*read, Value(pk)]


def _value(rows: QuerySet[Any], column: str, value: Any, *, nullable: bool) -> Value:
    field = rows.model._meta.get_field(column)
    if value is None and nullable:
        return Value("-infinity")
    if not isinstance(value, str | int):
        raise BadCursor(value)
    value = field.to_python(value)
    if isinstance(value, str) and "\0" in value:
        raise BadCursor(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        raise BadCursor(value)
    # No column has more digits on either side of the point.
    if isinstance(value, Decimal) and not (
        value.is_finite() and abs(value) < 10**14 and int(value.as_tuple().exponent) >= -20
    ):
        raise BadCursor(value)
    if isinstance(value, datetime):
        if timezone.is_naive(value):
            raise BadCursor(value)
        value = value.astimezone(timezone.get_default_timezone())
    return Value(value, output_field=field)
