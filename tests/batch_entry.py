"""`inconsistency score` with a fake model, to be started, killed and starved by the tests.

    python batch_entry.py [--sleep S] [--file-limit BYTES] -- INPUT --output OUT ...

It prints "ready" once signals and imports are in place.

    python batch_entry.py --fork

reads the arguments of one run a line, as JSON, starts each in a process of its own without importing again, and
prints first the process's number and at its end its exit code.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Sequence

from inconsistency.batch import command, runner
from inconsistency.batch.engine import DetectorFactory
from inconsistency.detector import Detector
from inconsistency.nli import NliScores
from inconsistency.testing import FakeScorer
from inconsistency.verify import Verifier

TABLE = {("14 people", "41 people"): 0.99}


class MoodyScorer(FakeScorer):
    """A fake scorer that fails, dies or dawdles at words in the text."""

    def __init__(self, sleep: float = 0.0) -> None:
        super().__init__(TABLE)
        self._sleep = sleep

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score, unless a word in the text says otherwise."""
        time.sleep(self._sleep)
        words = " ".join(text for pair in pairs for text in pair)
        if "KABOOM" in words:
            raise RuntimeError("the model choked")
        if "SUDDENDEATH" in words:
            os._exit(9)
        scores = super().score(pairs)
        if "NOTANUMBER" in words:
            return [NliScores(math.nan, math.nan, math.nan)] * len(pairs)
        return scores


def make_detector(verifier: Verifier | None = None) -> Detector:
    """Make a detector on the fake model."""
    return Detector(MoodyScorer(), threshold=0.5, verifier=verifier)


def make_slow_detector(verifier: Verifier | None = None) -> Detector:
    """Make a detector that takes a little while for each call."""
    return Detector(MoodyScorer(sleep=0.01), threshold=0.5, verifier=verifier)


def run(argv: Sequence[str], factory: DetectorFactory = make_detector) -> int:
    """Run the command; `--chunk-rows N` is an argument of the tests, so that a few rows make many chunks."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    parser.add_argument("--chunk-rows", type=int, default=64)
    args = parser.parse_args(argv)
    runner.CHUNK_ROWS = args.chunk_rows
    return command.run(args, factory)


def fork_for_each_line() -> int:
    """Start a run for each line of standard input."""
    import openai  # noqa: F401 (so that no run needs to)

    from inconsistency.batch import job  # noqa: F401 (likewise)

    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(run(json.loads(line)))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return 0


def main() -> int:
    """Run the command on the fake model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--file-limit", type=int)
    parser.add_argument("--fork", action="store_true")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    own = parser.parse_args()
    if own.file_limit:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (own.file_limit, own.file_limit))
    if own.fork:
        return fork_for_each_line()
    print("ready", flush=True)
    return run(own.rest[1:], make_slow_detector if own.slow else make_detector)


if __name__ == "__main__":
    sys.exit(main())
