"""Buckets elsewhere, and migrations of their data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import Api, error, eventually
from tests.sandbox_process import start_sandbox

if TYPE_CHECKING:
    from pathlib import Path

SOURCES, PATH = "/storage/migration_sources", "/storage/migrations"
RUNNING = ("pending", "checking", "migrating")
# Of a bucket whose data is copied in five seconds at this speed, its wait in half a second.
SPEED = 60.0


def _source(api: Api, bucket: str) -> dict[str, Any]:
    body = {
        "provider": "aws",
        "provider_auth": {"access_key": "AK", "secret_access_key": "SAK"},
        "bucket_name": bucket,
        "source_region": "eu-central-1",
    }
    answer = api("POST", SOURCES, json=body)
    assert answer.status_code == 200, answer.text
    source: dict[str, Any] = answer.json()["data"]
    assert {name: source[name] for name in ("provider", "bucket_name", "source_region")} == {
        name: body[name] for name in ("provider", "bucket_name", "source_region")
    }
    return source


def _body(source: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "source_id": source["id"],
        "target_bucket_name": "copy",
        "target_region": "us-central-1",
        **more,
    }


def _start(api: Api, source: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = api("POST", PATH, json=_body(source, **more))
    assert answer.status_code == 200, answer.text
    migration: dict[str, Any] = answer.json()["data"]
    return migration


def _reached(api: Api, migration: dict[str, Any], status: str, seconds: float = 20) -> Any:
    def there() -> dict[str, Any] | None:
        now: dict[str, Any] = api.get(f"{PATH}/{migration['id']}")["data"]
        return now if now["status"] == status else None

    return eventually(there, seconds)


def _states(api: Api, migration: dict[str, Any]) -> list[dict[str, Any]]:
    """Each answer on the way to the end."""
    seen: list[dict[str, Any]] = []

    def over() -> bool:
        seen.append(api.get(f"{PATH}/{migration['id']}")["data"])
        return seen[-1]["status"] not in RUNNING

    eventually(over, 30)
    return seen


def test_from_pending_to_complete() -> None:
    with start_sandbox(sims=3, speed=SPEED) as sandbox:
        api = Api(sandbox)
        source = _source(api, "telemetry-archive")
        begun = _start(api, source)
        assert (begun["status"], begun["refresh"]) == ("pending", False)
        assert (begun["bytes_to_migrate"], begun["bytes_migrated"], begun["speed"]) == (0, 0, 0)
        assert (begun["eta"], begun["last_copy"]) == (None, None)
        assert error(api("POST", PATH, json=_body(source))) == (422, "10036", "")
        assert error(api("DELETE", f"{SOURCES}/{source['id']}")) == (422, "10021", "")
        seen = _states(api, begun)
        order = list(dict.fromkeys(item["status"] for item in seen))
        assert order == ["pending", "checking", "migrating", "complete"]
        copying = [item for item in seen if item["status"] == "migrating"]
        amounts = [item["bytes_migrated"] for item in copying]
        assert amounts == sorted(amounts)
        assert len(set(amounts)) > 5
        (size,) = {item["bytes_to_migrate"] for item in copying}
        assert size >= 2**31
        assert all(amount < size for amount in amounts)
        assert all(item["speed"] > 0 and item["eta"] > begun["created_at"] for item in copying)
        last = seen[-1]
        assert (last["bytes_migrated"], last["speed"]) == (size, 0)
        assert last["eta"] == last["last_copy"]
        assert api.get(PATH)["data"][0] == last
        stop = f"{PATH}/{begun['id']}/actions/stop"
        assert error(api("POST", stop)) == (422, "10027", "")
        assert api.get(f"{PATH}/{begun['id']}")["data"] == last
        # The same bucket holds the same.
        again = _start(api, source)
        assert _reached(api, again, "migrating")["bytes_to_migrate"] == size
        assert api("POST", f"{PATH}/{again['id']}/actions/stop").status_code == 200
        assert api("DELETE", f"{SOURCES}/{source['id']}").json()["data"] == source
        for method in ("GET", "DELETE"):
            assert error(api(method, f"{SOURCES}/{source['id']}")) == (404, "10005", "")


def test_stop_at_every_stage() -> None:
    with start_sandbox(sims=3, speed=SPEED) as sandbox:
        api = Api(sandbox)
        source = _source(api, "stages")
        for stage in ("pending", "checking", "migrating"):
            migration = _start(api, source)
            _reached(api, migration, stage)
            if stage == "migrating":
                here = f"{PATH}/{migration['id']}"
                eventually(lambda here=here: api.get(here)["data"]["bytes_migrated"])
            stop = f"{PATH}/{migration['id']}/actions/stop"
            stopped = api("POST", stop).json()["data"]
            assert (stopped["status"], stopped["speed"], stopped["eta"]) == ("stopped", 0, None)
            assert (stopped["bytes_migrated"] > 0) == (stage == "migrating")
            assert error(api("POST", stop)) == (422, "10027", "")
        # What was planned for them does not happen.
        later = _start(api, source)
        _reached(api, later, "migrating")
        assert [item["status"] for item in api.get(PATH)["data"][1:4]] == ["stopped"] * 3


def test_one_that_keeps_up_and_one_that_fails() -> None:
    with start_sandbox(sims=3, speed=2_000) as sandbox:
        api = Api(sandbox)
        source, broken = _source(api, "followed"), _source(api, "fail-please")
        failed = _states(api, _start(api, broken))[-1]
        assert (failed["status"], failed["speed"]) == ("error", 0)
        assert error(api("POST", f"{PATH}/{failed['id']}/actions/stop")) == (422, "10027", "")
        assert api("DELETE", f"{SOURCES}/{broken['id']}").status_code == 200

        kept = _start(api, source, refresh=True)
        first = _reached(api, kept, "complete")
        here = f"{PATH}/{kept['id']}"
        eventually(lambda: api.get(here)["data"]["last_copy"] > first["last_copy"])
        # It is complete and goes on all the same.
        assert error(api("DELETE", f"{SOURCES}/{source['id']}")) == (422, "10021", "")
        assert error(api("POST", PATH, json=_body(source))) == (422, "10036", "")
        elsewhere = _start(api, source, target_bucket_name="another")
        _reached(api, elsewhere, "complete")
        assert api("POST", f"{here}/actions/stop").json()["data"]["status"] == "stopped"
        assert error(api("POST", f"{here}/actions/stop")) == (422, "10027", "")
        assert api("DELETE", f"{SOURCES}/{source['id']}").status_code == 200


def test_it_goes_on_after_a_crash(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=3, speed=SPEED, data=data) as sandbox:
        api = Api(sandbox)
        migration = _start(api, _source(api, "interrupted"))
        _reached(api, migration, "migrating")
        before = eventually(
            lambda: (now := api.get(f"{PATH}/{migration['id']}")["data"])["bytes_migrated"] and now
        )
        sandbox.kill()
    with start_sandbox(sims=3, speed=SPEED, data=data) as sandbox:
        api = Api(sandbox)
        after = api.get(f"{PATH}/{migration['id']}")["data"]
        assert after["bytes_migrated"] > before["bytes_migrated"]
        done = _reached(api, migration, "complete")
        assert done["bytes_migrated"] == before["bytes_to_migrate"]
        assert done["eta"] == before["eta"]


def test_lists(api: Api) -> None:
    older, newer = _source(api, "older"), _source(api, "newer")
    whole = api.get(SOURCES)
    assert whole["data"][:2] == [newer, older]
    assert whole["meta"]["total_results"] == len(whole["data"]) == whole["meta"]["page_size"]
    assert newer["provider_auth"] == {"access_key": "********", "secret_access_key": "********"}
    assert api.get(f"{SOURCES}/{older['id']}")["data"] == older
    coverage = api.get("/storage/migration_source_coverage")
    assert {item["provider"] for item in coverage["data"]} == {"aws"}
    assert len({item["source_region"] for item in coverage["data"]}) == len(coverage["data"]) > 5
    first = api.get(PATH)["data"][-1]
    assert (first["status"], first["target_bucket_name"]) == ("complete", "fieldworks-archive")
    assert first["bytes_migrated"] == first["bytes_to_migrate"] > 0
    assert first["source_id"] in {item["id"] for item in whole["data"]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"provider": None}, (422, "10004", "/provider")),
        ({"provider": "gcp"}, (422, "10032", "/provider")),
        ({"bucket_name": None}, (422, "10004", "/bucket_name")),
        ({"bucket_name": "a/b"}, (422, "10015", "/bucket_name")),
        ({"bucket_name": ["a"]}, (422, "10026", "/bucket_name")),
        ({"provider_auth": None}, (422, "10004", "/provider_auth")),
        ({"provider_auth": "AK:SAK"}, (422, "10026", "/provider_auth")),
        ({"provider_auth": {"access_key": 5}}, (422, "10026", "/provider_auth/access_key")),
        ({"source_region": 5}, (422, "10026", "/source_region")),
    ],
)
def test_bad_sources(api: Api, change: dict[str, Any], expected: tuple[int, str, str]) -> None:
    body = {"provider": "aws", "provider_auth": {}, "bucket_name": "bad", **change}
    assert error(api("POST", SOURCES, json=body)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"source_id": None}, (422, "10004", "/source_id")),
        ({"source_id": "none"}, (422, "10017", "/source_id")),
        ({"target_bucket_name": " "}, (422, "10015", "/target_bucket_name")),
        ({"target_bucket_name": "a b"}, (422, "10015", "/target_bucket_name")),
        ({"target_region": None}, (422, "10004", "/target_region")),
        ({"refresh": "yes"}, (422, "10026", "/refresh")),
    ],
)
def test_bad_migrations(api: Api, change: dict[str, Any], expected: tuple[int, str, str]) -> None:
    source = api.get(SOURCES)["data"][-1]
    assert error(api("POST", PATH, json={**_body(source), **change})) == expected


def test_what_is_not_there(api: Api) -> None:
    assert error(api("GET", f"{PATH}/none")) == (404, "10005", "")
    assert error(api("POST", f"{PATH}/none/actions/stop")) == (404, "10005", "")
