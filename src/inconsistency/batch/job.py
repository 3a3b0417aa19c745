"""Parsed arguments of `inconsistency score` -> a run, what is told of it, and its exit code."""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from inconsistency.arguments import may_discover, options_from, verifier_from
from inconsistency.batch import runner
from inconsistency.batch.engine import DetectorFactory, Engine
from inconsistency.batch.input.rows import Columns, ReadOptions, Row, Source
from inconsistency.batch.input.sources import open_sources, read_rows
from inconsistency.batch.output import Outputs
from inconsistency.batch.progress import Bar, JsonLog, Progress, told, warnings
from inconsistency.batch.runner import RunOptions, Summary, rows_done, run_batch
from inconsistency.batch.workers import WorkerPool, threads_each
from inconsistency.errors import InconsistencyError, InputError, LimitReachedError
from inconsistency.exit_codes import ExitCode, internal_error
from inconsistency.options import DetectorOptions
from inconsistency.pairs import candidate_pairs
from inconsistency.render._words import many
from inconsistency.sentences import split
from inconsistency.verify.estimate import RULE, Estimate, of_article
from inconsistency.verify.llm import WINDOW
from inconsistency.verify.meter import Limits, Meter

VERIFIED_ROWS = 8  # articles that are read and committed together: a call takes seconds, and Ctrl-C waits for them
NO_READER = "{} is given without a second reader; name one with --verify MODEL"


def score(args: argparse.Namespace, factory: DetectorFactory | None) -> int:
    """Run the command; see `command.run`."""
    log = JsonLog() if args.log_json else None
    if log or not sys.stderr.isatty():
        # Before transformers is imported, also by workers: it shows bars of its own, terminal or not.
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    progress = log or (Bar() if sys.stderr.isatty() else Progress())
    began = time.monotonic()
    with _signals(progress) as received, warnings(log) if log else nullcontext():
        try:
            if args.dry_run:
                return _dry_run(args)
            summary = _run(args, factory, progress, received)
        except (Exception, KeyboardInterrupt) as error:
            return _failed(error, args, progress, received)
    return _ended(summary, args, progress, time.monotonic() - began, received)


@contextmanager
def _signals(progress: Progress) -> Iterator[list[int]]:
    """Collect the first Ctrl-C or SIGTERM; the second one acts at once."""
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        message = "finishing the articles in hand; again stops at once"
        # Not `tell`: the signal may have come in the middle of it, and a stream is not reentrant.
        os.write(2, progress.line("stopping", message, message=message).encode())

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
    args: argparse.Namespace, factory: DetectorFactory | None, progress: Progress, received: list[int]
) -> Summary:
    outputs = _outputs(args)
    sources = _sources(args, outputs)
    meter, tables = _meter(args), [table.name for table in outputs.tables]
    factory = _with_reader(factory or _factory(args), args, outputs.output, meter)
    progress.meter = meter
    engine = (
        WorkerPool(factory, args.workers, tables, log_json=args.log_json)
        if args.workers > 1
        else Engine(factory, tables)
    )
    try:
        return run_batch(sources, engine, _options(args, outputs), progress, stop=lambda: bool(received))
    finally:
        engine.close()
        if meter:
            _tell_usage(meter, progress)


def _meter(args: argparse.Namespace) -> Meter | None:
    """What counts the calls of a second reader and keeps its limits; None without one.

    Raises:
        InputError: a limit is not accepted, or is given without a second reader.
    """
    if args.verify is None:
        given = {"--max-calls": args.max_calls, "--max-cost": args.max_cost, "--price": args.price}
        for name in [name for name, value in given.items() if value is not None]:
            raise InputError(NO_READER.format(name))
        return None
    if args.max_cost is not None and args.price is None:
        raise InputError(f"--max-cost is {args.max_cost:g} without --price: what a call costs only you can know")
    limits = Limits(args.max_calls, args.max_cost, tuple(args.price) if args.price else None)
    return Meter(limits, shared=args.workers > 1)


def _with_reader(
    factory: DetectorFactory, args: argparse.Namespace, output: Path, meter: Meter | None
) -> DetectorFactory:
    """Give detectors the second reader that the arguments ask for, with a file of answers beside the output."""
    if meter is None:
        verifier_from(args)  # refuses options that belong to one
        return factory
    answers = Path(args.answers or output.with_name(output.name + ".answers.sqlite"))
    answers.absolute().parent.mkdir(parents=True, exist_ok=True)
    return functools.partial(factory, verifier=verifier_from(args, cache=answers, meter=meter))


