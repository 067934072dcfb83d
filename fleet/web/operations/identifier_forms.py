"""The form in which people give identifiers and say what to do with the SIM cards they mean."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from accounts.models import TelnyxAccount
from fleet.operations.catalog import KINDS
from fleet.operations.identifiers.given import MOST_ROWS, BadFile, Given, read_file, read_text
from fleet.operations.kinds.inputs import BadInputs
from fleet.operations.kinds.kind import Kind, Subject
from fleet.web.operations.forms import Asked, asked
from fleet.web.operations.menus import Menu, menu_of_sim_cards


class IdentifierForm:
    """What was pasted, uploaded and chosen, and what is wrong with it, by the name of a field."""

    def __init__(
        self, account: TelnyxAccount, data: QueryDict, file: UploadedFile | None = None
    ) -> None:
        self.account = account
        self.data = data
        self.file = file
        self.problems: dict[str, str] = {}

    @property
    def text(self) -> str:
        """What was pasted."""
        return self.data.get("identifiers", "")

    @cached_property
    def kind(self) -> Kind | None:
        """What is to be done; None where nothing, or nothing known, was chosen."""
        kind = KINDS.get(self.data.get("kind", ""))
        offered = kind and kind.is_offered and kind.subject == Subject.SIM_CARDS
        return kind if offered else None

    @property
    def menu(self) -> Menu:
        """What there is to choose from."""
        return menu_of_sim_cards()

    @property
    def fields(self) -> list[Asked]:
        """What the chosen kind asks for, with what was typed kept."""
        if self.kind is None:
            return []
        return asked(self.account, self.kind, self.data, self.problems)

    def read(self) -> list[Given]:
        """The pasted identifiers, and after them the rows of the file."""
        rows = self._read_text()
        if self.file is not None:
            rows += self._read_file(self.file, last=len(rows))
        if not rows and not self.problems:
            self.problems["identifiers"] = (
                "Nothing is given: paste identifiers, or choose a CSV or XLSX file."
            )
        return rows

    def _read_text(self) -> list[Given]:
        try:
            return read_text(self.text)
        except BadFile as bad:
            self.problems["identifiers"] = str(bad)
        return []

    def _read_file(self, file: UploadedFile, last: int) -> list[Given]:
        name = str(file.name)[:100]
        try:
            rows = read_file(name, file.read())
        except BadFile as bad:
            self.problems["file"] = str(bad)
            return []
        if not rows:
            self.problems["file"] = f"“{name}” has no row with anything in it: give another."
        elif last + len(rows) > MOST_ROWS:
            self.problems["file"] = (
                f"What is pasted and “{name}” have more than {MOST_ROWS:,} rows together: "
                "give them one after the other."
            )
        return [replace(row, row=last + row.row) for row in rows]

    def clean_inputs(self) -> dict[str, Any]:
        """What the chosen kind asks for, checked."""
        if self.kind is None:
            self.problems["kind"] = "Choose what to do with the SIM cards."
            return {}
        try:
            return self.kind.clean(self.account, self.data)
        except BadInputs as bad:
            self.problems |= bad.problems
        return {}
