"""Providers of single sign-on by SAML. Nobody can sign in with them, and nothing is fetched."""

from __future__ import annotations

from hashlib import sha1
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.account.owner import ORGANIZATION
from sandbox.clock import DAY, iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record, Selection
from sandbox.identifiers import random_id
from sandbox.paging import data_response, paged
from sandbox.problems import bad_filter, duplicate, missing, not_found, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

SORTS = ("name", "short_name", "active", "created_at", "updated_at")
ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")
OURS = "https://sso.sandbox.example"
EMAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
NAME_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def collection(state: State) -> Collection:
    """The stored providers."""
    return Collection(
        state, "authentication_providers", [Column(name, itemgetter(name)) for name in SORTS]
    )


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """One that is used."""
    at = iso(day - random.uniform(120, 160) * DAY)
    body = {
        "name": "Company directory",
        "short_name": "fieldworks",
        "settings": _from_metadata("https://login.fieldworks.example/saml/metadata"),
    }
    provider = _document(random_id(random), at)
    _change(sandbox, provider, body, at)
    sandbox.authentication_providers.insert(provider)


def _document(identifier: str, at: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "record_type": "authentication_provider",
        "name": "",
        "short_name": "",
        "organization_id": ORGANIZATION,
        "active": True,
        "activated_at": at,
        "settings": {},
        "created_at": at,
        "updated_at": at,
    }


def _from_metadata(url: str) -> dict[str, str]:
    """What the provider's metadata would say; made up from the address, as nothing is fetched."""
    parts = urlsplit(url)
    digest = sha1(url.encode(), usedforsecurity=False).hexdigest().upper()
    return {
        "idp_cert_fingerprint": ":".join(digest[n : n + 2] for n in range(0, len(digest), 2)),
        "idp_cert_fingerprint_algorithm": "sha1",
        "idp_entity_id": url,
        "idp_sso_target_url": f"{parts.scheme}://{parts.netloc or 'idp.sandbox.example'}/saml/sso",
    }


def _settings(value: Any) -> dict[str, str]:
    """Settings of a request (specification: three are required)."""
    if not isinstance(value, dict):
        raise wrong_type("/settings", "an object")
    for name in ("idp_cert_fingerprint", "idp_entity_id", "idp_sso_target_url"):
        if value.get(name) is None:
            raise missing(f"/settings/{name}")
    algorithm = value.get("idp_cert_fingerprint_algorithm", "sha1")
    if algorithm not in ALGORITHMS:
        pointer = "/settings/idp_cert_fingerprint_algorithm"
        raise wrong_value(pointer, f"The algorithm is one of {', '.join(ALGORITHMS)}.", "10032")
    return {
        "idp_cert_fingerprint": bodies.text(
            value["idp_cert_fingerprint"], "/settings/idp_cert_fingerprint"
        ),
        "idp_cert_fingerprint_algorithm": algorithm,
        "idp_entity_id": bodies.uri(value["idp_entity_id"], "/settings/idp_entity_id"),
        "idp_sso_target_url": bodies.uri(
            value["idp_sso_target_url"], "/settings/idp_sso_target_url"
        ),
    }


def _whole_settings(settings: dict[str, str], short_name: str) -> dict[str, Any]:
    """With what the service adds for the provider's side."""
    target = urlsplit(settings["idp_sso_target_url"])
    return {
        **settings,
        "assertion_consumer_service_url": f"{OURS}/saml/auth/{short_name}",
        "service_provider_entity_id": f"{OURS}/saml/metadata/{short_name}",
        "service_provider_login_url": f"{OURS}/{short_name}",
        "idp_attribute_names": {"email": EMAIL},
        "idp_certificate": None,
        "idp_slo_target_url": f"{target.scheme}://{target.netloc}/saml/slo",
        "name_identifier_format": NAME_FORMAT,
        "provision_groups": False,
    }


def _short_name(sandbox: Sandbox, value: Any, own_id: str) -> str:
    """Unique and fit for an address (specification)."""
    name = bodies.text(value, "/short_name")
    if not all(letter.isascii() and (letter.isalnum() or letter in "-_.~") for letter in name):
        detail = "Only letters, digits and - _ . ~ are possible in an address."
        raise wrong_value("/short_name", detail, "10015")
    taken = EVERYTHING.also("c.short_name = ?", name).also("c.id != ?", own_id)
    if sandbox.authentication_providers.count(taken):
        raise duplicate("/short_name", f"{name!r} is taken.")
    return name


def _change(sandbox: Sandbox, provider: dict[str, Any], body: dict[str, Any], at: str) -> None:
    """Apply the fields of a request; ``settings`` wins over ``settings_url`` (specification)."""
    if "name" in body:
        provider["name"] = bodies.text(body["name"], "/name")
    if "short_name" in body:
        provider["short_name"] = _short_name(sandbox, body["short_name"], provider["id"])
    url = body.get("settings_url")
    if url is not None:
        url = bodies.uri(url, "/settings_url")
    settings = provider["settings"]
    if "settings" in body:
        settings = _settings(body["settings"])
    elif url is not None:
        settings = _from_metadata(url)
    provider["settings"] = _whole_settings(
        {name: settings[name] for name in _from_metadata("")}, provider["short_name"]
    )
    active = bodies.truth(body, "active", provider["active"])
    if not active:
        provider["activated_at"] = None
    elif provider["activated_at"] is None:
        provider["activated_at"] = at
    provider["active"] = active


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    provider = sandbox.authentication_providers.get(request.path_params["id"])
    if provider is None:
        raise not_found()
    return sandbox, provider


async def list_providers(request: Request) -> Response:
    """GET /authentication_providers, newest first unless sorted."""
    sandbox: Sandbox = request.app.state.sandbox
    sort = request.query_params.get("sort", "-created_at")
    field = sort.removeprefix("-")
    if field not in SORTS:
        raise bad_filter("sort", f"{sort!r} is not one of {', '.join(SORTS)}.")
    order = f"{field} DESC" if sort.startswith("-") else field
    return paged(request, sandbox.authentication_providers, Selection((), (), order))


async def create_provider(request: Request) -> Response:
    """POST /authentication_providers; 200 (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    for name in ("name", "short_name", "settings"):
        if body.get(name) is None:
            raise missing(f"/{name}")
    at = iso(sandbox.clock.now())
    provider = _document(sandbox.new_id(), at)
    _change(sandbox, provider, body, at)
    sandbox.authentication_providers.insert(provider)
    return data_response(provider)


async def get_provider(request: Request) -> Response:
    """GET /authentication_providers/{id}."""
    return data_response(_known(request)[1].listed)


async def update_provider(request: Request) -> Response:
    """PATCH /authentication_providers/{id}."""
    sandbox, provider = _known(request)
    at = moved_on(provider.listed["updated_at"], sandbox.clock.now())
    _change(sandbox, provider.listed, bodies.json_object(request), at)
    provider.listed["updated_at"] = at
    sandbox.authentication_providers.save(provider)
    return data_response(provider.listed)


async def delete_provider(request: Request) -> Response:
    """DELETE /authentication_providers/{id}; 200 with it (specification)."""
    sandbox, provider = _known(request)
    sandbox.authentication_providers.remove(provider)
    return data_response(provider.listed)


PATH = "/authentication_providers"
routes = [
    Route(PATH, list_providers, methods=["GET"]),
    Route(PATH, create_provider, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_provider, methods=["GET"]),
    Route(f"{PATH}/{{id}}", update_provider, methods=["PATCH"]),
    Route(f"{PATH}/{{id}}", delete_provider, methods=["DELETE"]),
]
