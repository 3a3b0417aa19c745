"""A row of the speed comparison at work, each in a process of its own: both ends of the pipe.

`speed.py` starts this module once a row: it loads the row's model, says that it is ready, and then reads one
article a line from standard input. So a row's peak memory is its own, a repeat starts with nothing remembered, and
a row can run in another environment (`--onnx-python`), which has not what the others have.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rivals import NotRunError
from benchmarks.speed_rows import BY_NAME, WARM_UP, Outcome, Row, Sentences, Settings

PACKAGES = ("inconsistency", "numpy", "onnxruntime", "torch", "transformers", "sentence-transformers",
            "optimum-onnx")  # fmt: skip


class Worker:
    """A row at work in its own process.

    Args:
        row: the row.
        settings: what all rows share.
        python: interpreter to run it.

    Attributes:
        ready: what it said of itself after loading.
        why_not: why it cannot run or go on, None while it can.
        peak_rss_mb: most memory it has held, as far as it has told.
    """

    def __init__(self, row: Row, settings: Settings, python: str = sys.executable) -> None:
        self.row = row
        self.why_not: str | None = None
        self.peak_rss_mb = 0.0
        given = json.dumps(dataclasses.asdict(settings))
        threads = str(settings.threads)
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.speed_worker", row.name, given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1"},
        )
        self.ready = self._hear()
        self._rate = (1, self.ready.get("warm_up_pair_s", 0.0))

    def estimate(self, pairs: int) -> float:
        """Seconds that an article of so many pairs may take, from the longest one read."""
        return float(pairs * self._rate[1])

    def read(self, sentences: Sentences, headline: bool) -> Outcome | None:
        """Read an article; None when the process has died."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps([list(sentences), headline]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self.why_not = "its process has ended"
            return None
        answer = self._hear()
        if self.why_not:
            return None
        pairs = len(sentences) * (len(sentences) - 1) // 2
        if pairs >= self._rate[0]:
            self._rate = (pairs, answer["seconds"] / pairs)
        return answer

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()

    def _hear(self) -> Outcome:
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer: Outcome = json.loads(line) if line else {"why_not": "its process has ended"}
        self.why_not = answer.get("why_not")
        self.peak_rss_mb = max(self.peak_rss_mb, answer.get("peak_rss_mb", 0.0))
        return answer


def serve(name: str, settings: Settings) -> None:
    """Be a row: load, warm up, then read what comes on standard input."""
    # What libraries print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(outcome: Outcome) -> None:
        print(json.dumps(outcome), file=answers, flush=True)

    try:
        start = time.perf_counter()
        read, tell = BY_NAME[name].make(settings)
        loaded = time.perf_counter() - start
        read(WARM_UP, False)
        start = time.perf_counter()
        read(WARM_UP, False)
        pairs = len(WARM_UP) * (len(WARM_UP) - 1) // 2
        warm_up = (time.perf_counter() - start) / pairs
    except Exception as error:  # whatever a package raises at load, the other rows go on
        answer({"why_not": str(error) if isinstance(error, NotRunError) else f"{type(error).__name__}: {error}"})
        return
    answer({"load_s": loaded, "warm_up_pair_s": warm_up, "versions": versions(), "peak_rss_mb": peak_rss_mb()})
    for line in sys.stdin:
        sentences, headline = json.loads(line)
        start = time.perf_counter()
        result = read(sentences, headline)
        seconds = time.perf_counter() - start
        answer({"seconds": seconds, "peak_rss_mb": peak_rss_mb(), **tell(result)})


def peak_rss_mb() -> float:
    """Most memory that this process has held, in MiB.

    From /proc where there is one: `getrusage` also counts what the starting process had held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def versions() -> dict[str, str]:
    """Versions of the packages that matter, of this environment."""
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    serve(sys.argv[1], Settings(**json.loads(sys.argv[2])))
