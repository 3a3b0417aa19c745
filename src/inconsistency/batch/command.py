"""The command `inconsistency score`: its arguments, what they ask for, and a run from there to an exit code.

Only `run` imports what a run needs, so that `--help` and the other commands stay quick.
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from inconsistency.batch.input.files import FORMATS
from inconsistency.batch.input.rows import DEFAULT_MAX_CHARS
from inconsistency.errors import InputError
from inconsistency.exit_codes import ExitCode, add_exit_codes

if TYPE_CHECKING:
    from inconsistency.batch.engine import DetectorFactory, Engine
    from inconsistency.batch.input.sources import Source
    from inconsistency.batch.output import Outputs
    from inconsistency.batch.progress import JsonLog
    from inconsistency.batch.runner import RunOptions, Summary
    from inconsistency.detector import Detector

_EPILOG = """examples:
  inconsistency score news.csv --text-column body --output scores.jsonl
  inconsistency score part-*.parquet --output scores.parquet --pairs pairs.csv --workers 4
  zcat news.jsonl.gz | inconsistency score - --output scores.jsonl

The same command again continues an interrupted run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments to a parser."""
    parser.epilog = _EPILOG
    codes = (ExitCode.ROWS_FAILED, ExitCode.BROKE_OFF, ExitCode.TERMINATED)
    add_exit_codes(parser, "every row is scored", *codes)
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="JSONL, CSV, TSV or Parquet file, folder of .txt files, dataset:NAME or "
        "dataset:NAME:CONFIGURATION of the datasets library, or - for standard input",
    )
    group = parser.add_argument_group("output")
    group.add_argument("-o", "--output", required=True, metavar="OUT", help="a .jsonl or .parquet file")
    group.add_argument("--pairs", metavar="FILE", help="also a table of contradictions: .jsonl, .parquet, .csv")
    group.add_argument("--overwrite", action="store_true", help="replace another run's output, finished or not")
    _add_input(parser.add_argument_group("input"))
    _add_detector(parser.add_argument_group("detector"))
    group = parser.add_argument_group("running")
    group.add_argument("--workers", type=_count, default=1, metavar="N", help="processes (default: %(default)s)")
    group.add_argument("--strict", action="store_true", help="stop at the first failing row")
    group.add_argument("--log-json", action="store_true", help="progress as JSON on standard error")


def _add_input(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--text-column", metavar="NAME", help="default: text")
    group.add_argument("--id-column", metavar="NAME", help="default: id; rows without one are called \"row N\"")
    group.add_argument("--headline-column", metavar="NAME", help="default: headline or title, else none")
    group.add_argument("--format", choices=FORMATS, help="default: by the file's name")
    group.add_argument("--encoding", default="utf-8", help="of text files (default: %(default)s)")
    group.add_argument("--split", default="train", help="of a data set (default: %(default)s)")
    group.add_argument(
        "--max-chars",
        type=_count,
        default=DEFAULT_MAX_CHARS,
        metavar="N",
        help="longer texts count as failed rows (default: %(default)s)",
    )


def _add_detector(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--model", default="default", help="name or folder (default: %(default)s)")
    group.add_argument("--backend", default="auto", help="auto, onnx or torch")
    group.add_argument("--calibration", metavar="FILE", help="made by `inconsistency calibrate`")
    strictness = group.add_mutually_exclusive_group()
    strictness.add_argument("--threshold", type=float, help="flag from this probability, 0-1")
    strictness.add_argument(
        "--false-flags",
        type=_number_or_name,
        default="default",
        metavar="N",
        help="false flags per clean article: strict (0.05), default (0.1), broad (0.5) or a number",
    )
    group.add_argument("--no-evidence", action="store_true", help="leave out kind and explanation")
    group.add_argument("--threads", type=_count, metavar="N", help="per process (default: the cores, shared out)")


def _count(value: str) -> int:
    """A whole number from 1.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {value!r}")
    return int(value)


