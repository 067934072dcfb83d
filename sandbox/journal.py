"""What changes in the collections, for those who have to know: audit events and webhooks.

Documents are passed as the JSON bytes that are stored anyway, so that noting a change costs next
to nothing, and most listeners need not read it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

# Called with the collection's name and the list document before and after; None is not there.
Listener = Callable[[str, bytes | None, bytes | None], None]
# A bulk operation changes thousands; beyond this many of one request nothing is remembered.
MOST = 2_000


@dataclass
class Journal:
    """The changes of the request that is being carried out, and the listeners to all changes."""

    listeners: list[Listener] = field(default_factory=list)
    changes: list[tuple[str, bytes | None, bytes | None]] = field(default_factory=list)

    def begin(self) -> None:
        """Forget the changes of the request before."""
        self.changes.clear()

    def note(self, name: str, before: bytes | None, after: bytes | None) -> None:
        """A document was stored or removed."""
        if len(self.changes) < MOST:
            self.changes.append((name, before, after))
        for listener in self.listeners:
            listener(name, before, after)
