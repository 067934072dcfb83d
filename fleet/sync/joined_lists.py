"""Lists that the API gives one kind at a time and without ids, as one page for the sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fleet.sync.values import text
from telnyx_api import Page


def joined(field: str, kinds: Iterable[tuple[str, Iterable[Page[Any]]]]) -> Page[Any]:
    """All records of all kinds, each with its kind in `field`.

    The total is what the API says there is, so that a list of which a part is missing does not
    look whole; without a word from the API it is what came. Of two records of one kind with one
    `code` the first counts.
    """
    records: list[Any] = []
    total = 0
    asked: list[Page[Any]] = []
    for kind, pages in kinds:
        told, came, codes = None, 0, set()
        for page in pages:
            asked.append(page)
            told = page.total_results if page.total_results is not None else told
            came += len(page.data)
            for record in page.data:
                if not isinstance(record, Mapping):
                    records.append(record)
                    continue
                code = record.get("code")
                if code is not None and repr(code) in codes:
                    total -= 1
                    continue
                codes.add(repr(code))
                records.append({**record, field: kind})
        total += came if told is None else told
    return Page(
        data=records,
        number=1,
        size=len(records),
        total_pages=1,
        total_results=total,
        received_at=min(page.received_at for page in asked),
    )


def joined_id(record: Mapping[str, Any], field: str) -> str | None:
    """`kind:code`, or None where one of them is missing. Raises BadValue."""
    kind, code = text(record, field), text(record, "code")
    return text({"code": f"{kind}:{code}"}, "code") if kind and code else None
