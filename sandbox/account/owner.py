"""Whose account it is: the one user and the one organization that everything belongs to."""

from uuid import NAMESPACE_URL, uuid5

from sandbox.access.billing_groups import ORGANIZATION

USER = str(uuid5(NAMESPACE_URL, "user of the sandbox"))

__all__ = ["ORGANIZATION", "USER"]
