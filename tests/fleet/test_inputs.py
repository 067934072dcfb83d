"""What kinds ask people for: read as meant, or refused with the field, the value, the remedy."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import TelnyxAccount
from fleet.models import Group
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.inputs import BadInputs, amount, imeis, megabytes, tags
from tests.fleet.records import NOON


def _problem(account: TelnyxAccount, kind: str, **given: str) -> dict[str, str]:
    with pytest.raises(BadInputs) as bad:
        KINDS[kind].clean(account, given)
    return bad.value.problems


def _group(account: TelnyxAccount, name: str) -> Group:
    return Group.objects.create(
        account=account, remote_id=uuid4(), name=name, raw={}, digest=b"", first_seen_at=NOON,
        read_at=NOON,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_group_is_one_of_the_account_s(account: TelnyxAccount, stranger: object) -> None:
    mine = _group(account, "Depot")
    foreign = _group(TelnyxAccount.objects.get(slug="else"), "Foreign")
    inputs = KINDS["move_to_group"].clean(account, {"group": str(mine.remote_id)})
    assert inputs == {"group": str(mine.remote_id), "group_name": "Depot"}
    assert KINDS["move_to_group"].summary(inputs) == "Depot"
    for value in (str(foreign.remote_id), str(uuid4()), "x"):
        assert _problem(account, "move_to_group", group=value) == {
            "group": f"Group “{value}” is not one of the account’s: choose another."
        }
    assert _problem(account, "move_to_group") == {"group": "Group is empty: choose a group."}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("set_data_limit", {"limit": "lots"}, "which is no number"),
        ("set_data_limit", {"limit": "0"}, "give an amount above 0"),
        ("set_data_limit", {"limit": "-1"}, "give an amount above 0"),
        ("set_data_limit", {"limit": "NaN"}, "give an amount above 0"),
        ("set_data_limit", {"limit": "1e40"}, "give an amount above 0"),
        ("set_data_limit", {"limit": "1e999999"}, "give an amount above 0"),
        ("set_data_limit", {"limit": "1e-999999"}, "at most six decimals"),
        ("rename_group", {"name": "\0"}, "Name is empty"),
        ("set_public_ip", {"region": "\0mars"}, "“mars” is not known"),
        ("set_data_limit", {"limit": "0.0000001"}, "at most six decimals"),
        ("set_data_limit", {"limit": "1", "limit_unit": "TB"}, "give MB or GB"),
        ("add_tags", {"tags": " , "}, "holds no tag"),
        ("add_tags", {"tags": "x" * 101}, "at most 100 printable characters"),
        ("add_tags", {"tags": ",".join(map(str, range(101)))}, "give at most 100"),
        ("replace_imeis", {"imeis": "123"}, "an IMEI has 15 digits"),
        ("replace_imeis", {"imeis": "490154203237519"}, "check digit is wrong"),
        ("set_public_ip", {"region": "mars"}, "“mars” is not known"),
        ("rename_group", {"name": "n" * 201}, "give at most 200"),
    ],
)
def test_what_will_not_do_is_told(
    account: TelnyxAccount, kind: str, given: dict[str, str], said: str
) -> None:
    (problem,) = _problem(account, kind, **given).values()
    assert said in problem


@pytest.mark.django_db
def test_every_field_that_is_wrong_is_named(account: TelnyxAccount) -> None:
    assert set(_problem(account, "change_notification", threshold="x")) == {"threshold", "to"}


@given(st.decimals(min_value="0.000001", max_value="999999", places=6), st.sampled_from("MG"))
def test_amounts_keep_their_value(number: Decimal, letter: str) -> None:
    read = amount("Limit", str(number), f"{letter}B")
    assert Decimal(read["amount"]) == number
    assert megabytes(read) == (number * (1024 if letter == "G" else 1)).quantize(
        Decimal("0.000001")
    )


@given(st.lists(st.text(alphabet="abc-: é", min_size=1, max_size=20), min_size=1, max_size=20))
def test_tags_come_back_each_once_in_order(given_tags: list[str]) -> None:
    wanted = sorted({tag.strip() for tag in given_tags if tag.strip()})
    if not wanted:
        with pytest.raises(ValueError, match="holds no tag"):
            tags("Tags", ",".join(given_tags))
    else:
        assert tags("Tags", ", ".join(given_tags)) == wanted
        assert tags("Tags", ",".join(wanted)) == wanted


@given(st.text(max_size=60))
def test_imeis_are_digits_or_refused(text: str) -> None:
    try:
        found = imeis("IMEIs", text)
    except ValueError as error:
        said = str(error)
        assert said.startswith("IMEIs")
    else:
        assert found
        assert all(imei.isdigit() and 14 <= len(imei) <= 16 for imei in found)
