"""Telephony credentials, as far as they give access: a token for one.

No operation of the specification at hand lists credentials, so /_sandbox/telephony_credentials
does. The tokens have the form of the specification's example and open nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import DAY, iso
from sandbox.collection import EVERYTHING, Collection, Column
from sandbox.identifiers import random_id
from sandbox.problems import JSON_TYPE, not_found

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

NAMES = ("Dispatch softphone", "Lift control room", "Test bench")
# How long a token is good (our choice).
VALID_SECONDS = int(DAY)
PARTY = "telnyx_telephony"


def collection(state: State) -> Collection:
    """The stored credentials."""
    return Collection(
        state, "telephony_credentials", [Column("name", lambda credential: credential["name"])]
    )


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """A few credentials."""
    for number, name in enumerate(NAMES):
        at = iso(day - (150 - 40 * number + random.uniform(0, 30)) * DAY)
        credential = {
            "id": random_id(random),
            "record_type": "credential",
            "name": name,
            "created_at": at,
            "updated_at": at,
        }
        sandbox.telephony_credentials.insert(credential)


def _part(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def token(credential_id: str, now: float) -> str:
    """A JSON Web Token of the form of the specification's example, signed with a passing key."""
    claims: dict[str, Any] = {
        "aud": PARTY,
        "exp": int(now) + VALID_SECONDS,
        "iat": int(now),
        "iss": PARTY,
        "jti": secrets.token_hex(16),
        "nbf": int(now) - 1,
        "sub": credential_id,
        "tel_token": secrets.token_urlsafe(48),
        "typ": "access",
    }
    signed = _part(b'{"alg":"HS512","typ":"JWT"}') + b"." + _part(orjson.dumps(claims))
    signature = hmac.digest(secrets.token_bytes(64), signed, hashlib.sha512)
    return (signed + b"." + _part(signature)).decode()


async def create_token(request: Request) -> Response:
    """POST /telephony_credentials/{id}/token; 201 with plain text (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    credential = sandbox.telephony_credentials.get(request.path_params["id"])
    if credential is None:
        raise not_found()
    text = token(credential.listed["id"], sandbox.clock.now())
    return Response(text, 201, {"cache-control": "no-store"}, "text/plain")


async def show(request: Request) -> Response:
    """GET /_sandbox/telephony_credentials."""
    sandbox: Sandbox = request.app.state.sandbox
    items, _ = sandbox.telephony_credentials.page(EVERYTHING, 0, len(NAMES))
    return Response(b'{"data":[' + b",".join(items) + b"]}", media_type=JSON_TYPE)


routes = [Route("/telephony_credentials/{id}/token", create_token, methods=["POST"])]
