"""Command line: check articles, score many, calibrate, serve a local page, complete in a shell."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from inconsistency import console
from inconsistency.arguments import (
    add_detector_arguments,
    add_model_arguments,
    add_text_argument,
    add_verifier_arguments,
    verifier_from,
)
from inconsistency.errors import InconsistencyError, InputError, MissingExtraError
from inconsistency.exit_codes import ExitCode, add_exit_codes, internal_error
from inconsistency.version import __version__

SHELLS = ("bash", "zsh", "fish", "tcsh")
FILES = ("FILE", "INPUT", "OUT", "DIR")  # arguments that name files, by their metavar

EXAMPLES = """examples:
  inconsistency check article.txt
  inconsistency check - < article.txt
  inconsistency check news/*.txt
  inconsistency check article.txt --html report.html
  inconsistency check article.txt --verify MODEL --base-url http://localhost:11434/v1
  inconsistency score articles.jsonl -o scored.jsonl

inconsistency COMMAND --help lists the options and exit codes of a command
"""


class _Parser(argparse.ArgumentParser):
    """Says in one line what was wrong, which argparse hides below all options of the command."""

    def error(self, message: str) -> NoReturn:
        """Exit as for every wrong usage."""
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}; `{self.prog} --help` lists what is accepted\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line; builds no model and imports nothing heavy."""
    top = _Parser(
        prog="inconsistency",
        description="Find where a news article contradicts itself.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"inconsistency {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, does: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")

    _check_parser(add("check", "show where an article contradicts itself, or which of several do"))

    from inconsistency.batch.command import add_arguments as add_score

    add_score(add("score", "score many articles into a file"))
    _calibrate_parser(add("calibrate", "measure false flags on articles of your own, and fit the promise to them"))

    from inconsistency.serve import add_arguments as add_serve

    add_serve(add("serve", "open a local page to paste articles into"))
    _completion_parser(add("completion", "print a script that completes commands in a shell"))
    return top


def _check_parser(command: argparse.ArgumentParser) -> None:
    add_exit_codes(command, "nothing is flagged", ExitCode.FLAGGED)
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="UTF-8 text, HTML, Word (.docx) or PDF, a pattern like 'news/*.txt', or - for standard input; "
        "of one article the report is printed, of several a line each",
    )
    command.add_argument("--headline", help="the headline, if it does not stand in the file")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the report as JSON; several, a line each")
    form.add_argument("--markdown", action="store_true", help="print the report as Markdown")
    form.add_argument("-q", "--quiet", action="store_true", help="print a line for each flagged article, no more")
    command.add_argument("--article", action="store_true", help="print the article, too, its sentences numbered")
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
        metavar="FILE",
        help="JSONL of consistent articles, one object with `text` (and `headline`) a line",
    )
    command.add_argument(
        "--labelled",
        type=Path,
        metavar="FILE",
        help="JSONL of articles with `sentences`, the first of which is the headline, and `gold`, a list of "
        "contradicting index pairs from 0 on (empty if clean); at least 10 contradictions in all",
    )
    command.add_argument(
        "--feedback",
        type=Path,
        metavar="FILE",
        help="answers kept by `inconsistency serve --feedback`; their articles count as labelled ones",
    )
    add_text_argument(command)
    add_model_arguments(command)
    add_verifier_arguments(command, promises=False)
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="calibration file")


def _completion_parser(command: argparse.ArgumentParser) -> None:
    command.epilog = """examples:
  inconsistency completion bash > ~/.local/share/bash-completion/completions/inconsistency
  inconsistency completion zsh > ~/.zfunc/_inconsistency    (with fpath+=~/.zfunc before compinit)
  inconsistency completion fish > ~/.config/fish/completions/inconsistency.fish"""
    add_exit_codes(command, "the script is printed")
    command.add_argument("shell", choices=SHELLS, metavar=f"{{{','.join(SHELLS)}}}", help="whose script to print")


def _run_calibrate(args: argparse.Namespace) -> int:
    if str(args.output) == "-":
        raise InputError("--output is -; accepted is the name of a file")
    if args.verify is not None:
        return _measure_reader(args)
    verifier_from(args)  # refuses options of a second reader that is not named
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
    console.write(summary + "\n")
    return ExitCode.OK


def _measure_reader(args: argparse.Namespace) -> int:
    """Count what a second reader flags in clean articles; the model's own calibration stays as it is."""
    if args.feedback is not None:
        raise InputError("--feedback is given with --verify; accepted with it are --clean and --labelled")
    reader = verifier_from(args)
    from inconsistency.detector import Detector
    from inconsistency.measuring import measure_files

    given = {"backend": args.backend, "threads": args.threads, "text_kind": args.text}
    detector = Detector(args.model, **given, evidence=False, verifier=reader)
    console.write(measure_files(detector, args.clean, args.labelled, args.output) + "\n")
    return ExitCode.OK


def _print_completion(shell: str) -> int:
    try:
        import shtab
    except ImportError as error:
        raise MissingExtraError("shtab", "completion", "shell completion") from error
    whole = parser()
    for command in _commands(whole).values():
        for action in command._actions:
            if action.metavar in FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks for it
    console.write(shtab.complete(whole, shell) + "\n")
    return ExitCode.OK


def _commands(whole: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    (commands,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    return commands.choices


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; give its exit code."""
    debug = False
    try:
        args = parser().parse_args(argv)
        debug = args.debug
        return _run(args)
    except InconsistencyError as error:
        console.tell(f"inconsistency: {error}\n")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        console.tell("inconsistency: interrupted\n")
        return ExitCode.INTERRUPTED
    except Exception as error:
        hint = "" if debug else " (--debug shows the traceback)"
        console.tell(f"inconsistency: {internal_error(error)}{hint}\n")
        if debug:
            console.tell("".join(traceback.format_exception(error)))
        return ExitCode.INTERNAL


def _run(args: argparse.Namespace) -> int:
    if args.command == "check":
        from inconsistency.checking import run as check

        return check(args)
    if args.command == "completion":
        return _print_completion(args.shell)
    if args.command == "calibrate":
        return _run_calibrate(args)
    if args.command == "serve":
        from inconsistency.serve import run as serve

        return serve(args)
    from inconsistency.batch.command import run as score

    return score(args)
