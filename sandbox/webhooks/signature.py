"""The signature of webhooks: Ed25519 over ``timestamp|body``, as the real API signs (behaviour)."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from sandbox.state import State

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FACT = "webhook private key"


class Signature:
    """The key pair of a data file, made at its first use of this version."""

    def __init__(self, state: State) -> None:
        stored = state.fact(FACT)
        if stored is None:
            # Any 32 bytes are a private key (RFC 8032).
            stored = b64encode(secrets.token_bytes(32)).decode()
            state.set_fact(FACT, stored)
        self._private = b64decode(stored)

    def _key(self) -> Ed25519PrivateKey:
        # Loading the library takes longer than everything else that a start does once.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._private)

    @property
    def public_key(self) -> str:
        """The public key as base64, the form in which the real portal shows it."""
        return b64encode(self._key().public_key().public_bytes_raw()).decode()

    def headers(self, body: bytes, now: float) -> dict[str, str]:
        """The two headers of a request with this body, sent at ``now`` (Unix seconds)."""
        timestamp = str(int(now))
        signature = self._key().sign(timestamp.encode() + b"|" + body)
        return {
            "telnyx-signature-ed25519": b64encode(signature).decode(),
            "telnyx-timestamp": timestamp,
        }
