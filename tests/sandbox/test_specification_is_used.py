"""The comparison with the specification must not pass because it compares nothing."""

import pytest
import requests

from tests.sandbox.client import Api
from tests.sandbox.specification import FILE, specification

pytestmark = pytest.mark.skipif(
    specification() is None, reason=f"THE SPECIFICATION {FILE.name} IS NOT THERE: nothing compared"
)


def _answer(api: Api, change: dict[str, object]) -> requests.Response:
    identifier = api.some("enabled")["id"]
    api.sandbox.admin("POST", f"sim_cards/{identifier}", change)
    try:
        return api("GET", f"/sim_cards/{identifier}", check=False)
    finally:
        api.sandbox.admin("DELETE", f"sim_cards/{identifier}")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "abolished"},
        {"iccid": 893},
        {"sim_card_group_id": "no-uuid"},
        {"surprise": True},
        {"data_limit": {"amount": "1.0", "unit": "TB"}},
    ],
)
def test_an_answer_that_does_not_fit_is_found(api: Api, change: dict[str, object]) -> None:
    rules = specification()
    assert rules is not None
    with pytest.raises(AssertionError):
        rules.check(_answer(api, change), "/sim_cards/x")


def test_a_missing_field_is_found(api: Api) -> None:
    rules = specification()
    assert rules is not None
    api.sandbox.admin("POST", "faults", {"kind": "drop_fields", "fields": ["iccid"], "times": 1})
    with pytest.raises(AssertionError, match="iccid"):
        rules.check(api("GET", "/sim_cards", check=False), "/sim_cards")
