"""The options of a detector on a command line: declared once for every command, and read once."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, get_args

from inconsistency.errors import InputError
from inconsistency.options import BackendName, DetectorOptions, PresetName, TextKind

if TYPE_CHECKING:
    from inconsistency.verify import LLMVerifier

Parser = argparse.ArgumentParser | argparse._ArgumentGroup


def number(value: str) -> float:
    """A number on a command line; what it may be, the option's own check says."""
    try:
        return float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is no number, such as 0.5") from None


def whole(value: str) -> int:
    """A whole number on a command line."""
    try:
        return int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is no whole number") from None


def add_model_arguments(parser: Parser) -> None:
    """Add the options that say which model runs, and how."""
    accepted = ", ".join(get_args(BackendName))
    parser.add_argument(
        "--model", default=DetectorOptions.model, help="embedded model, folder or hub id (default: %(default)s)"
    )
    parser.add_argument(
        "--backend", default=DetectorOptions.backend, help=f"one of {accepted} (default: %(default)s)"
    )
    parser.add_argument(
        "--threads", type=whole, metavar="N", help="CPU threads of a process (default: the cores, shared out)"
    )


def add_text_argument(parser: Parser) -> None:
    """Add the option that says what is read."""
    parser.add_argument(
        "--text",
        choices=get_args(TextKind),
        default=DetectorOptions.text_kind,
        help="what is read: text that somebody edited, or unedited text of a machine (default: %(default)s)",
    )


def add_detector_arguments(parser: Parser) -> None:
    """Add the options of a detector; `options_from` reads them."""
    add_model_arguments(parser)
    parser.add_argument("--calibration", metavar="FILE", help="made by `inconsistency calibrate`")
    strictness = parser.add_mutually_exclusive_group()
    strictness.add_argument("--threshold", type=number, metavar="P", help="flag from this probability, 0 to 1")
    strictness.add_argument(
        "--preset",
        choices=get_args(PresetName),
        help="false flags per clean article: strict 0.05, default 0.1, broad 0.5",
    )
    strictness.add_argument("--false-flags", metavar="N", help="the same as a number above 0, or a preset's name")
    add_text_argument(parser)
    parser.add_argument(
        "--top",
        type=whole,
        default=DetectorOptions.top,
        metavar="N",
        help="show so many of the best pairs below the threshold, 0 for none (default: %(default)s)",
    )
    parser.add_argument("--no-evidence", action="store_true", help="leave out kinds, clashing words, explanations")


def options_from(args: argparse.Namespace, **others: Any) -> DetectorOptions:
    """The options that a parsed command line asks for.

    Args:
        args: with the arguments of `add_detector_arguments`.
        others: options that the command has decided by itself; they win.

    Raises:
        InputError: an option has a value that is not accepted.
        ModelError: the model's name can be no model.
    """
    given = {
        "model": args.model,
        "backend": args.backend,
        "threads": args.threads,
        "calibration": args.calibration,
        "threshold": args.threshold,
        "false_flags": _promise(args),
        "text_kind": args.text,
        "evidence": not args.no_evidence,
        "top": args.top,
    }
    return DetectorOptions(**given | others)


def _promise(args: argparse.Namespace) -> float | str:
    """What `--preset` or `--false-flags` asks for."""
    asked = (v for v in (args.preset, args.false_flags) if v is not None)  # "" is no number, and refused as such
    value = str(next(asked, DetectorOptions.false_flags))
    try:
        return float(value)
    except ValueError:
        return value  # the options know which names there are


def add_verifier_arguments(parser: Parser, *, promises: bool = True) -> None:
    """Add the options of a language model as second reader; `verifier_from` reads them.

    Args:
        parser: of the command.
        promises: whether the command flags by what was measured of the model.
    """
    parser.add_argument(
        "--verify",
        metavar="MODEL",
        help="let this language model judge the suspected pairs; the article is sent to its server",
    )
    parser.add_argument(
        "--base-url", metavar="URL", help="server of --verify, such as http://localhost:11434/v1; default: OpenAI"
    )
    parser.add_argument(
        "--discover",
        action=argparse.BooleanOptionalAction,
        help="whether the model of --verify may also name pairs that nobody suspects, as it may by default",
    )
    parser.add_argument(
        "--answers", metavar="FILE", help="keep the model's answers here, so that none is paid for twice (SQLite)"
    )
    if promises:
        parser.add_argument(
            "--measured",
            metavar="FILE",
            help="made by `inconsistency calibrate --verify`: the model keeps a promise",
        )
    else:
        parser.set_defaults(measured=None)


def may_discover(args: argparse.Namespace) -> bool:
    """Whether the second reader may name pairs of its own; None, which is neither option, leaves it free to."""
    return args.discover is not False


def verifier_from(args: argparse.Namespace, **others: Any) -> LLMVerifier | None:
    """The second reader that a parsed command line asks for; None where it asks for none.

    Args:
        args: with the arguments of `add_verifier_arguments`.
        others: further options of `LLMVerifier`; they win.

    Raises:
        InputError: an option has a value that is not accepted, or belongs to a second reader that is not named.
        MissingExtraError: the extra `llm` is not installed.
        VerifierError: there is no key.
    """
    if args.verify is None:
        for name, value in (
            ("--base-url", args.base_url),
            ("--discover", args.discover),
            ("--answers", args.answers),
            ("--measured", args.measured),
        ):
            if value is not None:
                raise InputError(f"{name} is {value!r} without a model; name it with --verify MODEL")
        return None
    from inconsistency.verify import LLMVerifier

    given = {
        "base_url": args.base_url,
        "discover": may_discover(args),
        "cache": args.answers,
        "measured": args.measured,
    }
    return LLMVerifier(args.verify, **given | others)
