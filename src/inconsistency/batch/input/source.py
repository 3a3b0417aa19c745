"""`Source`: one input of a run, whatever kind it is, and how inputs are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inconsistency.batch.input.rows import Columns, Record
from inconsistency.errors import InputError


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read inputs."""

    columns: Columns = field(default_factory=Columns)
    format: str | None = None  # one of `FORMATS`, None goes by the file's name
    encoding: str = "utf-8"  # of text files; a byte order mark wins over it
    split: str = "train"  # of a data set
    leave_out: frozenset[Path] = frozenset()  # of a folder, resolved: files that the run itself writes


class Source:
    """One input, as it was named by the caller."""

    def __init__(self, name: str, options: ReadOptions) -> None:
        self.name, self.options = name, options
        self.columns = options.columns  # which hold what, known once the first record is read
        self.done_bytes = 0  # that have been read
        self.total_bytes: int | None = None  # that there are, None where nobody knows

    def fingerprint(self) -> dict[str, Any]:
        """What tells this input from another without reading it; its rows are compared by their digest."""
        return {"name": self.name, "bytes": self.total_bytes}

    def records(self) -> Iterator[Record]:
        """Every record.

        Raises:
            InputError: the input cannot be opened or has not the columns.
            OSError: the disk or the network failed; the same command can be run again later.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Look at the first record, so that mistakes are an `InputError` before any work is done."""
        if self.name == "-":
            return  # what is read of it cannot be read again
        try:
            next(self.records(), None)
        except OSError as error:
            # Later it may be the disk, and the same command can go on; now nothing has begun.
            raise InputError(f"cannot read {self.name}: {error.strerror or error}") from error
