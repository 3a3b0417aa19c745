"""The arguments of `inconsistency score`."""

from __future__ import annotations

import argparse

from inconsistency.batch.folders import FORMATS
from inconsistency.batch.rows import DEFAULT_MAX_CHARS
from inconsistency.batch.runner import DEFAULT_CHUNK_ROWS
from inconsistency.errors import InputError
from inconsistency.exit_codes import ExitCode, add_exit_codes

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
        help="JSONL, CSV, TSV or Parquet file, folder of .txt files, "
        "dataset:NAME of the datasets library, or - for standard input",
    )
    _add_output(parser.add_argument_group("output"))
    _add_input(parser.add_argument_group("input"))
    _add_detector(parser.add_argument_group("detector"))
    _add_running(parser.add_argument_group("running"))


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="a .jsonl or .parquet file"
    )
    group.add_argument(
        "--pairs",
        metavar="FILE",
        help="also a flat table of contradictions: .jsonl, .parquet, .csv",
    )
    group.add_argument("--overwrite", action="store_true", help="replace another run's output, finished or not")


def _add_input(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--text-column", metavar="NAME", help="default: text")
    group.add_argument("--id-column", metavar="NAME", help="default: id; rows without one are called \"row N\"")
    group.add_argument(
        "--headline-column", metavar="NAME", help="default: headline or title, else none"
    )
    group.add_argument("--format", choices=FORMATS, help="default: by the file's name")
    group.add_argument("--encoding", default="utf-8", help="of text files (default: %(default)s)")
    group.add_argument("--split", default="train", help="of a data set (default: %(default)s)")
    group.add_argument("--dataset-config", metavar="NAME", help="configuration of a data set")
    group.add_argument(
        "--max-chars",
        type=int,
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
    group.add_argument(
        "--gate",
        choices=("default", "none"),
        default="default",
        help="none scores every pair of sentences (default: %(default)s)",
    )
    group.add_argument("--no-evidence", action="store_true", help="leave out kind and explanation")
    group.add_argument(
        "--threads", type=int, help="per process; default: the cores, shared out; with --engine ray 1"
    )


def _number_or_name(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value  # the detector knows which names there are


def _add_running(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--workers", type=int, default=1, metavar="N", help="default: %(default)s")
    group.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray: workers are actors of a Ray cluster (default: %(default)s)",
    )
    group.add_argument(
        "--ray-address", metavar="ADDRESS", help="default: a cluster of this machine"
    )
    group.add_argument(
        "--chunk-rows",
        type=int,
        default=DEFAULT_CHUNK_ROWS,
        metavar="N",
        help="articles scored and committed together (default: %(default)s)",
    )
    group.add_argument("--strict", action="store_true", help="stop at the first failing row")
    group.add_argument("--log-json", action="store_true", help="progress as JSON on standard error")


def check_numbers(args: argparse.Namespace) -> None:
    """Refuse counts below one.

    Raises:
        InputError: one is.
    """
    for name in ("workers", "threads", "chunk_rows", "max_chars"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise InputError(f"--{name.replace('_', '-')} must be at least 1, got {value}")
