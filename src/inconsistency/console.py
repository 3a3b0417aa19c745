"""What the command line writes, whatever the encoding of standard output and whether or not somebody reads it."""

from __future__ import annotations

import contextlib
import os
import sys

from inconsistency.errors import InputError


def is_utf8() -> bool:
    """Whether standard output has every character."""
    return (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"


def write(text: str) -> None:
    """Write to standard output; what its encoding has no sign for (a rule, an arrow) becomes "?".

    Raises:
        InputError: it cannot be written. A reader (head, less) that has gone is no error.
    """
    if sys.stdout is None:
        raise InputError("cannot write to standard output: it is closed")
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        raise InputError(f"cannot write to standard output: {error.strerror}") from error


def _discard_output() -> None:
    """Send what standard output still holds nowhere, so that Python does not try its reader again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(message: str) -> None:
    """Write to standard error; where nobody reads it, the exit code still tells what happened."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(message)
            sys.stderr.flush()
