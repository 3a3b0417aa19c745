"""The command `inconsistency score`: arguments, exit codes, and what the user is told.

Exit codes: 0 all rows scored; 1 it failed in the middle (full disk, dead workers); 2 usage, or
something is unreadable; 3 some rows could not be scored; 130 Ctrl-C; 143 asked to terminate.
"""

from __future__ import annotations

import argparse
import functools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from inconsistency.batch import writers
from inconsistency.batch.options import add_arguments, check_numbers
from inconsistency.batch.outputs import Outputs
from inconsistency.batch.progress import Bar, JsonLog, Quiet
from inconsistency.batch.rows import Columns
from inconsistency.batch.runner import RunOptions, Summary, run_batch
from inconsistency.batch.scoring import DetectorFactory, Engine, LocalEngine
from inconsistency.batch.sources import ReadOptions, open_sources
from inconsistency.errors import InconsistencyError, InputError

if TYPE_CHECKING:
    from inconsistency.detector import Detector

__all__ = ["add_arguments", "run"]

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_ROWS = 0, 1, 2, 3


def run(args: argparse.Namespace, factory: DetectorFactory | None = None) -> int:
    """Score the inputs and give the exit code.

    Args:
        args: made by the parser of `add_arguments`.
        factory: makes the detector; None makes it from the arguments. With workers it must be
            picklable.
    """
    log = JsonLog() if args.log_json else None
    if log or not sys.stderr.isatty():
        # Before transformers is imported, also by workers: it shows bars of its own, terminal or not.
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    began = time.monotonic()
    with _signals(log) as received, _warnings(log):
        try:
            summary = _run(args, factory, log, received)
        except (InconsistencyError, OSError, KeyboardInterrupt) as error:
            return _failed(error, args, log)
    return _closing(summary, args, log, time.monotonic() - began, received)


def _run(
    args: argparse.Namespace,
    factory: DetectorFactory | None,
    log: JsonLog | None,
    received: list[int],
) -> Summary:
    check_numbers(args)
    outputs = _outputs(args)
    columns = Columns(args.text_column, args.id_column, args.headline_column)
    own = frozenset(p.resolve() for p in outputs.final)
    read = ReadOptions(columns, args.format, args.encoding, args.split, args.dataset_config, own)
    sources = open_sources(args.inputs, read)
    options = RunOptions(
        outputs=outputs,
        read=_read_config(args, outputs),
        chunk_rows=args.chunk_rows,
        max_chars=args.max_chars,
        strict=args.strict,
        overwrite=args.overwrite,
    )
    progress = log or (Bar() if sys.stderr.isatty() else Quiet())
    engine = _engine(args, factory or _factory(args))
    try:
        return run_batch(sources, engine, options, progress, stop=lambda: bool(received))
    finally:
        engine.close()


def _outputs(args: argparse.Namespace) -> Outputs:
    output = Path(args.output)
    writers.check_suffix(output, writers.OUTPUT_SUFFIXES, "--output")
    pairs = Path(args.pairs) if args.pairs else None
    if pairs:
        writers.check_suffix(pairs, writers.PAIRS_SUFFIXES, "--pairs")
    outputs = Outputs(output, pairs)
    taken = [p.resolve() for p in (output, pairs, outputs.errors, outputs.manifest) if p]
    if len(set(taken)) < len(taken):
        raise InputError(f"--output and --pairs are the same file: {output}")
    for name in args.inputs:
        if name != "-" and Path(name).resolve() in taken:
            raise InputError(f"{name} is both input and output")
    return outputs


def _read_config(args: argparse.Namespace, outputs: Outputs) -> dict[str, Any]:
    """What apart from detector and input decides the result, as the manifest keeps it."""
    pairs = outputs.pairs
    return {
        "text_column": args.text_column,
        "id_column": args.id_column,
        "headline_column": args.headline_column,
        "format": args.format,
        "encoding": args.encoding,
        "evidence": not args.no_evidence,
        "pairs": os.path.relpath(pairs, outputs.output.parent) if pairs else None,
    }


def _factory(args: argparse.Namespace) -> DetectorFactory:
    threads = args.threads
    if threads is None and args.engine == "ray":
        threads = 1  # how many cores an actor has for itself is only known in the cluster
    elif threads is None and args.workers > 1:
        from inconsistency.batch.workers import threads_each

        threads = threads_each(args.workers)
    return functools.partial(
        _make_detector,
        args.model,
        backend=args.backend,
        threshold=args.threshold,
        false_flags=args.false_flags,
        gate=None if args.gate == "none" else args.gate,
        calibration=args.calibration,
        evidence=not args.no_evidence,
        threads=threads,
    )


