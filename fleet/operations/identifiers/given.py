"""Identifiers as people give them: pasted, or in the rows of a CSV or XLSX file."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl

from fleet.models.sim_cards import normalise_identifier

LARGEST_FILE = 20 * 1024 * 1024
# An XLSX file is a ZIP file: what it unpacks to, whatever it says, must not fill the memory.
LARGEST_UNPACKED = 400 * 1024 * 1024
MOST_ROWS = 200_000
# MSISDNs are the shortest; what is shorter is a word of the table, not an identifier.
SHORTEST = 8
LONGEST = 32
# A spreadsheet keeps so many digits of a number.
KEPT_DIGITS = 15

# How files begin: XLSX, and what Excel wrote before it and writes with a password.
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d{1,3}").fullmatch
_AS_TEXT = re.compile(r'="?([^"]*)"?').fullmatch


class BadFile(Exception):
    """The file cannot be read; the text says why and what would help."""


@dataclass(frozen=True)
class Given:
    """One row, or one pasted identifier: what was given, and the identifiers in it, normalised.

    `damaged` are the values that a spreadsheet turned into a number such as 8.93E+19.
    """

    row: int
    text: str
    identifiers: tuple[str, ...]
    damaged: tuple[str, ...] = ()


def read_text(text: str) -> list[Given]:
    """Pasted identifiers, separated by lines, commas, semicolons, tabs or spaces.

    Spaces inside one ("8931 0480 ...") are taken for what they are: all parts are too short to be
    identifiers by themselves. Lines of a table copied from a spreadsheet, with names beside the
    identifiers, are rows as those of a file are. Raises BadFile.
    """
    if table := _table(text):
        return _rows(table)
    found: list[Given] = []
    for piece in re.split(r"[\n\r,;|\t]+", text):
        words = piece.split()
        if len(words) > 1 and any(len(normalise_identifier(word)) <= SHORTEST for word in words):
            words = [" ".join(words)]
        for word in words:
            found.append(_given(len(found) + 1, [word]))
            if len(found) > MOST_ROWS:
                raise BadFile(_too_many())
    return found


def read_file(name: str, content: bytes) -> list[Given]:
    """The rows of a CSV or XLSX file; rows without anything are left out. Raises BadFile."""
    if len(content) > LARGEST_FILE:
        # Rounded up: "20 MB" would be no reason.
        size = math.ceil(10 * len(content) / 2**20) / 10
        raise BadFile(f"“{name}” has {size} MB: give a file of at most {LARGEST_FILE // 2**20} MB.")
    if not content.strip():
        raise BadFile(f"“{name}” is empty: give a file with one SIM card a row.")
    if content[:4] == _OLE:
        raise BadFile(
            f"“{name}” is an old or a protected Excel file: save it as XLSX without a password, "
            "or as CSV."
        )
    rows: Iterable[Sequence[Any]] = (
        _xlsx(name, content) if content[:4] == _ZIP else _csv(name, content)
    )
    found = _rows(rows)
    # A list of identifiers in one line is not a SIM card with many.
    if len(found) == 1 and len(found[0].identifiers) > 4:
        return read_text("\n".join(found[0].identifiers))
    return found


def _table(text: str) -> list[list[str]]:
    """The cells of a table copied from a spreadsheet; empty where it is only identifiers."""
    lines = text.strip("\r\n").splitlines()
    if len(lines) < 2 or "\t" not in text:
        return []
    table = [line.split("\t") for line in lines]
    given = (_given(0, [cell]) for cells in table for cell in cells)
    has_names = any(cell.text and not (cell.identifiers or cell.damaged) for cell in given)
    return table if has_names else []


def _rows(rows: Iterable[Sequence[Any]]) -> list[Given]:
    """What is in the rows of a table, but for empty ones and the names of its columns."""
    found: list[Given] = []
    for number, cells in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise BadFile(_too_many())
        if any(cell not in (None, "") for cell in cells):
            found.append(_given(number, cells))
    if len(found) > 1 and not re.search(r"\d", found[0].text):
        del found[0]
    return found


def _too_many() -> str:
    return f"There are more than {MOST_ROWS:,} rows: give fewer at once."


def _given(row: int, cells: Iterable[Any]) -> Given:
    texts = [text for text in map(_text, cells) if text]
    identifiers = []
    damaged = []
    for text in texts:
        if _SCIENTIFIC(text):
            damaged.append(text)
            continue
        value = normalise_identifier(text)
        # A filler behind the digits is how some lists write an ICCID of 19 digits.
        value = value.rstrip("f") if value.rstrip("f").isdigit() else value
        if value.isdigit() and SHORTEST <= len(value) <= LONGEST:
            identifiers.append(value)
    return Given(row, ", ".join(texts)[:200], tuple(dict.fromkeys(identifiers)), tuple(damaged))


def _text(cell: Any) -> str:
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float):
        # A number that a spreadsheet could hold exactly, or what is left of one that it could not.
        exact = cell.is_integer() and abs(cell) < 10**KEPT_DIGITS
        return str(int(cell)) if exact else f"{cell:.6E}"
    text = str(cell).strip().lstrip("'").replace("\0", "")
    as_text = _AS_TEXT(text)
    return as_text[1] if as_text else text


def _csv(name: str, content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    sample = text[:20_000]
    delimiter = max(",;\t|", key=sample.count)
    if delimiter not in sample:
        delimiter = ","
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise BadFile(f"“{name}” is no CSV file: {error}.") from None


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Names in the other columns may be garbled by this; digits are not.
        return content.decode("latin-1")


def _xlsx(name: str, content: bytes) -> Iterator[tuple[Any, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
                raise BadFile(f"“{name}” unpacks to too much: give it as CSV, or in parts.")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.active if book.active in book.worksheets else book.worksheets[0]
        # Some programs write a wrong size into their files; what is there counts.
        sheet.reset_dimensions()
        yield from sheet.iter_rows(values_only=True)
    except BadFile:
        raise
    # What a broken file makes openpyxl raise is documented nowhere.
    except Exception as error:
        raise BadFile(
            f"“{name}” cannot be read as XLSX ({type(error).__name__}): save it again, or as CSV."
        ) from None
