"""Pages whose records are left as they came: the same lists, and the same errors."""

from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telnyx_api import Client, errors, session
from tests.telnyx_api.conftest import MakeClient
from tests.telnyx_api.scripted_server import Reply, ScriptedServer

META = b'"meta":{"total_pages":4,"total_results":999,"page_number":2,"page_size":3}'


def test_records_are_the_bytes_that_came(server: ScriptedServer, client: Client) -> None:
    records = [b'{"id": "1",\n "tags":["b","a"]}', b"[ 1 ]", b'"\\u00e9"', b"1.50", b"null"]
    server.script(Reply(raw=b'{"data" : [' + b" , ".join(records) + b"]," + META + b"}"))
    page: Any = client.undecoded().sim_cards.page(number=2, size=3)
    assert page.data == records
    assert (page.number, page.size, page.total_pages, page.total_results) == (2, 3, 4, 999)
    assert not page.is_last


@pytest.mark.parametrize(
    "meta", [b"", b',"meta":null', b',"meta":5', b',"meta":{"total_pages":"x"}']
)
def test_without_totals(server: ScriptedServer, client: Client, meta: bytes) -> None:
    server.script(Reply(raw=b'{"data":[{}]' + meta + b"}"))
    page = client.undecoded().sim_card_actions.page()
    assert (len(page.data), page.total_pages, page.total_results) == (1, None, None)


def test_all_pages_and_other_answers(server: ScriptedServer, client: Client) -> None:
    first = b'{"data":[{"id":"1"}],"meta":{"total_pages":2}}'
    second = b'{"data":[{"id":"2"}],"meta":{"total_pages":2}}'
    server.script(Reply(raw=first), Reply(raw=second), Reply(body={"data": {"id": "3"}}))
    quick = client.undecoded()
    assert list(quick.sim_cards.list()) == [b'{"id":"1"}', b'{"id":"2"}']
    assert quick.sim_cards.retrieve("3") == {"id": "3"}


def test_the_first_client_goes_on_decoding(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    server.script(*[Reply(body={"data": [{"id": "1"}]}) for _ in range(3)])
    quick = client.undecoded()
    assert quick.sim_cards.page().data == [b'{"id":"1"}'.replace(b":", b": ")]
    assert client.sim_cards.page().data == [{"id": "1"}]
    assert quick.within(5).sim_cards.page().data == [b'{"id": "1"}']
    assert server.connections == 1


BROKEN = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"{}",
    b'{"data":null}',
    b'{"data":{}}',
    b'{"data":"text"}',
    b'{"data":[{"id":"1"}',
    b'{"data":[{"id":"1"}]',
    b'{"data":[{"id":"1"]}',
    b'{"data":[{"id":1,}]}',
    b'{"data":[1,]}',
    b'{"data":[{"id":NaN}]}',
    b'{"data":[{"id":01}]}',
    b'{"data":[{"id":"\x00"}]}',
    b'{"data":[{"id":"\\ud800"}]}',
    b'{"data":[{id:1}]}',
    b"\xef\xbb\xbf" + b'{"data":[]}',
    b'{"data":[]} <!-- -->',
    b'{"data":[' + b"[" * 3_000 + b"]" * 3_000 + b"]}",
    b'{"data":[],"meta":{"a":1e999}}',
    b"<html></html>",
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_what_cannot_be_read_is_told_in_the_same_words(
    server: ScriptedServer, make_client: MakeClient, body: bytes
) -> None:
    client = make_client(read_attempts=1)
    server.script(Reply(raw=body), Reply(raw=body))
    told = []
    for asked in (client, client.undecoded()):
        with pytest.raises(errors.AnswerUnreadable) as caught:
            asked.sim_cards.page()
        told.append((str(caught.value), caught.value.retryable, caught.value.status))
    assert told[0] == told[1]


def test_an_answer_that_breaks_off_is_unreadable(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    server.script(Reply(raw=b'{"data":[]}', missing=10))
    with pytest.raises(errors.AnswerUnreadable, match="broke off"):
        make_client(read_attempts=1).undecoded().sim_cards.page()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
BODIES = st.fixed_dictionaries({"data": st.lists(JSON, max_size=4) | JSON}, optional={"meta": JSON})


@given(BODIES.map(orjson.dumps), st.integers(0, 60), st.binary(max_size=3), st.booleans())
@example(b'{"data":[{"a":"b"}]}', 14, b"\xff", True)
@example(b'{"data":[{"a":100}]}', 15, b"e99", True)
def test_whatever_comes_is_a_list_for_both_or_for_none(
    body: bytes, place: int, other: bytes, spoils: bool
) -> None:
    if spoils:
        body = body[:place] + other + body[place + len(other) :]
    left = session._undecoded(body)
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    if isinstance(parsed, dict) and isinstance(parsed.get("data"), list):
        assert left is not None
        assert [orjson.loads(record) for record in left["data"]] == parsed["data"]
        assert left["meta"] == parsed.get("meta")
    elif left is not None:
        # What nobody looked at: it shows when a record is decoded, or is not among the records.
        assert parsed is None
        assert not body.isascii() or b"e" in body.lower()
