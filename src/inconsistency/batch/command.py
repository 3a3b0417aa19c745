"""The command `inconsistency score`: from parsed arguments to an exit code.

`options` has the arguments, `preparing` makes of them what a run needs, `surroundings` catches signals and
warnings meanwhile, `closing` tells how it ended.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from inconsistency.batch import closing, preparing, surroundings
from inconsistency.batch.options import add_arguments, check_numbers
from inconsistency.batch.progress import Bar, JsonLog, Quiet
from inconsistency.batch.runner import Summary, run_batch
from inconsistency.batch.scoring import DetectorFactory

__all__ = ["add_arguments", "run"]


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
    with surroundings.signals(log) as received, surroundings.warnings(log):
        try:
            summary = _run(args, factory, log, received)
        except (Exception, KeyboardInterrupt) as error:
            return closing.failed(error, args, log, received)
    return closing.closed(summary, args, log, time.monotonic() - began, received)


def _run(
    args: argparse.Namespace,
    factory: DetectorFactory | None,
    log: JsonLog | None,
    received: list[int],
) -> Summary:
    check_numbers(args)
    outputs = preparing.make_outputs(args)
    sources = preparing.make_sources(args, outputs)
    options = preparing.make_options(args, outputs)
    progress = log or (Bar() if sys.stderr.isatty() else Quiet())
    engine = preparing.make_engine(args, factory)
    try:
        return run_batch(sources, engine, options, progress, stop=lambda: bool(received))
    finally:
        engine.close()
