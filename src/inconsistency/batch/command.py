"""The arguments of `inconsistency score`; only `run` imports what a run needs, so that `--help` stays quick."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from inconsistency.arguments import add_detector_arguments, add_verifier_arguments, number, whole
from inconsistency.batch.input import FORMATS, MAX_CHARS
from inconsistency.exit_codes import ExitCode, add_exit_codes

if TYPE_CHECKING:
    from inconsistency.batch.engine import DetectorFactory

_EPILOG = """examples:
  inconsistency score news.csv --text-column body --output scores.jsonl
  inconsistency score articles/ --output scores.csv --html pages
  inconsistency score part-*.parquet --output scores.parquet --pairs pairs.csv --workers 4
  zcat news.jsonl.gz | inconsistency score - --output scores.jsonl

The same command again continues an interrupted run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments to a parser."""
    parser.epilog = _EPILOG
    codes = (ExitCode.ROWS_FAILED, ExitCode.BROKE_OFF, ExitCode.LIMIT, ExitCode.TERMINATED)
    add_exit_codes(parser, "every row is scored", *codes)
    kinds = (
        "JSONL, CSV, TSV or Parquet file, folder of .txt, .html, .docx and .pdf files, dataset:NAME or "
        "dataset:NAME:CONFIGURATION of the datasets library, or - for standard input"
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help=kinds)
    group = parser.add_argument_group("output")
    rows = "a .jsonl, .parquet or .csv file with a row an article; may be left out with --html"
    group.add_argument("-o", "--output", metavar="OUT", help=rows)
    group.add_argument("--pairs", metavar="FILE", help="also a table of contradictions: .jsonl, .parquet, .csv")
    pages = "also a folder of pages to read: index.html by score, and each article's report"
    group.add_argument("--html", metavar="DIR", help=pages)
    group.add_argument("--overwrite", action="store_true", help="replace another run's output, finished or not")
    _add_input(parser.add_argument_group("input"))
    add_detector_arguments(parser.add_argument_group("detector"))
    _add_reader(parser.add_argument_group("second reader"))
    group = parser.add_argument_group("running")
    group.add_argument("--workers", type=_count, default=1, metavar="N", help="processes (default: %(default)s)")
    group.add_argument("--strict", action="store_true", help="stop at the first failing row")
    group.add_argument("--log-json", action="store_true", help="progress as JSON on standard error")


def _add_input(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--text-column", metavar="NAME", help="default: text")
    group.add_argument("--id-column", metavar="NAME", help='default: id; rows without one are called "row N"')
    group.add_argument("--headline-column", metavar="NAME", help="default: headline or title, else none")
    group.add_argument("--format", choices=FORMATS, help="default: by the file's name")
    group.add_argument("--encoding", default="utf-8", help="of text files (default: %(default)s)")
    group.add_argument("--split", default="train", help="of a data set (default: %(default)s)")
    most = "longer texts count as failed rows (default: %(default)s)"
    group.add_argument("--max-chars", type=_count, default=MAX_CHARS, metavar="N", help=most)


def _add_reader(group: argparse._ArgumentGroup) -> None:
    add_verifier_arguments(group)
    calls, cost = "stop before the call after so many; the same command goes on", "stop before more may be spent"
    group.add_argument("--max-calls", type=whole, metavar="N", help=calls)
    group.add_argument("--max-cost", type=number, metavar="X", help=f"{cost}; needs --price")
    price = "price of a million tokens read, and written: for --max-cost and --dry-run"
    group.add_argument("--price", type=number, nargs=2, metavar=("READ", "WRITTEN"), help=price)
    group.add_argument("--dry-run", action="store_true", help="only print articles, calls and tokens")


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {value!r}")
    return int(value)


def run(args: argparse.Namespace, factory: DetectorFactory | None = None) -> int:
    """Score the inputs and give the exit code; a factory makes another detector than the arguments ask for."""
    from inconsistency.batch.job import score

    return score(args, factory)
