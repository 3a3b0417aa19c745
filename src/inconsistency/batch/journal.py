"""What a run has done so far, such that `kill -9` at any moment loses at most the chunk in hand.

    OUT.part             JSON lines, appended chunk by chunk; becomes OUT at the end
    PAIRS.part           the same for the pairs table, when asked for
    OUT.errors.jsonl     rows that could not be scored
    DIR/index.html.part  JSON lines of the index page, when asked for; beside it the reports, a file each
    OUT.manifest.json    how many bytes of each are committed, and what they were made from

A chunk is committed in two steps: its bytes are appended and forced to the disk, then a new
manifest with the new lengths replaces the old one. Whatever stands beyond the lengths in the
manifest was not committed and is cut off when a run resumes; a report page is written again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Literal

from inconsistency.batch.engine import Scored
from inconsistency.batch.manifest import State, read_manifest, refuse_foreign, refuse_other, write_manifest
from inconsistency.batch.output import Growing, Outputs, finish_table, page_name
from inconsistency.errors import InputError

logger = logging.getLogger(__name__)


class Journal:
    """The files of one run; use as a context manager."""

    def __init__(self, outputs: Outputs, state: State) -> None:
        self.outputs, self.state = outputs, state
        self._files: dict[str, IO[bytes]] = {}

    @classmethod
    def open(cls, outputs: Outputs, fresh: State, *, overwrite: bool = False) -> Journal:
        """Resume the run that these files belong to, or begin one in a fresh state.

        With `overwrite` another run's results are replaced. An unfinished run of the same configuration is resumed
        all the same, so that a repeated command goes on.

        Raises:
            InputError: the files belong to a run that differs, or to none that is known, or another process has
                them open.
        """
        old = read_manifest(outputs.manifest)
        if old is not None and (old.config, old.inputs) == (fresh.config, fresh.inputs):
            # A result that somebody has taken away is made again.
            gone = not all(table.final.exists() for table in outputs.tables)
            if old.state != "complete" or not (overwrite or gone):
                journal = cls(outputs, old)
                journal._resume()
                return journal
        elif not overwrite:
            # A run that failed before its first chunk, say on a misspelt column, binds nobody;
            # but it has made no final file either, so whatever stands there is another's.
            void = old is not None and old.state == "scoring" and old.rows == 0
            refuse_other(outputs, None if void else old, fresh)
        if not overwrite:
            refuse_foreign(outputs, old, fresh)
        journal = cls(outputs, fresh)
        try:
            journal._begin(old)
        except (FileExistsError, FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise InputError(f"cannot write {error.filename}: {error.strerror}") from error
        if old is not None and old.state != "complete" and old.rows:
            logger.warning("gave up the %s rows that an unfinished run had scored", f"{old.rows:,}")
        return journal

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self._close_files()

    def commit(self, scored: Scored, *, rows: int, digest: str) -> None:
        """Append a chunk; once this returns, no crash can lose it.

        `rows` are done with it, of which `digest` is.
        """
        for name, stream in self._files.items():
            if data := scored.lines.get(name):
                _write_through(stream, data)
                self.state.bytes[name] += len(data)
        if folder := self.outputs.pages:
            for number, page in scored.pages.items():
                with (folder / page_name(number)).open("wb") as file:
                    _write_through(file, page)
        self.state.rows, self.state.digest = rows, digest
        self.state.tally.add(scored.tally)
        self._save("scoring")

    def finish(self) -> None:
        """Make the final files; may be repeated after a crash."""
        if self.state.state == "complete":
            return
        if os.name == "nt":  # there no open file can be renamed; elsewhere the open files are the locks
            self._close_files()
        if self.state.state == "scoring":
            self._save("scored")
        for table in self.outputs.tables:
            # A crash may have come after this table was made: then its part is gone.
            if table.part.exists():
                finish_table(table, self.state.tally.failed)
        self._save("complete")
        # Last, because its lock keeps others out, and they must not find it gone and the run unfinished.
        if self.outputs.errors.exists() and not self.state.bytes["errors"]:
            self.outputs.errors.unlink()

    def how_to_begin_anew(self) -> str:
        """What a user is told who wants to give up what this run has scored, with what would be lost."""
        if self.state.state == "complete":
            return "start anew with --overwrite, which replaces its result."
        # With --overwrite too, an unfinished run is resumed, so that it takes a deed to lose its work.
        made = [self.outputs.manifest, *(file.part for file in self.outputs.growing)]
        if self.state.state == "scored":  # a crash may have come when some were final already
            made += [table.final for table in self.outputs.tables]
        files = ", ".join(str(path) for path in made if path.exists())
        return f"give up the {self.state.rows:,} rows scored so far and start anew: delete {files}."

    def _begin(self, old: State | None) -> None:
        """Clear away another run, its manifest first: from then on a crash leaves one of ours without rows.

        Such a run is resumed by its own command and binds no other; opening its files empties them.
        """
        for file in self.outputs.growing:
            file.part.parent.mkdir(parents=True, exist_ok=True)
            self.state.bytes[file.name] = 0
        if self.outputs.pages:
            self.outputs.pages.mkdir(exist_ok=True)
        self._open_files("ab", self.outputs.growing, old)
        self._save("scoring")
        for path in [*(table.final for table in self.outputs.tables), *self.outputs.old_pages()]:
            path.unlink(missing_ok=True)
        self._cut_files()

    def _resume(self) -> None:
        """Open the files of an unfinished run and cut off what was not committed."""
        if self.state.state == "complete":
            return
        for file in self.outputs.growing if self.state.state == "scoring" else ():
            if not file.part.exists() or file.part.stat().st_size < self.state.bytes[file.name]:
                raise InputError(
                    f"{file.part} is missing or was cut off, so this run cannot be resumed. "
                    f"Restore it, or {self.how_to_begin_anew()}"
                )
        there = [file for file in self.outputs.growing if file.part.exists()]
        try:
            self._open_files("rb+", there, self.state)
        except FileNotFoundError as error:  # it was there a moment ago
            raise InputError(f"another process is writing {error.filename}") from error
        if self.state.state == "scoring":
            self._cut_files()

    def _open_files(self, mode: Literal["ab", "rb+"], files: Iterable[Growing], known: State | None) -> None:
        """Open growing files and keep other processes out for as long as they are open.

        The errors come first: of all files that one stays to the end, so whoever has it has all. `known` is the
        manifest by which this run was judged to be free to write: it must still be there.
        """
        try:
            for file in files:
                stream = self._files[file.name] = file.part.open(mode)
                _lock(stream, file.part)
            if read_manifest(self.outputs.manifest) != known:
                raise InputError(f"another process is writing {self.outputs.output}")
        except BaseException:
            self._close_files()
            raise

    def _cut_files(self) -> None:
        for name, stream in self._files.items():
            stream.truncate(self.state.bytes[name])
            stream.seek(self.state.bytes[name])

    def _close_files(self) -> None:
        for stream in self._files.values():
            stream.close()
        self._files = {}

    def _save(self, state: Literal["scoring", "scored", "complete"]) -> None:
        self.state.state = state
        write_manifest(self.outputs.manifest, self.state)


def _write_through(stream: IO[bytes], data: bytes) -> None:
    """Write and wait until the disk has it."""
    stream.write(data)
    stream.flush()
    os.fsync(stream.fileno())


def _lock(stream: IO[bytes], path: Path) -> None:
    """Keep a second process from writing to the same output; the system lifts it at our end."""
    try:
        import fcntl
    except ImportError:  # Windows; there two runs at once are the user's own care
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(stream.fileno()).st_ino != path.stat().st_ino:
            raise FileNotFoundError
    except (BlockingIOError, FileNotFoundError) as error:  # or its owner has just renamed or deleted it
        raise InputError(f"another process is writing {path}") from error
    except OSError as error:  # a file system without locks, as some in a network are
        logger.warning("cannot lock %s (%s); see to it that no other run writes there", path, error.strerror)
