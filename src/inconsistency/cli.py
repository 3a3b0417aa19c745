"""Command line: check one article, score many, calibrate, serve a local page."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inconsistency.arguments import (
    add_detector_arguments,
    add_model_arguments,
    add_text_argument,
    add_verifier_arguments,
    options_from,
    verifier_from,
)
from inconsistency.errors import InconsistencyError, InputError
from inconsistency.exit_codes import ExitCode, add_exit_codes, internal_error
from inconsistency.version import __version__

if TYPE_CHECKING:
    from inconsistency.report import Report
    from inconsistency.sentences import Article

STANDARD = Path("-")  # standard output

EXAMPLES = """examples:
  inconsistency check article.txt
  inconsistency check - < article.txt
  inconsistency check article.txt --html report.html
  inconsistency check article.txt --verify MODEL --base-url http://localhost:11434/v1
  inconsistency score articles.jsonl -o scored.jsonl

inconsistency COMMAND --help lists the options and exit codes of a command
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line; builds no model and imports nothing heavy."""
    top = argparse.ArgumentParser(
        prog="inconsistency",
        description="Find where a news article contradicts itself.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"inconsistency {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _check_parser(commands.add_parser("check", help="cross-examine one article"))

    from inconsistency.batch.command import add_arguments as add_score

    add_score(commands.add_parser("score", help="score many articles into a file"))
    _calibrate_parser(commands.add_parser("calibrate", help="refit decision and threshold"))

    from inconsistency.serve import add_arguments as add_serve

    add_serve(commands.add_parser("serve", help="a local page to paste articles into"))
    return top


def _check_parser(command: argparse.ArgumentParser) -> None:
    add_exit_codes(command, "nothing is flagged", ExitCode.FLAGGED)
    command.add_argument(
        "file", metavar="FILE", help="a UTF-8 text, HTML, Word (.docx) or PDF file, or - for standard input"
    )
    command.add_argument("--headline", help="the headline, if it does not stand in the file")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the report as JSON")
    form.add_argument("--markdown", action="store_true", help="print the report as Markdown")
    command.add_argument(
        "--html", type=Path, metavar="OUT", help="also write an HTML report; - prints it, and nothing else"
    )
    add_detector_arguments(command)
    add_verifier_arguments(command)


def _calibrate_parser(command: argparse.ArgumentParser) -> None:
    add_exit_codes(command, "the calibration file is written")
    command.add_argument(
        "--clean",
        type=Path,
        required=True,
        help="JSONL of consistent articles, one object with `text` (and `headline`) a line",
    )
    command.add_argument(
        "--labelled",
        type=Path,
        help="JSONL of articles with `sentences`, the first of which is the headline, and `gold`, a list of "
        "contradicting index pairs from 0 on (empty if clean); at least 10 contradictions in all",
    )
    command.add_argument(
        "--feedback",
        type=Path,
        help="answers kept by `inconsistency serve --feedback`; their articles count as labelled ones",
    )
    add_text_argument(command)
    add_model_arguments(command)
    command.add_argument("-o", "--output", type=Path, required=True, help="calibration file")


def read_article(name: str) -> Article:
    """Read an article from a file, or with "-" from standard input, or say in one line why not.

    Raises:
        InputError: it is missing, a folder, empty, too large, damaged, encrypted, or of no kind that can be read.
        MissingExtraError: its kind needs a package of the extra `files`.
    """
    from inconsistency import files

    if name != "-":
        return files.read_article_file(name)
    if sys.stdin is None:
        raise InputError("cannot read -: standard input is closed")
    try:
        data = sys.stdin.buffer.read(files.LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise InputError(f"cannot read -: {error.strerror}") from error
    return files.article_from_bytes(data, name)


def _run_check(args: argparse.Namespace) -> int:
    if args.html == STANDARD and (args.json or args.markdown):
        raise InputError("--html - and another form cannot both be printed; give --html a file")
    article = read_article(args.file)
    if sys.stdout is None:
        raise InputError("cannot write the report: standard output is closed")
    if args.headline is not None and any("\ud800" <= c <= "\udfff" for c in args.headline):
        raise InputError("the headline is not valid text in this terminal's encoding")
    options = options_from(args, verifier=verifier_from(args))
    from inconsistency.detector import Detector

    detector = Detector(**options.keywords())
    report = detector.check(article.text, headline=args.headline or article.headline)
    if args.html and args.html != STANDARD:
        from inconsistency.render import to_html

        try:
            args.html.write_text(to_html(report), encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {args.html}: {error.strerror}") from error
    _print(_shown(report, args))
    return ExitCode.FLAGGED if report.flagged else ExitCode.OK


def _print(text: str) -> None:
    """Write to standard output; what its encoding has no sign for (a rule, an arrow) becomes "?".

    Raises:
        InputError: it cannot be written. A reader (head, less) that has gone is no error.
    """
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


def _shown(report: Report, args: argparse.Namespace) -> str:
    if args.json:
        text = report.to_json(indent=1)
        if (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8":
            # Data must not lose a sign that the encoding does not have: escaped, it is the same in all of them.
            text = json.dumps(json.loads(text), indent=1)
        return text + "\n"
    from inconsistency.render import to_html, to_markdown, to_terminal

    if args.html == STANDARD:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as the page says of itself
        return to_html(report)
    return to_markdown(report) if args.markdown else to_terminal(report)


def _run_calibrate(args: argparse.Namespace) -> int:
    if args.output == STANDARD:
        raise InputError("--output is -; accepted is the name of a file")
    if args.labelled is None and args.feedback is None:
        raise InputError("no labelled articles to fit on; give --labelled or --feedback a file")
    from inconsistency.calibration import calibrate_files

    summary = calibrate_files(
        args.model,
        args.clean,
        args.labelled,
        args.output,
        feedback=args.feedback,
        text_kind=args.text,
        backend=args.backend,
        threads=args.threads,
    )
    _print(summary + "\n")
    return ExitCode.OK


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; give its exit code."""
    debug = False
    try:
        args = parser().parse_args(argv)
        debug = args.debug
        return _run(args)
    except InconsistencyError as error:
        _tell(f"inconsistency: {error}\n")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        _tell("inconsistency: interrupted\n")
        return ExitCode.INTERRUPTED
    except Exception as error:
        hint = "" if debug else " (--debug shows the traceback)"
        _tell(f"inconsistency: {internal_error(error)}{hint}\n")
        if debug:
            _tell("".join(traceback.format_exception(error)))
        return ExitCode.INTERNAL


def _run(args: argparse.Namespace) -> int:
    if args.command == "check":
        return _run_check(args)
    if args.command == "calibrate":
        return _run_calibrate(args)
    if args.command == "serve":
        from inconsistency.serve import run as serve

        return serve(args)
    from inconsistency.batch.command import run as score

    return score(args)


def _tell(message: str) -> None:
    """Write to standard error; where nobody reads it, the exit code still tells what happened."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(message)
            sys.stderr.flush()
