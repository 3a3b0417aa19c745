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

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from inconsistency.batch.engine import Scored, Tally
from inconsistency.batch.output import Growing, Outputs, finish_table, page_name
from inconsistency.errors import InputError

logger = logging.getLogger(__name__)
MANIFEST_VERSION = 2


@dataclass(slots=True)
class State:
    """Content of the manifest."""

    config: dict[str, Any]  # everything, apart from the input, on which the result depends
    inputs: list[dict[str, Any]]  # fingerprint of each
    state: Literal["scoring", "scored", "complete"] = "scoring"  # "scored": only final files are to be made
    rows: int = 0  # how many are committed
    digest: str = ""  # of these rows
    bytes: dict[str, int] = field(default_factory=dict)  # committed length of each growing file
    tally: Tally = field(default_factory=Tally)  # over these rows

    @classmethod
    def fresh(cls, config: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]]) -> State:
        """The state of a run that begins; plain types, made equal to what a manifest would hold."""
        return cls(*json.loads(json.dumps([config, inputs])))


def read_manifest(path: Path) -> State | None:
    """Read what a run has left; None when there is nothing."""
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_bytes())
        if data.pop("version") != MANIFEST_VERSION:
            raise ValueError("made by another version of it")
        return State(**{**data, "tally": Tally(**data["tally"])})
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a manifest of this program: {error}") from error


class Journal:
    """The files of one run, which no other run may write to until they are closed."""

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
            if old.state != "complete" or (outputs.are_there(old.tally.articles) and not overwrite):
                journal = cls(outputs, old)
                journal._resume()
                return journal
        elif not overwrite:
            # A run that failed before its first chunk, say on a misspelt column, binds nobody;
            # but it has made no final file either, so whatever stands there is another's.
            void = old is not None and old.state == "scoring" and old.rows == 0
            _refuse_other(outputs, None if void else old, fresh)
        if not overwrite:
            _refuse_foreign(outputs, old, fresh)
        journal = cls(outputs, fresh)
        try:
            journal._begin(old)
        except (FileExistsError, FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise InputError(f"cannot write {error.filename}: {error.strerror}") from error
        if old is not None and old.state != "complete" and old.rows:
            logger.warning("gave up the %s rows that an unfinished run had scored", f"{old.rows:,}")
        return journal

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
            self.close()
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
            self.close()
            raise

    def _cut_files(self) -> None:
        for name, stream in self._files.items():
            stream.truncate(self.state.bytes[name])
            stream.seek(self.state.bytes[name])

    def close(self) -> None:
        """Let go of the files, finished or not."""
        for stream in self._files.values():
            stream.close()
        self._files = {}

    def _save(self, state: Literal["scoring", "scored", "complete"]) -> None:
        """Put a manifest in the place of the old one, in one step that outlives a crash of the machine."""
        self.state.state = state
        path = self.outputs.manifest
        temporary = path.with_name(path.name + ".tmp")
        with temporary.open("wb") as stream:
            data = json.dumps({"version": MANIFEST_VERSION, **asdict(self.state)}, indent=1)
            _write_through(stream, data.encode("ascii"))
        temporary.replace(path)
        if os.name == "posix":
            handle = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _refuse_other(outputs: Outputs, old: State | None, fresh: State) -> None:
    """Explain why files in the way cannot be continued, if there are any."""
    if old is None:
        if there := [table.final for table in outputs.tables if table.final.exists()]:
            raise InputError(f"{there[0]} exists already; use another name or --overwrite")
        return
    changes = [
        f"{key} was {old.config.get(key)!r}, now {fresh.config.get(key)!r}"
        for key in sorted(old.config.keys() | fresh.config.keys())
        if old.config.get(key) != fresh.config.get(key)
    ]
    if old.inputs != fresh.inputs:
        changes.append("the input is another one or its content has changed")
    run, advice = "a", "Use another --output, or --overwrite to replace that run's result."
    if old.state != "complete":
        run, advice = "an unfinished", (
            "To continue that run, repeat its command on its input. Otherwise use another --output, or "
            f"--overwrite, which gives up the {old.rows:,} rows that it has scored."
        )
    changed = f"{run} run with other settings or input: {'; '.join(changes)}"
    raise InputError(f"{outputs.output} belongs to {changed}. {advice}")


def _refuse_foreign(outputs: Outputs, old: State | None, fresh: State) -> None:
    """Refuse to empty a file, with something in it, which the run before this one did not make."""
    own: set[str] = set()
    if old is not None and old.state == "complete":
        own = {"errors"} if old.bytes.get("errors") else set()
    elif old is not None:
        # It may have written to its files without committing. Those of another pairs table are not its own.
        own = {"errors", "output"} | _same(old, fresh, pairs="pairs", html="index")
    found = [f.part for f in outputs.growing if f.name not in own and f.part.is_file() and f.part.stat().st_size]
    if old is None or not _same(old, fresh, html="index"):
        found += outputs.old_pages()
    if found:
        raise InputError(
            f"{found[0]} is in the way: no run that is known here made it. "
            "Move it elsewhere, use another name, or --overwrite to lose what is in it"
        )


def _same(old: State, fresh: State, **tables: str) -> set[str]:
    """Those of the tables that an earlier run had under the same name; given by what settings call them."""
    return {table for name, table in tables.items() if old.config.get(name) == fresh.config.get(name)}


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
