"""One call and what it sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Call:
    """``arguments`` of the method, the query and the body that are sent, the kind of answer.

    Path parameters are called as in the method. ``body``: None for no body.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    answer: Literal["record", "list", "bare", "nothing", "text"] = "record"
