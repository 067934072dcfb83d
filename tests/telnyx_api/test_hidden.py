"""Secrets that travel in bodies are shown by no repr, no error and no log."""

import json
import logging
import traceback
from collections.abc import Callable

import orjson
import pytest

from telnyx_api import Client, errors
from telnyx_api.error_bodies import without_hidden
from tests.telnyx_api.scripted_server import Reply, ResetRead, ScriptedServer, Turn

SECRET = "s3cr3t/of ümlauts"
AUTH = {"access_key": "AKIA-visible-to-none", "secret_access_key": SECRET}
STORING: dict[str, Callable[[Client], object]] = {
    "token": lambda c: c.integration_secrets.create(identifier="i", type="bearer", token=SECRET),
    "password": lambda c: c.integration_secrets.create(
        identifier="i", type="basic", username="u", password=SECRET
    ),
    "source": lambda c: c.migration_sources.create(
        bucket_name="b", provider="aws", provider_auth=AUTH
    ),
}
ECHO = {"errors": [{"code": "10015", "title": "Bad", "detail": f"{SECRET} is not good"}]}
TROUBLE: list[Turn] = [
    Reply(422, ECHO),
    Reply(500, raw=f"<p>{SECRET}</p>".encode()),
    Reply(200, raw=SECRET.encode()),
    ResetRead(),
]


@pytest.mark.parametrize("store", STORING.values(), ids=STORING)
@pytest.mark.parametrize("trouble", TROUBLE, ids=range(len(TROUBLE)))
def test_what_is_stored_is_not_shown(
    server: ScriptedServer,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    trouble: Turn,
    store: Callable[[Client], object],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(trouble)
    with pytest.raises(errors.TelnyxError) as caught:
        store(client)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in repr(vars(caught.value))
    assert SECRET not in caplog.text
    assert SECRET in server.received[0].json.get(
        "token", server.received[0].json.get("password", repr(AUTH))
    )


def test_an_argument_that_is_refused_is_not_shown(client: Client) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        client.integration_secrets.create(identifier="i", type="bearer", token=[SECRET])  # type: ignore[typeddict-item]
    assert caught.value.argument == "token"
    with pytest.raises(errors.InvalidArgument) as nested:
        client.migration_sources.create(
            bucket_name="b", provider="aws", provider_auth={"secret_access_key": [SECRET]}
        )
    assert nested.value.argument == "provider_auth.secret_access_key"
    for error in (caught.value, nested.value):
        assert SECRET not in "".join(traceback.format_exception(error))
        assert SECRET not in repr(error) + repr(vars(error))
        assert error.__context__ is None


def test_a_short_secret_takes_the_whole_body_with_it() -> None:
    assert without_hidden(b'{"detail": "pw is wrong"}', "pw") == b""
    assert without_hidden(b"<p>it is wrong</p>", "pw") == b"<p>it is wrong</p>"


def test_pin_and_puk_are_there_but_not_shown(server: ScriptedServer, client: Client) -> None:
    codes = {"pin1": "1234", "puk1": "98765432"}
    server.script(Reply(body={"data": {"id": "1", "pin_puk_codes": codes}}))
    sim_card = client.sim_cards.retrieve("1", include_pin_puk_codes=True)
    assert "98765432" not in repr(sim_card)
    assert "98765432" not in f"{sim_card} {sim_card['pin_puk_codes']}"
    assert sim_card["pin_puk_codes"] == codes
    assert json.loads(json.dumps(sim_card)) == orjson.loads(orjson.dumps(sim_card))
    assert json.loads(json.dumps(sim_card))["pin_puk_codes"] == codes


def test_the_keys_of_a_migration_source_are_not_shown(
    server: ScriptedServer, client: Client
) -> None:
    source = {"id": "1", "provider_auth": AUTH}
    server.script(*[Reply(body={"data": source})] * 3, Reply(body={"data": [source]}))
    made = client.migration_sources.create(bucket_name="b", provider="aws", provider_auth=AUTH)
    found = [made, client.migration_sources.retrieve("1"), client.migration_sources.delete("1")]
    found += client.migration_sources.list()
    assert len(found) == 4
    assert all(record["provider_auth"] == AUTH for record in found)
    assert SECRET not in repr(found)


def test_a_token_is_a_text_that_is_not_shown(server: ScriptedServer, client: Client) -> None:
    server.script(Reply(201, raw=b"eyJ.token\n", headers={"Content-Type": "text/plain"}))
    token = client.telephony_credentials.create_token("1")
    assert token == "eyJ.token"
    assert "eyJ" not in repr([token])
    assert server.received[0].headers["accept"] == "text/plain"


def test_an_empty_token_is_an_unreadable_answer(server: ScriptedServer, client: Client) -> None:
    server.script(Reply(201, raw=b""))
    with pytest.raises(errors.AnswerUnreadable):
        client.telephony_credentials.create_token("1")
