"""The arguments of `inconsistency serve`, and what it does: listen, load the model, answer until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from inconsistency.addresses import answers_under_any_name, greeting, is_local, listen, names
from inconsistency.arguments import (
    add_detector_arguments,
    add_verifier_arguments,
    number,
    options_from,
    verifier_from,
    whole,
)
from inconsistency.errors import CalibrationError, InputError, MissingExtraError
from inconsistency.exit_codes import ExitCode, add_exit_codes
from inconsistency.options import DetectorOptions, PresetName, TextKind
from inconsistency.serve.requests import TIMEOUT
from inconsistency.writable import writing

if TYPE_CHECKING:
    from inconsistency.serve.desk import Checker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `inconsistency serve` to a parser."""
    add_exit_codes(parser, "stopped")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (127.0.0.1, this computer alone); 0.0.0.0 and :: open the page to everybody "
        "who can reach this computer, under any name, and go with neither --feedback nor --verify",
    )
    parser.add_argument("--port", type=whole, default=8765, help="port to listen on (8765); 0 for any free one")
    parser.add_argument("--timeout", type=number, default=TIMEOUT, help="seconds a check may take (120)")
    parser.add_argument(
        "--feedback",
        type=Path,
        metavar="FILE",
        help="let readers call pairs right or wrong, and keep their answers with the articles in this JSONL file, "
        "which `inconsistency calibrate --feedback` reads",
    )
    add_detector_arguments(parser)
    add_verifier_arguments(parser)


def run(args: argparse.Namespace, load_detector: Callable[[], Checker] | None = None) -> int:
    """Serve the page until interrupted.

    Args:
        args: the options of `add_arguments`.
        load_detector: makes the detector; None for the one that the options ask for.

    Returns:
        The exit status.

    Raises:
        MissingExtraError: uvicorn is not installed.
        InputError: host or port cannot be listened on, no check can take so long, or answers cannot be kept.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtraError("uvicorn", "serve", "the local page") from error
    from inconsistency.serve.app import create_app

    _check(args)
    # Before the model is loaded, which takes seconds, and before anybody is told to open the page.
    with listen(args.host, args.port) as listening:
        detector, kinds = (load_detector(), {}) if load_detector else _detectors(args)
        app = create_app(
            detector,
            kinds=kinds,
            timeout=args.timeout,
            hosts=names(args.host),
            setting=_setting(args),
            feedback=args.feedback,
            local=is_local(args.host),
            second=_second(args),
        )
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, timeout_keep_alive=5, limit_concurrency=32,
            access_log=False,
        )  # fmt: skip
        sys.stderr.write(greeting(args.host, listening.getsockname()[1]))
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again when it has ended by it
            uvicorn.Server(config).run(sockets=[listening])
    return ExitCode.OK


def _detectors(args: argparse.Namespace) -> tuple[Checker, dict[str, Checker]]:
    """The detector that is asked for, and one for each kind of text if there is a choice; all share its model."""
    options = options_from(args, verifier=verifier_from(args))
    from inconsistency.detector import Detector
    from inconsistency.identity import calibration_file

    asked = Detector(**options.keywords())
    calibration = calibration_file(options.model, options.calibration)
    kinds: dict[str, Checker] = {options.text_kind: asked}
    if calibration is None or options.threshold is not None:  # then a kind of text makes no difference
        return asked, {}
    for kind in set(get_args(TextKind)) - kinds.keys():
        given = {"model": asked.scorer, "calibration": calibration, "text_kind": kind}
        with contextlib.suppress(CalibrationError):  # it promises nothing for this kind
            kinds[kind] = Detector(**options.keywords() | given)
    return asked, kinds if len(kinds) > 1 else {}


def _second(args: argparse.Namespace) -> str | None:
    """What the page calls the second reader that can be asked; None for none."""
    if args.verify is None:
        return None
    from inconsistency.verify.server import address_of

    where = address_of(args.base_url) if args.base_url else "the server that it is set up with"
    return f"{args.verify}, at {where}"


def _setting(args: argparse.Namespace) -> str:
    """How strict the detector is: a preset's name, or words for something else."""
    if args.threshold is not None:
        return f"flagged from {100 * args.threshold:g} %"
    wanted = str(args.preset or args.false_flags or DetectorOptions.false_flags)
    return wanted if wanted in get_args(PresetName) else f"{wanted} false flags in a clean article"


def _check(args: argparse.Namespace) -> None:
    """Refuse options that would fail later, or harm."""
    if not args.timeout > 0:
        raise InputError(f"--timeout is {args.timeout:g}; accepted are seconds above 0")
    if answers_under_any_name(args.host) and (args.feedback or args.verify):
        raise InputError(
            f"--host is {args.host} together with {'--feedback' if args.feedback else '--verify'}: any website "
            "could then write to your file, or ask your second reader; accepted is one address of this computer"
        )
    if args.feedback:
        with writing(args.feedback):  # said at once, not at the first answer
            args.feedback.open("a").close()
