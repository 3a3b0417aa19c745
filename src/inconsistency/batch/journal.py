"""What a run has done so far, such that `kill -9` at any moment loses at most the chunk in hand.

    OUT.part             JSON lines, appended chunk by chunk; becomes OUT at the end
    PAIRS.part           the same for the pairs table, when asked for
    OUT.errors.jsonl     rows that could not be scored
    OUT.manifest.json    how many bytes of each are committed, and what they were made from

A chunk is committed in two steps: its bytes are appended and forced to the disk, then a new
manifest with the new lengths replaces the old one. Whatever stands beyond the lengths in the
manifest was not committed and is cut off when a run resumes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from inconsistency.batch import writers
from inconsistency.batch.outputs import Outputs
from inconsistency.batch.scoring import Tally
from inconsistency.errors import InputError

MANIFEST_VERSION = 1


@dataclass(slots=True)
class State:
    """Content of the manifest.

    Attributes:
        config: everything, apart from the input, on which the result depends.
        inputs: fingerprint of each input.
        state: "scoring", then "scored" when only the final files are to be made, then "complete".
        rows: how many rows are committed.
        digest: of these rows.
        bytes: committed length of each growing file.
        tally: counts over these rows.
    """

    config: dict[str, Any]
    inputs: list[dict[str, Any]]
    state: Literal["scoring", "scored", "complete"] = "scoring"
    rows: int = 0
    digest: str = ""
    bytes: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


class Journal:
    """The files of one run; use as a context manager."""

    def __init__(self, outputs: Outputs, state: State) -> None:
        self.outputs, self.state = outputs, state
        self._files: dict[str, IO[bytes]] = {}

    @classmethod
    def open(
        cls,
        outputs: Outputs,
        config: Mapping[str, Any],
        inputs: list[dict[str, Any]],
        *,
        overwrite: bool = False,
    ) -> Journal:
        """Resume the run that these files belong to, or begin one.

        Args:
            outputs: where results go.
            config: everything on which the result depends, plain types.
            inputs: fingerprint of each input, plain types.
            overwrite: replace another run's results. An unfinished run of the same
                configuration is resumed all the same, so that a repeated command goes on.

        Raises:
            InputError: the files belong to a run that differs, or another process has them open.
        """
        # Through JSON and back, so that it equals what a manifest holds.
        fresh = State(json.loads(json.dumps(dict(config))), json.loads(json.dumps(inputs)))
        old = _read_manifest(outputs.manifest)
        same = old is not None and old.config == fresh.config and old.inputs == fresh.inputs
        # A result that somebody has taken away is made again.
        gone = not all(outputs.target(name).exists() for name in outputs.tables)
        if old is not None and same and not (old.state == "complete" and (overwrite or gone)):
            journal = cls(outputs, old)
        else:
            if not (overwrite or same):
                # A run that failed before its first chunk, say on a misspelt column, binds nobody;
                # but it has made no final file either, so whatever stands there is another's.
                void = old is not None and old.state == "scoring" and old.rows == 0
                _refuse(outputs, None if void else old, fresh)
            journal = cls(outputs, fresh)
            try:
                journal._begin()
            except (FileExistsError, FileNotFoundError, IsADirectoryError, PermissionError) as error:
                raise InputError(f"cannot write {error.filename}: {error.strerror}") from error
        if journal.state.state == "scoring":
            journal._open_files()
        return journal

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self._close_files()

    def commit(self, data: Mapping[str, bytes], *, rows: int, digest: str, tally: Tally) -> None:
        """Append a chunk; once this returns, no crash can lose it.

        Args:
            data: bytes for each growing file.
            rows: how many rows are done with this chunk.
            digest: of these rows.
            tally: counts of this chunk.
        """
        for name, stream in self._files.items():
            if data.get(name):
                stream.write(data[name])
                stream.flush()
                os.fsync(stream.fileno())
                self.state.bytes[name] += len(data[name])
        self.state.rows, self.state.digest = rows, digest
        self.state.tally.add(tally)
        self._save()

    def finish(self) -> None:
        """Make the final files; may be repeated after a crash."""
        if self.state.state == "scoring":
            self._close_files()
            self._save("scored")
        if self.state.state == "scored":
            for name in self.outputs.tables:
                # A crash may have come after this table was made: then its part is gone.
                if (part := self.outputs.part(name)).exists():
                    writers.finish(part, self.outputs.target(name), name)
            if self.outputs.errors.exists() and not self.state.bytes["errors"]:
                self.outputs.errors.unlink()
            self._save("complete")

    def _begin(self) -> None:
        """Clear away another run, its manifest first: without it, nothing is taken for ours."""
        outputs = self.outputs
        outputs.output.parent.mkdir(parents=True, exist_ok=True)
        for name in outputs.tables:
            if (part := outputs.part(name)).exists():
                with part.open("rb+") as stream:
                    _lock(stream, part)
        outputs.manifest.unlink(missing_ok=True)
        for name in outputs.tables:
            outputs.target(name).unlink(missing_ok=True)
        for name in (*outputs.tables, "errors"):
            outputs.part(name).parent.mkdir(parents=True, exist_ok=True)
            outputs.part(name).write_bytes(b"")
            self.state.bytes[name] = 0
        self._save()

    def _open_files(self) -> None:
        for name, length in self.state.bytes.items():
            path = self.outputs.part(name)
            if not path.exists() or path.stat().st_size < length:
                raise InputError(
                    f"{path} is missing or was cut off, so this run cannot be resumed; "
                    "start anew: delete the .manifest.json beside the output"
                )
            stream = self._files[name] = path.open("rb+")
            _lock(stream, path)
            stream.truncate(length)
            stream.seek(length)

    def _close_files(self) -> None:
        for stream in self._files.values():
            stream.close()
        self._files = {}

    def _save(self, state: Literal["scoring", "scored", "complete"] = "scoring") -> None:
        self.state.state = state
        path = self.outputs.manifest
        temporary = path.with_name(path.name + ".tmp")
        with temporary.open("w", encoding="ascii") as stream:
            json.dump({"version": MANIFEST_VERSION, **asdict(self.state)}, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)


def _read_manifest(path: Path) -> State | None:
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_bytes())
        if data.pop("version") != MANIFEST_VERSION:
            raise ValueError("made by another version")
        return State(**{**data, "tally": Tally(**data["tally"])})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a manifest of this program: {error}") from error


def _refuse(outputs: Outputs, old: State | None, fresh: State) -> None:
    """Explain why the files in the way cannot be continued.

    Raises:
        InputError: there are any.
    """
    if old is None:
        there = [p for n in outputs.tables if (p := outputs.target(n)).exists()]
        if there:
            raise InputError(f"{there[0]} exists already; use another name or --overwrite")
        return
    changes = [
        f"{key} was {old.config.get(key)!r}, now {fresh.config.get(key)!r}"
        for key in sorted(old.config.keys() | fresh.config.keys())
        if old.config.get(key) != fresh.config.get(key)
    ]
    if old.inputs != fresh.inputs:
        changes.append("the input is another one or its content has changed")
    raise InputError(
        f"{outputs.output} belongs to a run with other settings: {'; '.join(changes)}. "
        "Repeat that run's command to continue it, use another --output, or --overwrite."
    )


def _lock(stream: IO[bytes], path: Path) -> None:
    """Keep a second process from writing to the same output; the system lifts it at our end."""
    try:
        import fcntl
    except ImportError:  # Windows; there two runs at once are the user's own care
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError(f"another process is writing {path}") from error


def _sync_folder(path: Path) -> None:
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
