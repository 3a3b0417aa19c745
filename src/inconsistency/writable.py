"""Files that cannot be written, told in one way and before the work that they are to hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inconsistency.errors import InputError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say of a file that cannot be written that it cannot.

    Raises:
        InputError: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def require_writable(path: Path) -> None:
    """Refuse a file that cannot be written before the work is done that it is to hold.

    Raises:
        InputError: it cannot.
    """
    with writing(path):
        new = not path.exists()
        path.open("a").close()
        if new:
            path.unlink()
