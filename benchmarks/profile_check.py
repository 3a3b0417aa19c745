"""Where the time of `Detector().check` goes, stage by stage.

    python -m benchmarks.profile_check --articles 10

Each stage is timed where the detector calls it: the functions that it has imported, the model's ONNX Runtime
sessions, and the rest of the model's calls (tokenising, batching, joining). Time in an inner stage is not
counted in the outer one. What no stage owns is the decision and the report. Everything that explaining a
flagged pair costs is one stage, the model's work for it included. One thread reads, so that no two stages run at
once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.speed_figures import Article
from benchmarks.speed_rows import WARM_UP

REST = "decision and report"
EVIDENCE = "evidence for flagged pairs"
MODEL = "model: tokenising, batching, joining"


@dataclass
class Stages:
    """A stop-watch for nested stages.

    Attributes:
        seconds: stage -> time spent in it and in no stage inside it.
        clock: gives the time, in seconds.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    clock: Callable[[], float] = time.perf_counter
    _inner: list[float] = field(default_factory=list)
    _whole: bool = False

    def timed(self, stage: str, call: Callable[..., Any], whole: bool = False) -> Callable[..., Any]:
        """The same function, its time put down to a stage.

        Args:
            stage: its name.
            call: the function.
            whole: whether stages inside it count as this one.
        """

        def run(*args: Any, **options: Any) -> Any:
            if self._whole:
                return call(*args, **options)
            with self._spent(stage, whole):
                return call(*args, **options)

        return run

    @contextmanager
    def _spent(self, stage: str, whole: bool) -> Iterator[None]:
        start, self._whole = self.clock(), whole
        self._inner.append(0.0)
        try:
            yield
        finally:
            total, self._whole = self.clock() - start, False
            self.seconds[stage] = self.seconds.get(stage, 0.0) + total - self._inner.pop()
            if self._inner:
                self._inner[-1] += total


@contextmanager
def watched(detector: Any, stages: Stages) -> Iterator[list[str]]:
    """Time a detector's stages for a while; gives the stages that could not be found."""
    import inconsistency.detector as conductor
    from inconsistency import evidence

    places = [
        (conductor, "split", "sentence splitting", False),
        (conductor, "candidate_pairs", "cues and gate", False),
        (evidence, "explain_all", EVIDENCE, True),
    ]
    scorer = detector.scorer
    calls = [n for n in dir(type(scorer)) if not n.startswith("_") and callable(getattr(scorer, n))]
    places += [(scorer, name, MODEL, False) for name in calls]
    places += [(session, "run", f"model: {name} layers", False) for name, session in sessions(scorer).items()]
    if glance := getattr(scorer, "_glance", None):
        places += [(glance, name, "model: glance", False) for name in ("keys", "probabilities")]
    missing = [stage for place, name, stage, _ in places if not hasattr(place, name)]
    before = [(place, name, vars(place).get(name)) for place, name, _, _ in places if hasattr(place, name)]
    for place, name, stage, whole in places:
        if hasattr(place, name):
            setattr(place, name, stages.timed(stage, getattr(place, name), whole))
    try:
        yield missing
    finally:
        for place, name, was in before:
            # A method was found on the class, where it still is.
            setattr(place, name, was) if was is not None else delattr(place, name)


def sessions(scorer: Any) -> dict[str, Any]:
    """The ONNX Runtime sessions that a model holds, by the name it gives them."""
    import onnxruntime

    return {
        name.strip("_"): value
        for name, value in vars(scorer).items()
        if isinstance(value, onnxruntime.InferenceSession)
    }


def profile(articles: Sequence[Article], seconds: float, model: str = "default") -> dict[str, Any]:
    """Check articles with one thread, at least one of them, until the time is over.

    Returns:
        Mean seconds an article and share by stage, the costliest first.
    """
    from inconsistency import Detector

    detector, stages = Detector(model, threads=1), Stages()
    detector.check(" ".join(WARM_UP))  # also opens what the model opens at first use
    read, total, end = [], 0.0, time.perf_counter() + seconds
    with watched(detector, stages) as missing:
        for article in articles:
            headline = article.sentences[0] if article.headline else None
            text = " ".join(article.sentences[article.headline :])
            start = time.perf_counter()
            detector.check(text, headline=headline)
            total += time.perf_counter() - start
            read.append(len(article.sentences))
            if time.perf_counter() >= end:
                break
    return {
        "articles": len(read),
        "median_sentences": statistics.median(read),
        "not_found": missing,
        "stages": table(stages.seconds, total, len(read)),
    }


def table(seconds: dict[str, float], total: float, articles: int) -> list[dict[str, Any]]:
    """Stages with what is left of the total, by falling cost."""
    whole = {**seconds, REST: total - sum(seconds.values())}
    return [
        {"stage": stage, "seconds": spent / articles, "share": spent / total}
        for stage, spent in sorted(whole.items(), key=lambda s: -s[1])
    ]


def main(argv: list[str] | None = None) -> int:
    """Profile alone, print JSON."""
    from benchmarks import speed

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=speed.Path, default=speed.DATA)
    parser.add_argument("--articles", type=int, default=10)
    parser.add_argument("--model", default="default")
    args = parser.parse_args(argv)
    articles = speed.chosen(speed.pool(args.data), args.articles)
    print(json.dumps(profile(articles, float("inf"), args.model), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
