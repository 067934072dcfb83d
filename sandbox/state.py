"""The SQLite database that holds everything the sandbox knows."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

APPLICATION_ID = 0x53494D46
FORMAT = 1


class UnusableDataFile(Exception):
    """The data file cannot be used; the text says why in one line."""


class State:
    """One connection, used by one thread.

    ``path`` None keeps everything in memory. ``loading`` opens a file without a journal, for the
    one bulk load of a new fleet: a file that was not finished is thrown away, never repaired.
    """

    def __init__(self, path: Path | None, loading: bool = False) -> None:
        self.path = path
        # Called after every transaction that went well.
        self.on_commit: Callable[[], None] | None = None
        # Called after every transaction that was taken back.
        self.on_rollback: Callable[[], None] | None = None
        try:
            self.connection = sqlite3.connect(
                ":memory:" if path is None else str(path),
                isolation_level=None,
                cached_statements=512,
                timeout=0.5,
                check_same_thread=False,
            )
            self._prepare(journal="OFF" if loading else "MEMORY" if path is None else "WAL")
        except sqlite3.Error as error:
            raise UnusableDataFile(f"The data file {path} cannot be used: {error}") from error

    def _prepare(self, journal: str) -> None:
        execute = self.connection.execute
        # The process keeps orders and counts in memory, so it must be the only one on the file.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute(f"PRAGMA journal_mode = {journal}")
        # A killed process loses nothing: what was committed is with the operating system.
        execute("PRAGMA synchronous = OFF")
        execute("PRAGMA cache_size = -65536")
        execute("PRAGMA temp_store = MEMORY")
        found = execute("PRAGMA application_id").fetchone()[0]
        tables = execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and found != APPLICATION_ID:
            raise UnusableDataFile(f"The data file {self.path} was not written by the sandbox.")
        execute("BEGIN IMMEDIATE")
        execute(f"PRAGMA application_id = {APPLICATION_ID}")
        execute("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        execute("COMMIT")
        stored = self.fact("format")
        if stored is not None and stored != str(FORMAT):
            raise UnusableDataFile(f"The data file {self.path} has format {stored}, not {FORMAT}.")

    def fact(self, name: str) -> str | None:
        """A stored setting, such as the seed of the fleet."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Store a setting."""
        self.connection.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?",
            (name, value, value),
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction it is part of that one."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            if self.on_rollback is not None:
                self.on_rollback()
            raise
        self.connection.execute("COMMIT")
        self.committed()

    def committed(self) -> None:
        """Say so to who wants to know."""
        if self.on_commit is not None:
            self.on_commit()

    def close(self) -> None:
        """Close the file; in WAL mode its journal is folded in."""
        self.connection.close()
