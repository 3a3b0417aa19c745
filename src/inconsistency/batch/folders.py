"""A folder -> the files in it that hold articles, by their names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from inconsistency.errors import InputError

FORMATS = ("jsonl", "csv", "tsv", "parquet", "txt")
SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".txt": "txt",
}


def kind_of(path: Path) -> str | None:
    """Which of `FORMATS` a file's name promises; text formats may be packed."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".zst"):
        suffixes.pop()
    kind = SUFFIXES.get(suffixes[-1]) if suffixes else None
    packed = path.suffix.lower() in (".gz", ".zst")
    return None if packed and kind == "parquet" else kind


def tables_in(folder: Path, wanted: str | None) -> list[Path]:
    """Tables directly in a folder, in the order of their names; hidden ones are passed over.

    Args:
        folder: where to look.
        wanted: the only format to take, None takes all.

    Raises:
        InputError: the folder cannot be read, or a table in it is no file.
    """
    found = []
    for entry in _entries(folder):
        kind = kind_of(Path(entry.name))
        if kind in (None, "txt") or wanted not in (None, kind) or _is_folder(entry):
            continue
        if not Path(entry).is_file():
            raise InputError(f"{entry.path} is a broken link, or no file")
        found.append(Path(entry))
    return found


def texts_below(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Text files below a folder, in an order that does not depend on the file system.

    Hidden files and folders are passed over: editors, notebooks and file systems keep copies there.

    Args:
        folder: where to begin.
        above: real paths of the folders that this one was reached through.

    Raises:
        InputError: a folder cannot be read.
    """
    folders = []
    for entry in _entries(folder):
        if _is_folder(entry):
            folders.append(entry)
        elif kind_of(Path(entry.name)) == "txt":
            yield Path(entry)
    here = above | {os.path.realpath(folder)}
    for entry in folders:
        # A link to a folder above would lead round for ever, to articles that are read already.
        if os.path.realpath(entry) not in here:
            yield from texts_below(Path(entry), here)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}") from error
    return sorted(shown, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
