"""What happens later: due times in the database, so that they outlive the process."""

from collections.abc import Callable
from math import inf

from sandbox.state import State

Handler = Callable[[str, float], None]


class Schedule:
    """Work with a due time in Unix seconds; a handler a kind, called with (subject id, due)."""

    def __init__(self, state: State) -> None:
        self._db = state.connection
        self._state = state
        self._handlers: dict[str, Handler] = {}
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS schedule"
            " (seq INTEGER PRIMARY KEY, due REAL NOT NULL, kind TEXT NOT NULL, subject TEXT)"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS schedule_by_due ON schedule (due)")
        self.reload()

    def reload(self) -> None:
        """Read the next due time again, after a start or a rollback."""
        first = self._db.execute("SELECT min(due) FROM schedule").fetchone()[0]
        self.next_due = inf if first is None else float(first)

    def on(self, kind: str, handler: Handler) -> None:
        """Say what to call for a kind of work."""
        self._handlers[kind] = handler

    def add(self, due: float, kind: str, subject: str) -> None:
        """Plan work."""
        self._db.execute(
            "INSERT INTO schedule (due, kind, subject) VALUES (?, ?, ?)", (due, kind, subject)
        )
        self.next_due = min(self.next_due, due)

    def move(self, seconds: float, before: float) -> None:
        """Move the due times before a time in Unix seconds, because the clock itself was moved."""
        self._db.execute("UPDATE schedule SET due = due + ? WHERE due < ?", (seconds, before))
        self.reload()

    def run_due(self, now: float, batches: int | None = None) -> int:
        """Do what has come due, in order of time; answers how much that was.

        ``batches`` limits it, so that a background task can let requests in between.
        """
        done = 0
        while self.next_due <= now and batches != 0:
            batches = None if batches is None else batches - 1
            with self._state.transaction():
                rows = self._db.execute(
                    "SELECT seq, due, kind, subject FROM schedule"
                    " WHERE due <= ? ORDER BY due, seq LIMIT 200",
                    (now,),
                ).fetchall()
                for seq, due, kind, subject in rows:
                    self._db.execute("DELETE FROM schedule WHERE seq = ?", (seq,))
                    self._handlers[kind](subject, due)
                done += len(rows)
                self.reload()
        return done
