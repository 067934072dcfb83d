"""The API key goes into one header, and nowhere else."""

import logging
import traceback

import pytest

from telnyx_api import Client, errors
from tests.telnyx_api.conftest import API_KEY, MakeClient
from tests.telnyx_api.scripted_server import Reply, ResetRead, ScriptedServer, Turn, free_port

ECHOES = {"errors": [{"code": "10009", "title": f"Bad key {API_KEY}", "detail": API_KEY}]}
TROUBLE: list[Turn] = [
    Reply(401, ECHOES),
    Reply(500, raw=f"<html>Authorization: Bearer {API_KEY}</html>".encode()),
    Reply(429, ECHOES),
    Reply(200, raw=API_KEY.encode()),
    Reply(302, headers={"Location": f"/{API_KEY}"}),
    ResetRead(),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=range(len(TROUBLE)))
def test_no_error_shows_it(
    server: ScriptedServer,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    trouble: Turn,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(*[trouble] * 8)
    for call in (client.sim_cards.retrieve, client.sim_cards.enable):
        with pytest.raises(errors.TelnyxError) as caught:
            call("1")
        assert_silent(caught.value)
    assert API_KEY not in caplog.text
    assert "/sim_cards/1" in caplog.text


def test_a_failed_connection_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        Client(API_KEY, f"http://127.0.0.1:{free_port()}/v2", read_attempts=1) as client,
        pytest.raises(errors.ConnectionNotMade) as caught,
    ):
        client.sim_cards.retrieve("1")
    assert_silent(caught.value)
    assert API_KEY not in caplog.text


def assert_silent(error: BaseException) -> None:
    """Neither the text nor anything that hangs on the error leads to the key or to a request."""
    assert API_KEY not in "".join(traceback.format_exception(error))
    assert API_KEY not in repr(error)
    assert API_KEY not in repr(vars(error))
    assert error.__context__ is None
    assert error.__cause__ is None


def test_no_repr_shows_it(make_client: MakeClient) -> None:
    client = make_client()
    session = client._sender.session
    shown = [client, session, session.auth, client._sender, client.sim_cards, client.within(3)]
    assert API_KEY not in repr(shown)
    assert API_KEY not in str(shown)


@pytest.mark.parametrize("key", ["KEY\nX", "KEY with spaces", "KEYé", "KEY\x00", "KEY\x7f"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        Client(key)
    assert key not in str(caught.value)
    assert key not in repr(caught.value)
    assert caught.value.argument == "api_key"


def test_no_key_is_refused() -> None:
    with pytest.raises(errors.InvalidArgument, match="api_key"):
        Client("")


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        Client(API_KEY, "https://me:hidden@api.example.test/v2")
    assert "hidden" not in str(caught.value)
