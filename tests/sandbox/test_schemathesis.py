"""Schemathesis makes requests for each operation from the specification, right and wrong ones.

No answer may be a fault of the server, every answer has to fit the specification, wrong requests
have to be refused and right ones taken. What is refused or taken all the same is listed with its
reason in deviations.py.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from tests.sandbox import deviations
from tests.sandbox.specification import FILE, specification
from tests.sandbox_process import SandboxProcess, start_sandbox

RULES = specification()
DOCUMENT = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
PATHS: dict[str, Any] = DOCUMENT.get("paths", {})
# A number for a longer walk by hand, such as SCHEMATHESIS_EXAMPLES=200.
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
# Lists to take an id from that exists, by the name of a field that holds one.
WHERE_IDS_ARE = {
    "sim_card_id": "/sim_cards?filter[status]=enabled",
    "sim_card_ids": "/sim_cards?filter[status]=enabled",
    "sim_card_group_id": "/sim_card_groups",
    "address_id": "/addresses",
    "private_wireless_gateway_id": "/private_wireless_gateways",
    "wireless_blocklist_id": "/wireless_blocklists",
    "source_id": "/storage/migration_sources",
    "access_ip_address_id": "/access_ip_address",
}
CHECKED = (
    "not_a_server_error",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "missing_required_header",
    "negative_data_rejection",
    "positive_data_acceptance",
)
BRACKETED = re.compile(r"(page|filter)(\[[\w.]+\]){1,2}")
load_all_checks()


class Walk:
    """Sends requests to a sandbox of its own: what is asked for here changes and deletes."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.base_url = sandbox.base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.api_key}"
        self.turn = 0

    def existing(self, path: str) -> str | None:
        """The id of something in a list, each time of something else."""
        answer = self.session.get(self.base_url + path, timeout=20)
        items = answer.json().get("data") if answer.status_code == 200 else None
        if not isinstance(items, list) or not items:
            return None
        self.turn += 1
        return str(items[self.turn % len(items)].get("id"))

    def point_at_what_exists(self, case: schemathesis.Case) -> None:
        """Replace made-up ids, so that a request reaches what is behind its id."""
        for name in case.path_parameters:
            before, _, _ = case.operation.path.partition("/{")
            known = self.existing(WHERE_IDS_ARE.get(name, before))
            if known is not None:
                case.path_parameters[name] = known
        if isinstance(case.body, dict):
            for name, path in WHERE_IDS_ARE.items():
                value = case.body.get(name)
                if isinstance(value, str):
                    case.body[name] = self.existing(path) or value
                elif isinstance(value, list):
                    case.body[name] = [self.existing(path)]

    def send(self, case: schemathesis.Case) -> Any:
        """Send a request, check the answer against the specification; answers it."""
        if case.meta.generation.mode is GenerationMode.POSITIVE:
            self.point_at_what_exists(case)
        response = case.call(base_url=self.base_url, session=self.session)
        address = response.request.url.removeprefix(self.base_url).partition("?")[0]
        kind = response.headers.get("content-type", [""])[0]
        if case.method.lower() in PATHS[case.operation.path]:
            RULES.check_answer(case.method, address, response.status_code, kind, response.content)
        return response


def _nulls(case: schemathesis.Case) -> list[str]:
    body = case.body if isinstance(case.body, dict) else {}
    return [name for name, value in body.items() if value is None]


def _odd_query(case: schemathesis.Case, url: str) -> bool:
    """Whether something in it is unknown, the word null, or there twice."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    known = {item.name for item in case.operation.query if item.name not in ("page", "filter")}
    names = [name for name, _ in pairs]
    return any(
        value == "null" or names.count(name) > 1 or not (name in known or BRACKETED.fullmatch(name))
        for name, value in pairs
    )


def explained(check: str, case: schemathesis.Case, response: Any) -> bool:
    """Whether deviations.py has a reason for what a check complains of."""
    if check == "positive_data_acceptance":
        code = response.json()["errors"][0]["code"]
        operation = f"{case.method} {case.operation.path}"
        return code in deviations.REFUSALS or (operation, code) in deviations.REFUSALS_OF
    if check in ("unsupported_method", "allow_header_conformance"):
        return case.operation.path in deviations.MORE_METHODS
    if check == "negative_data_rejection":
        if case.meta.generation.mode is GenerationMode.POSITIVE:
            # A right request until its id became one that exists.
            return "path" in deviations.TAKEN
        wrong = [
            place
            for place, part in case.meta.components.items()
            if part.mode is GenerationMode.NEGATIVE
        ]
        if wrong == [ParameterLocation.PATH]:
            return "path" in deviations.TAKEN and case.operation.path.startswith("/addresses/")
        if wrong == [ParameterLocation.QUERY]:
            return "query" in deviations.TAKEN and _odd_query(case, response.request.url)
        return (
            wrong == [ParameterLocation.BODY] and bool(_nulls(case)) and "null" in deviations.TAKEN
        )
    return False


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    with start_sandbox(sims=300, seed=11, speed=1000) as sandbox:
        yield Walk(sandbox)


if not FILE.exists():

    @pytest.mark.skip(reason=f"THE SPECIFICATION {FILE.name} IS NOT THERE: no requests from it")
    def test_every_operation() -> None:
        """Nothing to make requests from."""

else:
    schema = schemathesis.openapi.from_dict(DOCUMENT)

    @schema.parametrize()
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        # The same requests in every run.
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def test_every_operation(case: schemathesis.Case, walk: Walk) -> None:
        response = walk.send(case)
        for name in CHECKED:
            try:
                case.validate_response(response, checks=[CHECKS.get_one(name)])
            except (Failure, FailureGroup):
                if not explained(name, case, response):
                    raise
