"""Exit codes of every command: what a shell, a Makefile or a CI job learns from it."""

from __future__ import annotations

import argparse
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. No code has two meanings; only success is put into each command's words.

    1 means "flagged" and nothing else. Python itself gives 1 for an exception that nobody caught, so the
    command line catches all of them and gives `INTERNAL`.
    """

    OK = 0
    FLAGGED = 1
    USAGE = 2
    ROWS_FAILED = 3
    BROKE_OFF = 4
    LIMIT = 5
    INTERNAL = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it
    TERMINATED = 143  # 128 + SIGTERM


_MEANINGS = {
    ExitCode.FLAGGED: "something is flagged",
    ExitCode.USAGE: "wrong usage, or something cannot be read or written",
    ExitCode.ROWS_FAILED: "some rows could not be scored (see OUT.errors.jsonl)",
    ExitCode.BROKE_OFF: "broken off: full disk, dead workers, a model that fails on every article",
    ExitCode.LIMIT: "stopped at --max-calls or --max-cost; the same command goes on from there",
    ExitCode.INTERNAL: "internal error: a mistake in the program, not a finding",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
    ExitCode.TERMINATED: "asked to terminate",
}
_COMMON = (ExitCode.USAGE, ExitCode.INTERNAL, ExitCode.INTERRUPTED)


def add_exit_codes(parser: argparse.ArgumentParser, ok: str, *others: ExitCode) -> None:
    """Let a command's `--help` end with its exit codes, and add `--debug`.

    Args:
        parser: the command's.
        ok: what 0 means.
        others: the codes that this command has besides those that all of them have.
    """
    meanings = {ExitCode.OK: ok} | {code: _MEANINGS[code] for code in sorted((*_COMMON, *others))}
    codes = "\n".join(f"  {code:<4d} {meaning}" for code, meaning in meanings.items())
    before = f"{parser.epilog.rstrip()}\n\n" if parser.epilog else ""
    parser.epilog = f"{before}exit codes:\n{codes}\n"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--debug", action="store_true", help="show the traceback of an internal error")


def internal_error(error: Exception) -> str:
    """One line about an exception that the program did not expect."""
    said = " ".join(str(error).split())
    return f"internal error: {type(error).__name__}{f': {said}' if said else ''}"
