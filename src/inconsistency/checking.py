"""`inconsistency check`: one article as a report, many as a line each and a summary."""

from __future__ import annotations

import argparse
import glob
import io
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inconsistency import console
from inconsistency.arguments import options_from, verifier_from
from inconsistency.errors import InputError, MissingExtraError
from inconsistency.exit_codes import ExitCode
from inconsistency.nli.encodable import encodable
from inconsistency.writable import writing

if TYPE_CHECKING:
    from inconsistency.detector import Detector
    from inconsistency.report import Report
    from inconsistency.sentences import Article

STANDARD = "-"  # standard input or output
OF_ONE = ("headline", "article", "html")  # options that make sense for a single article


def run(args: argparse.Namespace) -> int:
    """Check the files of a parsed command line and print what was found; give the exit code.

    Raises:
        InconsistencyError: an option is not accepted, an article that is alone cannot be read, or the model or the
            second reader cannot be used.
    """
    names = _expanded(args.files)
    if len(names) > 1 and (wrong := [f"--{name}" for name in OF_ONE if getattr(args, name)]):
        raise InputError(
            f"{wrong[0]} is for one article, and there are {len(names)}; "
            "`inconsistency score FOLDER --html DIR` writes a page for each of many"
        )
    if args.html and str(args.html) == STANDARD and (args.json or args.markdown or args.quiet):
        raise InputError("--html - and another form cannot both be printed; give --html a file")
    if args.article and (args.json or args.markdown or args.quiet or str(args.html) == STANDARD):
        raise InputError("--article is for the report in a terminal; JSON has the article's text anyway")
    if args.headline is not None and encodable(args.headline) != args.headline:
        raise InputError("the headline is not valid text in this terminal's encoding")
    # A single article that cannot be read is said before a model is loaded.
    first = read_article(names[0]) if len(names) == 1 else None
    if sys.stdout is None:
        raise InputError("cannot write the report: standard output is closed")
    options = options_from(args, verifier=verifier_from(args))
    from inconsistency.detector import Detector

    detector = Detector(**options.keywords())
    return _one(detector, names[0], first, args) if first else _many(detector, names, args)


def _expanded(names: Sequence[str]) -> list[str]:
    """Names of files; a pattern that the shell has left as it is stands for what it matches.

    Raises:
        InputError: it matches nothing.
    """
    found: list[str] = []
    for name in names:
        # A file may have such signs in its name; one that is too long for a path is no pattern either.
        if not glob.has_magic(name) or _exists(name):
            found.append(name)
        elif matches := sorted(glob.glob(name, recursive=True)):  # noqa: PTH207 (Path.glob takes no absolute pattern)
            found += matches
        else:
            raise InputError(f"no file matches {name!r}")
    return found


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:
        return True


def read_article(name: str) -> Article:
    """Read an article from a file, or with "-" from standard input, or say in one line why not.

    Raises:
        InputError: it is missing, a folder, empty, too large, damaged, encrypted, or of no kind that can be read.
        MissingExtraError: its kind needs a package of the extra `files`.
    """
    from inconsistency import files
    from inconsistency.batch.input import TABLES
    from inconsistency.batch.input.files import kind_of

    if name != STANDARD:
        if kind_of(Path(name)) in TABLES and Path(name).is_file():  # read as one article, it would be nonsense
            raise InputError(f"{name} is a table of articles; `inconsistency score` takes tables")
        return files.read_article_file(name)
    if sys.stdin is None:
        raise InputError("cannot read -: standard input is closed")
    try:
        data = sys.stdin.buffer.read(files.LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise InputError(f"cannot read -: {error.strerror}") from error
    return files.article_from_bytes(data, name)


def _one(detector: Detector, name: str, article: Article, args: argparse.Namespace) -> int:
    report = detector.check(article.text, headline=args.headline or article.headline)
    if args.html and str(args.html) != STANDARD:
        with writing(args.html):
            args.html.write_text(report.to_html(), encoding="utf-8")
    if not args.quiet:
        console.write(_shown(report, args))
    elif report.flagged:
        console.write(_line(name, report, len(name)))
    return ExitCode.FLAGGED if report.flagged else ExitCode.OK


def _shown(report: Report, args: argparse.Namespace) -> str:
    if args.json:
        # Data must not lose a sign that the encoding does not have: escaped, it is the same in all of them.
        return json.dumps(report.to_dict(), ensure_ascii=not console.is_utf8(), indent=1) + "\n"
    if args.html and str(args.html) == STANDARD:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as the page says of itself
        return report.to_html()
    if args.markdown:
        return report.to_markdown()
    from inconsistency.render.terminal import to_terminal

    return to_terminal(report, article=args.article)


def _many(detector: Detector, names: Sequence[str], args: argparse.Namespace) -> int:
    """Print a line for each article as it comes, then a summary; what cannot be read is told and counted."""
    from inconsistency.render.lines import Totals, summary

    totals, widest = Totals(), max(map(len, names))
    for number, (name, report) in enumerate(_checked(detector, names), start=1):
        totals.add(report)
        if report is not None and args.json:
            row = {"row": number, "id": name, **report.to_dict(text=False)}
            console.write(json.dumps(row, ensure_ascii=not console.is_utf8()) + "\n")
        elif report is not None and args.markdown:
            console.write(report.to_markdown() + "\n")
        elif report is not None and (report.flagged or not args.quiet):
            console.write(_line(name, report, widest))
    if not (args.json or args.markdown or args.quiet):
        console.write("\n" + summary(totals))
    if totals.failed:
        return ExitCode.USAGE
    return ExitCode.FLAGGED if totals.flagged else ExitCode.OK


def _checked(detector: Detector, names: Sequence[str]) -> Iterator[tuple[str, Report | None]]:
    for name in names:
        try:
            article = read_article(name)
            yield name, detector.check(article.text, headline=article.headline)
        except (InputError, MissingExtraError) as error:
            console.tell(f"inconsistency: {error}\n")
            yield name, None


def _line(name: str, report: Report, widest: int) -> str:
    from inconsistency.render.lines import line

    # What a program reads is not cut to the width of a terminal.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return line(name, report, widest, width)