def _number_or_name(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value  # the detector knows which names there are


def run(args: argparse.Namespace, factory: DetectorFactory | None = None) -> int:
    """Score the inputs and give the exit code.

    Args:
        args: made by the parser of `add_arguments`.
        factory: makes the detector; None makes it from the arguments. With workers it must be
            picklable.
    """
    from inconsistency.batch import outcome, progress

    log = progress.JsonLog() if args.log_json else None
    if log or not sys.stderr.isatty():
        # Before transformers is imported, also by workers: it shows bars of its own, terminal or not.
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    began = time.monotonic()
    with _signals(log) as received, progress.warnings(log):
        try:
            summary = _run(args, factory, log, received)
        except (Exception, KeyboardInterrupt) as error:
            return outcome.failed(error, args, log, received)
    return outcome.ended(summary, args, log, time.monotonic() - began, received)


@contextmanager
def _signals(log: JsonLog | None) -> Iterator[list[int]]:
    """Collect the first Ctrl-C or SIGTERM; the second one acts at once."""
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
    if threading.current_thread() is threading.main_thread():  # elsewhere signals are the caller's
        for number in (signal.SIGINT, signal.SIGTERM):
            old[number] = signal.signal(number, remember)
    try:
        yield received
    finally:
        for known, handler in old.items():
            signal.signal(known, handler)


def _run(
    args: argparse.Namespace, factory: DetectorFactory | None, log: JsonLog | None, received: list[int]
) -> Summary:
    from inconsistency.batch.progress import Bar, Quiet
    from inconsistency.batch.runner import run_batch

    outputs = _outputs(args)
    sources = _sources(args, outputs)
    progress = log or (Bar() if sys.stderr.isatty() else Quiet())
    engine = _engine(args, factory or _factory(args))
    try:
        return run_batch(sources, engine, _options(args, outputs), progress, stop=lambda: bool(received))
    finally:
        engine.close()


def _outputs(args: argparse.Namespace) -> Outputs:
    """Name the files to write.

    Raises:
        InputError: a name says no format, or two files of the run would be the same.
    """
    from inconsistency.batch.output import Outputs

    outputs = Outputs(Path(args.output), Path(args.pairs) if args.pairs else None)
    own = [path.resolve() for file in outputs.growing for path in {file.part, file.final}]
    own.append(outputs.manifest.resolve())
    if len(set(own)) < len(own):
        raise InputError(f"--output and --pairs are the same file: {args.output}")
    for name in args.inputs:
        if name != "-" and Path(name).resolve() in own:
            raise InputError(f"{name} is both input and output")
    return outputs


def _sources(args: argparse.Namespace, outputs: Outputs) -> list[Source]:
    """Find the inputs; of a folder, all files but those that the run writes."""
    from inconsistency.batch.input.rows import Columns
    from inconsistency.batch.input.sources import ReadOptions, open_sources

    columns = Columns(args.text_column, args.id_column, args.headline_column)
    own = frozenset(file.final.resolve() for file in outputs.growing)
    return open_sources(args.inputs, ReadOptions(columns, args.format, args.encoding, args.split, own))


def _options(args: argparse.Namespace, outputs: Outputs) -> RunOptions:
    from inconsistency.batch.runner import RunOptions

    # What apart from detector and input decides the result, as the manifest keeps it.
    names = ("text_column", "id_column", "headline_column", "format", "encoding")
    read: dict[str, Any] = {name: getattr(args, name) for name in names}
    read["evidence"] = not args.no_evidence
    read["pairs"] = os.path.relpath(outputs.pairs, outputs.output.parent) if outputs.pairs else None
    return RunOptions(outputs, read, args.max_chars, args.strict, args.overwrite)


def _engine(args: argparse.Namespace, factory: DetectorFactory) -> Engine:
    """Start what scores."""
    if args.workers > 1:
        from inconsistency.batch.workers import WorkerPool

        return WorkerPool(factory, args.workers, pairs=args.pairs is not None)
    from inconsistency.batch.engine import LocalEngine

    return LocalEngine(factory, pairs=args.pairs is not None)


def _factory(args: argparse.Namespace) -> DetectorFactory:
    """What makes the detector that the arguments ask for, here or in a worker."""
    threads = args.threads
    if threads is None and args.workers > 1:
        from inconsistency.batch.workers import threads_each

        threads = threads_each(args.workers)
    return functools.partial(
        _make_detector,
        args.model,
        backend=args.backend,
        threshold=args.threshold,
        false_flags=args.false_flags,
        calibration=args.calibration,
        evidence=not args.no_evidence,
        threads=threads,
    )


def _make_detector(model: str, **options: Any) -> Detector:
    # At module level, so that it can be pickled; imported here, so that --help stays instant.
    from inconsistency.detector import Detector

    return Detector(model, **options)
