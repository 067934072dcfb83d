"""Digests of records: what a sweep compares with what is stored, before it decodes anything.

Equal digests mean equal records. Digests that differ are only a hint, such as for keys in another
order or a number written another way: the merge decides by the stored JSON.
"""

from __future__ import annotations

import functools
import marshal
import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from fleet.sync.values import BadValue

SIZE = 16
# Of a record that was asked for by its id, whose fields are not the list's: no sweep brings it.
UNKNOWN = b""
# Shown once on demand, never stored, wherever in a record they stand.
SECRETS = frozenset({"pin_puk_codes"})

# The value of a key that is an array of several texts, written without spaces and escapes.
_TEXTS = re.compile(rb'":\["[^"\\]*"(?:,"[^"\\]*")+\]')
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def digest_of_bytes(record: Any) -> bytes:
    """16 bytes that are the same for the same bytes, in whatever order arrays of texts come.

    `record` is JSON: bytes, or what gives them as a buffer.
    """
    return blake2b(_TEXTS.sub(_in_order, record), digest_size=SIZE).digest()


def _in_order(found: re.Match[bytes]) -> bytes:
    array = found[0]
    # A letter before the quote proves that it ends a key: between two texts there is none. Without
    # it the match may begin in a text that ends with a bracket.
    if found.string[found.start() - 1] not in _WORD:
        return array
    return b'":["' + b'","'.join(sorted(array[4:-2].split(b'","'))) + b'"]'


def digest_of(record: Mapping[str, Any], dropped: frozenset[str] = frozenset()) -> bytes:
    """16 bytes that are the same for the same fields, in whatever order they and texts come.

    `dropped` fields and secrets do not count. Raises BadValue.

    marshal in its version 2 writes equal values as equal bytes, twice as fast as any JSON.
    """
    names, getter = _layout(tuple(record), dropped)
    values = [in_order(value) for value in getter(record)]
    try:
        return blake2b(names + marshal.dumps(values, 2), digest_size=SIZE).digest()
    except ValueError as error:
        raise BadValue(f"the record is no JSON: {error}") from None


@functools.lru_cache(maxsize=1024)
def _layout(keys: tuple[str, ...], dropped: frozenset[str]) -> tuple[bytes, Callable[..., Any]]:
    kept = sorted(set(keys) - dropped - SECRETS)
    # The first one twice: a getter of one key alone would not answer a tuple.
    return repr(kept).encode(), itemgetter(*kept, kept[0]) if kept else tuple


def in_order(value: Any) -> Any:
    """A value of a record; an array of texts in order.

    The API gives arrays of texts in no promised order; a mere reordering is no change.
    """
    if type(value) is not list or not value or type(value[0]) is not str:
        return value
    try:
        return sorted(value)
    except TypeError:
        return value
