"""Answers of language models in a file, so that nothing is paid for twice.

SQLite keeps the file whole when several processes write to it and when one is killed. It holds fingerprints of
questions, never the questions; the answers quote from the articles.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from inconsistency.errors import InconsistencyError, InputError

TABLE = "CREATE TABLE IF NOT EXISTS answers (fingerprint TEXT PRIMARY KEY, answer TEXT NOT NULL)"
PATIENCE = 60.0  # seconds to wait while another process writes


class AnswerCache:
    """A file of answers, by the fingerprint of everything they depend on.

    A connection is opened for each use, so that threads, forks and pickles need no care.

    Args:
        path: the file; made if it is not there.

    Raises:
        InputError: the file cannot be made, or is something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()  # the same file after a change of folder
        try:
            with self._open() as base:
                base.execute(TABLE)
        except InconsistencyError as error:
            raise InputError(str(error)) from error

    def get(self, fingerprint: str) -> str | None:
        """The answer, None if there is none.

        Raises:
            InconsistencyError: the file cannot be used any more, which is no fault of the question.
        """
        with self._open() as base:
            row = base.execute("SELECT answer FROM answers WHERE fingerprint = ?", (fingerprint,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, fingerprint: str, answer: str) -> None:
        """Keep an answer; it is on the disk when this returns. The first one given stays.

        Raises:
            InconsistencyError: as for `get`, or the disk is full.
        """
        with self._open() as base:
            base.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (fingerprint, answer))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as base, base:
                yield base
        except sqlite3.Error as error:
            raise InconsistencyError(f"cannot use {self.path} as a cache of answers: {error}") from error
