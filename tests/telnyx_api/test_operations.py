"""Every operation of the API has a call, which sends what the specification describes."""

import operator
from typing import Any

import pytest

from telnyx_api import Client, Page, errors
from telnyx_api.resource import Outcome
from tests.telnyx_api import specification
from tests.telnyx_api.calls import CALLS
from tests.telnyx_api.calls.call import Call
from tests.telnyx_api.operations import OPERATIONS
from tests.telnyx_api.scripted_server import Reply, ScriptedServer

DOCUMENTED = 151
# Another form of the update, which earlier versions of the API had.
UNDOCUMENTED = {("PATCH", "/wireless_blocklists")}
RECORD = {"id": "1", "not_in_the_specification": [1]}
ANSWERS = {
    "record": Reply(body={"data": RECORD}),
    "list": Reply(body={"data": [RECORD]}),
    "bare": Reply(body=RECORD),
    "nothing": Reply(204, raw=b""),
    "text": Reply(201, raw=b"text", headers={"Content-Type": "text/plain"}),
}
NEEDS_SPECIFICATION = pytest.mark.skipif(
    not specification.FILE.exists(),
    reason="THERE IS NO SPECIFICATION NEXT TO THE PROJECT: nothing is compared with it",
)
each_operation = pytest.mark.parametrize(
    ("method", "path", "name"), OPERATIONS, ids=[name for *_, name in OPERATIONS]
)
each_documented = pytest.mark.parametrize(
    ("method", "path", "name"),
    [row for row in OPERATIONS if row[:2] not in UNDOCUMENTED],
    ids=[row[2] for row in OPERATIONS if row[:2] not in UNDOCUMENTED],
)


def test_there_is_a_call_for_every_operation() -> None:
    listed = {(method, path) for method, path, _ in OPERATIONS}
    assert len(OPERATIONS) == len(listed) == DOCUMENTED + len(UNDOCUMENTED)
    assert {name for *_, name in OPERATIONS} == set(CALLS)


@NEEDS_SPECIFICATION
def test_the_specification_lists_the_same_operations() -> None:
    paths = specification.specification()["paths"]
    methods = {"get", "post", "put", "patch", "delete"}
    theirs = {(verb.upper(), path) for path in paths for verb in methods & set(paths[path])}
    ours = {(method, path) for method, path, _ in OPERATIONS}
    assert ours - UNDOCUMENTED == theirs


@each_operation
def test_a_call_sends_its_operation(
    server: ScriptedServer, client: Client, method: str, path: str, name: str
) -> None:
    call = CALLS[name]
    server.script(ANSWERS[call.answer])
    result = made(client, name, call.arguments)
    [request] = server.received
    assert request.method == method
    assert request.path == "/v2" + filled(path)
    assert dict(request.query) == call.query
    assert len(request.query) == len(call.query)
    assert (request.json if request.body else None) == call.body
    assert_result(result, call)


@NEEDS_SPECIFICATION
@each_documented
def test_the_specification_allows_what_is_sent(method: str, path: str, name: str) -> None:
    call = CALLS[name]
    assert specification.query_problems(method, path, list(call.query.items())) == []
    assert specification.body_problems(method, path, call.body) == []


@NEEDS_SPECIFICATION
@each_documented
def test_what_is_required_cannot_be_left_out(
    server: ScriptedServer, client: Client, method: str, path: str, name: str
) -> None:
    arguments = CALLS[name].arguments
    required = specification.required_arguments(method, path) & set(arguments)
    for argument in required:
        rest = {key: value for key, value in arguments.items() if key != argument}
        with pytest.raises((errors.InvalidArgument, TypeError), match=argument):
            made(client, name, rest)
    assert server.received == []


@each_operation
def test_nothing_of_a_wrong_type_is_sent(
    server: ScriptedServer, client: Client, method: str, path: str, name: str
) -> None:
    for argument in CALLS[name].arguments:
        with pytest.raises(errors.InvalidArgument) as caught:
            made(client, name, {**CALLS[name].arguments, argument: object()})
        assert caught.value.argument == argument
        assert caught.value.allowed
    assert server.received == []


@each_operation
def test_an_unknown_argument_is_a_mistake_in_the_program(
    client: Client, method: str, path: str, name: str
) -> None:
    with pytest.raises(TypeError, match="colour"):
        made(client, name, {**CALLS[name].arguments, "colour": "red"})


PAGED = sorted(name for name, call in CALLS.items() if name.rpartition(".")[2].startswith("page"))


@pytest.mark.parametrize("name", PAGED)
def test_a_list_streams_what_its_pages_hold(
    server: ScriptedServer, client: Client, name: str
) -> None:
    call = CALLS[name]
    server.script(ANSWERS["list"])
    found = list(made(client, name.replace(".page", ".list"), call.arguments))
    assert found == [RECORD]
    assert dict(server.received[0].query) == call.query


def made(client: Client, name: str, arguments: Any) -> Any:
    return operator.attrgetter(name)(client)(**arguments)


def filled(path: str) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + "1" + rest.partition("}")[2]
    return path


def assert_result(result: Any, call: Call) -> None:
    if call.answer == "nothing":
        assert result is None
    elif call.answer == "text":
        assert result == "text"
    elif call.answer != "list" or isinstance(result, dict):
        assert result == RECORD
    else:
        data = result.data if isinstance(result, (Page, Outcome)) else result
        assert data == [RECORD]
