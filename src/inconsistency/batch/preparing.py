"""Parsed arguments -> what a run needs: outputs, inputs, options and the engine that scores."""

from __future__ import annotations

import argparse
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inconsistency.batch import writers
from inconsistency.batch.outputs import Outputs
from inconsistency.batch.rows import Columns
from inconsistency.batch.runner import RunOptions
from inconsistency.batch.scoring import DetectorFactory, Engine, LocalEngine
from inconsistency.batch.sources import ReadOptions, Source, open_sources
from inconsistency.errors import InputError

if TYPE_CHECKING:
    from inconsistency.detector import Detector


def make_outputs(args: argparse.Namespace) -> Outputs:
    """Name the files to write.

    Raises:
        InputError: a name says no format, or two files of the run would be the same.
        MissingExtraError: Parquet is asked for and pyarrow is missing.
    """
    output = Path(args.output)
    writers.check_suffix(output, writers.OUTPUT_SUFFIXES, "--output")
    pairs = Path(args.pairs) if args.pairs else None
    if pairs:
        writers.check_suffix(pairs, writers.PAIRS_SUFFIXES, "--pairs")
    outputs = Outputs(output, pairs)
    taken = [p.resolve() for p in (output, pairs, outputs.errors, outputs.manifest) if p]
    if len(set(taken)) < len(taken):
        raise InputError(f"--output and --pairs are the same file: {output}")
    growing = [outputs.part(name).resolve() for name in outputs.growing]
    for name in args.inputs:
        if name != "-" and Path(name).resolve() in (*taken, *growing):
            raise InputError(f"{name} is both input and output")
    return outputs


def make_sources(args: argparse.Namespace, outputs: Outputs) -> list[Source]:
    """Find the inputs; of a folder, all files but those that the run writes.

    Raises:
        InputError: an input does not exist or its kind is unknown.
    """
    columns = Columns(args.text_column, args.id_column, args.headline_column)
    own = frozenset(p.resolve() for p in outputs.final)
    read = ReadOptions(columns, args.format, args.encoding, args.split, args.dataset_config, own)
    return open_sources(args.inputs, read)


def make_options(args: argparse.Namespace, outputs: Outputs) -> RunOptions:
    """Collect how to run."""
    return RunOptions(
        outputs=outputs,
        read=_read_config(args, outputs),
        chunk_rows=args.chunk_rows,
        max_chars=args.max_chars,
        strict=args.strict,
        overwrite=args.overwrite,
    )


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


def make_engine(args: argparse.Namespace, factory: DetectorFactory | None) -> Engine:
    """Start what scores.

    Args:
        args: the parsed arguments.
        factory: makes the detector; None makes it from the arguments.

    Raises:
        InconsistencyError: the model cannot be loaded, or an extra is missing.
    """
    factory = factory or _factory(args)
    pairs = args.pairs is not None
    if args.engine == "ray":
        from inconsistency.integrations.ray import RayEngine

        return RayEngine(factory, args.workers, pairs=pairs, address=args.ray_address)
    if args.workers > 1:
        from inconsistency.batch.workers import WorkerPool

        return WorkerPool(factory, args.workers, pairs=pairs)
    return LocalEngine(factory, pairs=pairs)


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
