"""The difference between "not given" and "given as null", in a request body."""

from enum import Enum
from typing import Final


class Unset(Enum):
    """The type of UNSET: an enum of one, which type checkers can narrow."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""An argument that was not given, and is left out of the request."""
