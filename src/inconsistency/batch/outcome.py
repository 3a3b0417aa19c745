"""How a run ended -> its exit code, and what people and programs are told."""

from __future__ import annotations

import argparse
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from inconsistency.batch.output import Outputs
from inconsistency.batch.progress import JsonLog
from inconsistency.batch.runner import Summary
from inconsistency.errors import InconsistencyError
from inconsistency.exit_codes import ExitCode, internal_error


def failed(
    error: Exception | KeyboardInterrupt, args: argparse.Namespace, log: JsonLog | None, received: list[int]
) -> int:
    """Tell why a run broke off; give its exit code.

    Args:
        error: why.
        args: the parsed arguments.
        log: where to write it instead of telling people.
        received: the signal that came before, if one did.
    """
    message, code = _reason(error, args)
    # Workers that are still loading die of a signal to the whole group.
    if received and (isinstance(error, KeyboardInterrupt) or type(error) is InconsistencyError):
        code = 128 + received[0]
    if code != ExitCode.USAGE:
        message += ". Committed rows are safe: the same command goes on from there."
    trace = "".join(traceback.format_exception(error)) if code == ExitCode.INTERNAL and args.debug else ""
    if log:
        log.write("error", message=message, exit_code=code, **({"traceback": trace} if trace else {}))
    else:
        _tell(message)
        sys.stderr.write(trace)
    return code


def _reason(error: Exception | KeyboardInterrupt, args: argparse.Namespace) -> tuple[str, int]:
    if isinstance(error, KeyboardInterrupt):
        return "stopped at once", ExitCode.INTERRUPTED
    if isinstance(error, InconsistencyError):
        return str(error), ExitCode.BROKE_OFF if type(error) is InconsistencyError else ExitCode.USAGE
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or args.output}", ExitCode.BROKE_OFF
    hint = "" if args.debug else " (--debug shows the traceback)"
    return internal_error(error) + hint, ExitCode.INTERNAL


def ended(
    summary: Summary, args: argparse.Namespace, log: JsonLog | None, seconds: float, received: list[int]
) -> int:
    """Tell what a run has done, whole or not; give its exit code.

    Args:
        summary: what it has done.
        args: the parsed arguments.
        log: where to write it instead of telling people.
        seconds: how long it took.
        received: the signal that ended it, if one did.
    """
    tally, bad = summary.tally, summary.stopped_by
    code: int = ExitCode.ROWS_FAILED if tally.failed or bad else ExitCode.OK
    if not summary.complete and not bad:
        code = 128 + int(received[0])
    if log:
        stopped_by = asdict(bad) if bad else None
        log.write("end", complete=summary.complete, exit_code=code, stopped_by=stopped_by, **asdict(tally))
    elif bad:
        _tell(
            f"stopped at row {bad.number} ({bad.source}, {bad.place}): {bad.reason}. "
            "Without --strict the same command records such rows and goes on."
        )
    elif not summary.complete:
        _tell(f"interrupted after {_number(summary.rows, 'row')}; the same command goes on from there.")
    else:
        _tell_done(summary, Outputs(Path(args.output)), seconds)
    return code


def _tell_done(summary: Summary, outputs: Outputs, seconds: float) -> None:
    tally = summary.tally
    again = " (all done by an earlier run)" if 0 < summary.rows == summary.resumed_at else ""
    _tell(
        f"{_number(tally.articles, 'article')} scored{again}, {tally.flagged:,} flagged with "
        f"{_number(tally.contradictions, 'contradiction')}; {tally.scored:,} of "
        f"{_number(tally.pairs, 'pair')} scored, {tally.truncated:,} truncated; {seconds:.0f} s. "
        f"Output: {outputs.output}"
    )
    if tally.failed:
        _tell(f"{_number(tally.failed, 'row')} could not be scored; reasons: {outputs.errors}")


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _tell(message: str) -> None:
    sys.stderr.write(f"inconsistency score: {message}\n")