def _dry_run(args: argparse.Namespace) -> int:
    """Tell on standard output what a run would take that goes on from where the last one has come."""
    if (meter := _meter(args)) is None:
        raise InputError(NO_READER.format("--dry-run"))
    outputs = _outputs(args)
    sources = _sources(args, outputs)
    done = rows_done(sources, _options(args, outputs), args.verify)
    sys.stdout.write(_quote(args, meter.limits, sources, done))
    return ExitCode.OK


def _quote(args: argparse.Namespace, limits: Limits, sources: Sequence[Source], done: int) -> str:
    """What a run will take after `done` rows, for people to read before they pay; no model is loaded."""
    articles = bad = 0
    total = Estimate()
    for row in read_rows(sources):
        if row.number <= done:
            continue
        if not isinstance(row, Row):
            bad += 1
            continue
        articles += 1
        sentences = split(row.text, headline=row.headline)
        found = candidate_pairs(sentences, DetectorOptions.max_pairs).pairs
        pairs = [(p.first.index, p.second.index) for p in found]
        asked = of_article(sentences, pairs, DetectorOptions.candidates, WINDOW, may_discover(args))
        total = total.plus(asked)
    cost = limits.price(total.read, total.written)
    lines = [
        f"{articles:,} articles" + (f", and {done:,} rows that are done" if done else ""),
        f"{bad:,} rows cannot be read" if bad else "",
        f"{total.calls:,} calls to {args.verify}, fewer if answers are kept already; "
        f"one for an article of up to {WINDOW:,} characters",
        f"about {total.read:,} tokens read and {total.written:,} written, thinking not counted; the rule: {RULE}",
        f"cost at these prices: about {cost:,.2f}" if cost is not None else "",
    ]
    return "".join(f"{line}\n" for line in lines if line)


def _outputs(args: argparse.Namespace) -> Outputs:
    """Name the files to write; no two of them, and no input, may be the same."""
    html = Path(args.html) if args.html else None
    if args.output is None:
        if html is None:
            raise InputError("nowhere to write to; give --output a file or --html a folder")
        args.output = str(html / "scores.jsonl")
    outputs = Outputs(Path(args.output), Path(args.pairs) if args.pairs else None, html)
    own = [path.resolve() for file in outputs.growing for path in {file.part, file.final}]
    own.append(outputs.manifest.resolve())
    if len(set(own)) < len(own):
        raise InputError(f"--output and --pairs are the same file: {args.output}")
    for name in args.inputs:
        read = Path(name).resolve()
        if name != "-" and read in own:
            raise InputError(f"{name} is both input and output")
        written = [path.resolve() for path in (html, outputs.pages) if path]
        # Pages that stand there are replaced, so that an article among them would be lost.
        if any(folder.is_relative_to(read) for folder in written) or read.parent in written[1:]:
            raise InputError(f"--html {html}: its pages would be input too; choose a folder outside of {name}")
    return outputs


def _sources(args: argparse.Namespace, outputs: Outputs) -> list[Source]:
    """Find the inputs; of a folder, all files but those that the run writes."""
    columns = Columns(args.text_column, args.id_column, args.headline_column)
    own = frozenset(file.final.resolve() for file in outputs.growing)
    options = ReadOptions(columns, args.format, args.encoding, args.split, args.max_chars, own)
    return open_sources(args.inputs, options)


def _options(args: argparse.Namespace, outputs: Outputs) -> RunOptions:
    rows = min(runner.CHUNK_ROWS, VERIFIED_ROWS) if args.verify else runner.CHUNK_ROWS
    names = ("text_column", "id_column", "headline_column", "format", "encoding", "max_chars")
    read: dict[str, Any] = {name: getattr(args, name) for name in names}
    read["pairs"] = os.path.relpath(outputs.pairs, outputs.output.parent) if outputs.pairs else None
    if outputs.html:  # not as None: runs begun before there were pages go on
        read["html"] = os.path.relpath(outputs.html, outputs.output.parent)
    return RunOptions(outputs, rows, read, args.strict, args.overwrite)