def _make_detector(model: str, **options: Any) -> Detector:
    # At module level, so that it can be pickled; imported here, so that --help stays instant.
    from inconsistency.detector import Detector

    return Detector(model, **options)


def _engine(args: argparse.Namespace, factory: DetectorFactory) -> Engine:
    pairs = args.pairs is not None
    if args.engine == "ray":
        from inconsistency.integrations.ray import RayEngine

        return RayEngine(factory, args.workers, pairs=pairs, address=args.ray_address)
    if args.workers > 1:
        from inconsistency.batch.workers import WorkerPool

        return WorkerPool(factory, args.workers, pairs=pairs)
    return LocalEngine(factory, pairs=pairs)


@contextmanager
def _signals(log: JsonLog | None) -> Iterator[list[int]]:
    """Collect the first Ctrl-C or SIGTERM; the second Ctrl-C acts at once."""
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        message = "finishing the articles in hand; again stops at once"
        line = log.line("stopping", message=message) if log else f"inconsistency score: {message}\n"
        # Not print: the signal may have come in the middle of one, which is not reentrant.
        os.write(2, line.encode())

    old: dict[int, Callable[..., Any] | int | None] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            old[number] = signal.signal(number, remember)
    except ValueError:
        pass  # not in the main thread: signals are the caller's
    try:
        yield received
    finally:
        for known, handler in old.items():
            signal.signal(known, handler)


class _Warnings(logging.Handler):
    """Passes warnings of the package on to the JSON log."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write("warning", message=record.getMessage())


@contextmanager
def _warnings(log: JsonLog | None) -> Iterator[None]:
    """With a JSON log, let nothing else onto standard error."""
    handler = _Warnings(log) if log else logging.NullHandler()
    logger = logging.getLogger("inconsistency")
    if log:
        logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _failed(
    error: InconsistencyError | OSError | KeyboardInterrupt,
    args: argparse.Namespace,
    log: JsonLog | None,
) -> int:
    code: int = EXIT_USAGE
    if isinstance(error, KeyboardInterrupt):
        message, code = "stopped at once", 130
    elif isinstance(error, OSError) and not isinstance(error, InconsistencyError):
        message, code = f"{error.strerror or error}: {error.filename or args.output}", EXIT_FAILED
    else:
        message = str(error)
        if type(error) is InconsistencyError:
            code = EXIT_FAILED
    if code != EXIT_USAGE:
        message += ". Committed rows are safe: the same command goes on from there."
    if log:
        log.write("error", message=message, exit_code=code)
    else:
        _tell(message)
    return code


def _closing(
    summary: Summary,
    args: argparse.Namespace,
    log: JsonLog | None,
    seconds: float,
    received: list[int],
) -> int:
    tally = summary.tally
    code: int = EXIT_ROWS if tally.failed or summary.stopped_by else EXIT_OK
    if not summary.complete and not summary.stopped_by:
        code = 128 + int(received[0])
    if log:
        fields = {name: getattr(tally, name) for name in tally.__slots__}
        stopped_by = asdict(summary.stopped_by) if summary.stopped_by else None
        log.write("end", complete=summary.complete, exit_code=code, stopped_by=stopped_by, **fields)
        return code
    errors = Outputs(Path(args.output)).errors
    if (bad := summary.stopped_by) is not None:
        _tell(
            f"stopped at row {bad.number} ({bad.source}, {bad.place}): {bad.reason}. "
            "Without --strict the same command records such rows and goes on."
        )
    elif not summary.complete:
        _tell(f"interrupted after {_number(summary.rows, 'row')}; the same command goes on from there.")
    else:
        again = " (all done by an earlier run)" if 0 < summary.rows == summary.resumed_at else ""
        _tell(
            f"{_number(tally.articles, 'article')} scored{again}, {tally.flagged:,} flagged with "
            f"{_number(tally.contradictions, 'contradiction')}; {tally.scored:,} of "
            f"{_number(tally.pairs, 'pair')} scored, {tally.truncated:,} truncated; {seconds:.0f} s. "
            f"Output: {args.output}"
        )
        if tally.failed:
            _tell(f"{_number(tally.failed, 'row')} could not be scored; reasons: {errors}")
    return code


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _tell(message: str) -> None:
    print(f"inconsistency score: {message}", file=sys.stderr)
