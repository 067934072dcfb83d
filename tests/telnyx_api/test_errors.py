"""Error answers of every shape become the right exception with everything that was said."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_api import Client, error_bodies, errors
from tests.telnyx_api.conftest import API_KEY
from tests.telnyx_api.scripted_server import Reply, ScriptedServer

ENTRY = {
    "code": "10015",
    "title": "Bad Request",
    "detail": "The amount is not a number.",
    "source": {"pointer": "/data_limit/amount"},
    "meta": {"url": "https://example.test/10015"},
}


def error_of(
    status: int, body: object = None, *, method: str = "POST", headers: dict[str, str] | None = None
) -> errors.TelnyxError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_bodies.to_error(
        status=status,
        headers=headers or {},
        body=raw,
        method=method,
        path="/sim_cards/1",
        secret=API_KEY,
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.AuthenticationRefused),
        (403, errors.PermissionRefused),
        (404, errors.NotFound),
        (405, errors.MethodNotAllowed),
        (409, errors.Conflict),
        (422, errors.Unprocessable),
        (429, errors.RateLimited),
        (500, errors.ServerFailure),
        (501, errors.ServerFailure),
        (503, errors.ServerFailure),
        (599, errors.ServerFailure),
        (402, errors.UnexpectedStatus),
        (418, errors.UnexpectedStatus),
        (302, errors.UnexpectedStatus),
    ],
)
def test_the_status_decides_first(status: int, kind: type[errors.TelnyxError]) -> None:
    assert type(error_of(status, {"errors": [{"code": "10011", "title": "x"}]})) is kind


@pytest.mark.parametrize(("code", "kind"), errors.BY_CODE.items())
@pytest.mark.parametrize("status", [400, 402, 403, 409, 422])
def test_codes_that_we_act_upon(status: int, code: str, kind: type[errors.Unprocessable]) -> None:
    error = error_of(status, {"errors": [{"code": code, "title": "x"}]})
    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_codes_do_not_override_statuses_that_speak_for_themselves(status: int) -> None:
    error = error_of(status, {"errors": [{"code": "70007", "title": "x"}]})
    assert not isinstance(error, errors.NoGroup)


def test_the_entry_that_names_the_cause_speaks_for_all() -> None:
    entries = [ENTRY, {"code": "70007", "title": "No group"}]
    error = error_of(422, {"errors": entries})
    assert type(error) is errors.NoGroup
    assert error.title == "No group"
    assert error.errors == entries


def test_everything_that_the_entry_says() -> None:
    error = error_of(400, {"errors": [ENTRY]})
    assert (error.code, error.title, error.pointer) == (
        "10015",
        "Bad Request",
        "/data_limit/amount",
    )
    assert error.detail == "The amount is not a number."
    assert (error.method, error.path, error.status) == ("POST", "/sim_cards/1", 400)
    assert error.parameter is None
    assert str(error) == (
        "POST /sim_cards/1: the API does not accept the form of the request: Bad Request. "
        "The amount is not a number (HTTP 400, code 10015, at /data_limit/amount)."
    )


@pytest.mark.parametrize(
    ("body", "code", "title", "detail"),
    [
        (ENTRY, "10015", "Bad Request", "The amount is not a number."),
        ({"errors": [{"code": 10015, "title": "T"}]}, "10015", "T", None),
        ({"errors": {"code": "1", "title": "T"}}, "1", "T", None),
        ({"errors": [{"code": "1", "description": "D"}]}, "1", None, "D"),
        ({"errors": [{"code": "1", "message": "M"}]}, "1", None, "M"),
        ({"message": "M"}, None, None, "M"),
        ({"error": "E"}, None, None, "E"),
        ({"error": {"message": "M"}}, None, None, "M"),
        ({"errors": ["E"]}, None, None, "E"),
        ([{"code": "1"}], "1", None, None),
        ({"errors": []}, None, None, None),
        (
            {"errors": [{"code": True, "title": ["T"], "detail": 3, "source": "x"}]},
            None,
            None,
            None,
        ),
        (None, None, None, None),
        (b"", None, None, None),
        (b"<html><body>Forbidden</body></html>", None, None, None),
        (b'{"errors": [{"code": "1', None, None, None),
        (b"\xff\xfe", None, None, None),
    ],
)
def test_shapes_of_bodies(
    body: object, code: str | None, title: str | None, detail: str | None
) -> None:
    error = error_of(403, body)
    assert (error.code, error.title, error.detail) == (code, title, detail)
    assert "HTTP 403" in str(error)


def test_a_parameter_as_the_source() -> None:
    error = error_of(400, {"errors": [{"code": "1", "source": {"parameter": "filter[status]"}}]})
    assert error.parameter == "filter[status]"
    assert "at filter[status]" in str(error)


@pytest.mark.parametrize(
    ("status", "method", "retryable", "maybe_applied"),
    [
        (500, "GET", True, False),
        (501, "GET", False, False),
        (503, "GET", True, False),
        (500, "POST", False, True),
        (503, "DELETE", False, True),
        (429, "POST", True, False),
        (422, "POST", False, False),
        (408, "POST", False, True),
        (303, "PATCH", False, True),
        (303, "GET", False, False),
    ],
)
def test_what_may_be_done_next(
    status: int, method: str, retryable: bool, maybe_applied: bool
) -> None:
    error = error_of(status, method=method)
    assert (error.retryable, error.maybe_applied) == (retryable, maybe_applied)
    assert ("may have been carried out" in str(error)) == maybe_applied


def test_being_processed_is_worth_another_try_later_but_not_by_the_client(
    server: ScriptedServer, client: Client
) -> None:
    server.script(Reply(422, {"errors": [{"code": "10036", "title": "T"}]}))
    with pytest.raises(errors.BeingProcessed) as caught:
        client.sim_cards.enable("1")
    assert caught.value.retryable
    assert len(server.received) == 1


def test_retry_after_is_kept_as_stated() -> None:
    assert error_of(429, headers={"Retry-After": "600"}).retry_after == 600
    assert error_of(429, headers={"x-ratelimit-reset": "7"}).retry_after == 7
    assert error_of(429).retry_after is None


def test_an_error_answer_that_is_cut_short_keeps_its_status(
    server: ScriptedServer, client: Client
) -> None:
    server.script(Reply(404, {"errors": [ENTRY]}, missing=9))
    with pytest.raises(errors.NotFound):
        client.sim_cards.retrieve("1")


@pytest.mark.parametrize("body", [None, [], "x", {}, {"data": None}, {"data": []}])
def test_success_without_a_record_is_unreadable(
    server: ScriptedServer, client: Client, body: object
) -> None:
    server.script(Reply(202, body))
    with pytest.raises(errors.AnswerUnreadable) as caught:
        client.sim_cards.enable("1")
    assert caught.value.maybe_applied


def test_errors_survive_a_queue() -> None:
    error = error_of(422, {"errors": [{"code": "70007", "title": "T"}]})
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(copy) is errors.NoGroup
    assert (str(copy), copy.code, copy.errors) == (str(error), "70007", error.errors)
    argument = errors.InvalidArgument("size", 251, "1 to 250")
    copy = pickle.loads(pickle.dumps(argument))  # noqa: S301
    assert str(copy) == str(argument) == "size is 251, but must be 1 to 250."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["errors", "error", "code", "title", "detail", "description", "message", "source", "pointer"]
)
NEARLY_ERRORS = st.recursive(
    JSON, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=8
)


@given(status=st.integers(100, 599), body=JSON | NEARLY_ERRORS)
def test_no_body_breaks_it(status: int, body: Any) -> None:
    assert_sound(error_of(status, body))


@given(status=st.integers(300, 599), body=st.binary())
def test_no_bytes_break_it(status: int, body: bytes) -> None:
    assert_sound(error_of(status, body))


def test_no_depth_breaks_it() -> None:
    for depth in (900, 1100, 100_000):
        assert_sound(error_of(400, b'{"errors":' * depth + b"1" + b"}" * depth))


def assert_sound(error: errors.TelnyxError) -> None:
    assert isinstance(error, errors.TelnyxError)
    assert str(error).startswith("POST /sim_cards/1: ")
    assert len(str(error)) < 3000
    assert all(isinstance(entry, dict) for entry in error.errors)
    assert error.code is None or isinstance(error.code, str)
    assert not (error.retryable and error.maybe_applied)
