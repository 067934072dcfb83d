"""Nothing of the API may be missing, in the client or in the sandbox."""

import csv
from pathlib import Path

import pytest

from tests.api_coverage import FILE, OLDER, client_call, page, sandbox_route
from tests.telnyx_api.operations import OPERATIONS
from tests.unsure import UNSURE

LISTED = 151
SOURCE = Path(__file__).resolve().parents[2] / "shared" / "telnyx" / "operations.csv"


def test_there_are_151_of_151_on_both_sides() -> None:
    documented = [row for row in OPERATIONS if row[:2] not in OLDER]
    called = [row for row in documented if callable(client_call(row[2]))]
    answered = [row for row in documented if sandbox_route(*row[:2]) is not None]
    assert len(documented) == LISTED
    assert called == documented
    assert answered == documented


def test_each_answers_with_code_of_its_own_and_says_what_it_is() -> None:
    for method, path, name in OPERATIONS:
        route = sandbox_route(method, path)
        assert route is not None
        assert route.endpoint.__doc__, f"{method} {path}"
        assert client_call(name).__doc__, name


@pytest.mark.skipif(not SOURCE.exists(), reason=f"THE LIST {SOURCE.name} IS NOT THERE")
def test_the_table_is_that_of_the_documents() -> None:
    with SOURCE.open(encoding="utf-8", newline="") as file:
        theirs = {(row["method"], row["path"]) for row in csv.DictReader(file)}
    assert {row[:2] for row in OPERATIONS} - OLDER == theirs


def test_nothing_unsure_is_about_what_does_not_exist() -> None:
    known = {f"{method} {path}" for method, path, _ in OPERATIONS}
    known |= {name.partition(".")[0] for *_, name in OPERATIONS}
    assert UNSURE.keys() <= known


def test_the_page_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "Run: make docs"