def _factory(args: argparse.Namespace) -> DetectorFactory:
    """What makes the detector that the arguments ask for, here or in a worker."""
    shared = args.threads is None and args.workers > 1
    options = options_from(args, threads=threads_each(args.workers) if shared else args.threads)
    from inconsistency.detector import Detector

    return functools.partial(Detector, **options.keywords())


def _failed(
    error: Exception | KeyboardInterrupt, args: argparse.Namespace, progress: Progress, received: list[int]
) -> int:
    """Tell why a run broke off after these signals; give its exit code."""
    message, code = _reason(error, args)
    # Workers that are still loading die of a signal to the whole group.
    if received and (isinstance(error, KeyboardInterrupt) or type(error) is InconsistencyError):
        code = 128 + received[0]
    if code != ExitCode.USAGE:
        message += ". Committed rows are safe: the same command goes on from there."
    trace = "".join(traceback.format_exception(error)) if code == ExitCode.INTERNAL and args.debug else ""
    shown = f"{message}\n{trace}".rstrip()
    progress.tell("error", shown, message=message, exit_code=code, **({"traceback": trace} if trace else {}))
    return code


def _reason(error: Exception | KeyboardInterrupt, args: argparse.Namespace) -> tuple[str, int]:
    if isinstance(error, KeyboardInterrupt):
        return "stopped at once", ExitCode.INTERRUPTED
    if isinstance(error, LimitReachedError):
        return str(error), ExitCode.LIMIT
    if isinstance(error, InconsistencyError):
        return str(error), ExitCode.BROKE_OFF if type(error) is InconsistencyError else ExitCode.USAGE
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or args.output}", ExitCode.BROKE_OFF
    hint = "" if args.debug else " (--debug shows the traceback)"
    return internal_error(error) + hint, ExitCode.INTERNAL


def _ended(
    summary: Summary, args: argparse.Namespace, progress: Progress, seconds: float, received: list[int]
) -> int:
    """Tell what a run has done, whole or not; give its exit code."""
    tally, bad = summary.tally, summary.stopped_by
    code: int = ExitCode.ROWS_FAILED if tally.failed or bad else ExitCode.OK
    if bad:
        messages = [
            f"stopped at row {bad.number} ({bad.source}, {bad.place}): {bad.reason}. "
            "Without --strict the same command records such rows and goes on."
        ]
    elif not summary.complete:
        code = 128 + int(received[0])
        messages = [f"interrupted after {many(summary.rows, 'row')}; the same command goes on from there."]
    else:
        messages = list(_done(summary, _outputs(args), seconds))
    stopped_by = asdict(bad) if bad else None
    progress.tell(
        "end", *messages, complete=summary.complete, exit_code=code, stopped_by=stopped_by, **asdict(tally)
    )
    return code


def _done(summary: Summary, outputs: Outputs, seconds: float) -> Iterator[str]:
    """What people are told of a run that is complete."""
    tally = summary.tally
    again = " (all done by an earlier run)" if 0 < summary.rows == summary.resumed_at else ""
    yield (
        f"{many(tally.articles, 'article')} scored{again}, {tally.flagged:,} flagged with "
        f"{many(tally.contradictions, 'contradiction')}; {tally.scored:,} of "
        f"{many(tally.pairs, 'pair')} scored, {tally.truncated:,} truncated; {seconds:.0f} s. "
        f"Output: {outputs.output}" + (f"; pages: {outputs.html / 'index.html'}" if outputs.html else "")
    )
    if tally.unverified:
        yield (
            f"{many(tally.unverified, 'article')} on which the second reader has not answered in full; "
            "counts.unverified and counts.unread say why. With --overwrite, the same command asks for those alone."
        )
    if tally.failed:
        yield f"{many(tally.failed, 'row')} could not be scored; reasons: {outputs.errors}"


def _tell_usage(meter: Meter, progress: Progress) -> None:
    """Tell what the second reader has done in this run, however it ended."""
    usage = meter.usage
    cost = meter.limits.price(usage.read, usage.written)
    message = f"second reader: {told(usage)}" + ("" if cost is None else f", cost {cost:,.4g}")
    progress.tell("reader", message, **asdict(usage), **({} if cost is None else {"cost": round(cost, 6)}))
