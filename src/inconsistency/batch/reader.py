"""A second reader in a batch run: its options, its limits, and what it will take (`--dry-run`)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inconsistency.arguments import add_verifier_arguments, verifier_from
from inconsistency.errors import InputError
from inconsistency.options import DetectorOptions

if TYPE_CHECKING:
    from inconsistency.batch.input.rows import Source
    from inconsistency.verify import LLMVerifier
    from inconsistency.verify.meter import Limits, Meter

VERIFIED_ROWS = 8  # articles that are read and committed together: a call takes seconds, and Ctrl-C waits for them


def add_reader_arguments(group: argparse._ArgumentGroup) -> None:
    """Add the options of a second reader; `reader_from`, `meter_from` and `dry_run` read them."""
    add_verifier_arguments(group)
    calls, cost = "stop before the call after so many; the same command goes on", "stop before more may be spent"
    group.add_argument("--max-calls", type=int, metavar="N", help=calls)
    group.add_argument("--max-cost", type=float, metavar="X", help=f"{cost}; needs --price")
    price = "price of a million tokens read, and written: for --max-cost and --dry-run"
    group.add_argument("--price", type=float, nargs=2, metavar=("READ", "WRITTEN"), help=price)
    group.add_argument("--dry-run", action="store_true", help="only print articles, calls and tokens")


def meter_from(args: argparse.Namespace, *, shared: bool = False) -> Meter | None:
    """What counts the calls of a run and keeps its limits; None without a second reader.

    Raises:
        InputError: a limit is not accepted, or is given without a second reader.
    """
    if args.verify is None:
        given = {"--max-calls": args.max_calls, "--max-cost": args.max_cost, "--price": args.price}
        for name in [name for name, value in given.items() if value is not None] + ["--dry-run"] * args.dry_run:
            raise InputError(f"{name} is given without a second reader; name one with --verify MODEL")
        return None
    from inconsistency.verify.meter import Meter

    return Meter(_limits(args), shared=shared)


def _limits(args: argparse.Namespace) -> Limits:
    from inconsistency.verify.meter import Limits

    if args.max_cost is not None and args.price is None:
        raise InputError(f"--max-cost is {args.max_cost:g} without --price: what a call costs only you can know")
    return Limits(args.max_calls, args.max_cost, tuple(args.price) if args.price else None)


def reader_from(args: argparse.Namespace, output: Path, meter: Meter | None) -> LLMVerifier | None:
    """The second reader that the arguments ask for, with a file of answers beside the output; None for none.

    Raises:
        InputError: an option has a value that is not accepted.
        MissingExtraError: the extra `llm` is not installed.
        VerifierError: there is no key.
    """
    if meter is None:
        return verifier_from(args)
    answers = args.answers or answers_beside(output)
    if not Path(answers).absolute().parent.is_dir():
        Path(answers).absolute().parent.mkdir(parents=True, exist_ok=True)
    return verifier_from(args, cache=answers, meter=meter)


def answers_beside(output: Path) -> Path:
    """Where the answers of a run are kept unless something else is said."""
    return output.with_name(output.name + ".answers.sqlite")


def dry_run(args: argparse.Namespace, sources: Sequence[Source], done: int) -> str:
    """What a run will take, for people to read before they pay; no model is loaded and nobody is asked.

    Args:
        args: of the command.
        sources: its inputs.
        done: rows that an earlier run has committed, which are not counted.
    """
    from inconsistency.batch.input.rows import Row
    from inconsistency.batch.input.sources import read_rows
    from inconsistency.pairs import candidate_pairs
    from inconsistency.sentences import split
    from inconsistency.verify.estimate import Estimate, estimate
    from inconsistency.verify.llm import WINDOW
    from inconsistency.verify.meter import RULE

    limits = _limits(args)
    articles = bad = 0
    total = Estimate()
    for row in read_rows(sources, args.max_chars):
        if row.number <= done:
            continue
        if not isinstance(row, Row):
            bad += 1
            continue
        articles += 1
        sentences = split(row.text, headline=row.headline)
        found = candidate_pairs(sentences, DetectorOptions.max_pairs).pairs
        pairs = [(p.first.index, p.second.index) for p in found]
        total = total.plus(estimate(sentences, pairs, DetectorOptions.candidates, WINDOW, args.discover))
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
