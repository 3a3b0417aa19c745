"""The rows of the speed comparison, each in a process of its own.

`speed.py` starts this file once a row: it loads the row's model, says that it is ready, and then reads
one article a line from standard input. So a row's peak memory is its own, a repeat starts with nothing
remembered, and a row can run in another environment (`--onnx-python`). Only the standard library is
imported above a row's own function, for that environment has not what the others have.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Sentences = Sequence[str]
Outcome = dict[str, Any]
# What reads an article (timed), and what tells of the result (not timed).
Reader = tuple[Callable[[Sentences, bool], Any], Callable[[Any], Outcome]]
PRESETS = {"default": 0.1, "broad": 0.5}
PACKAGES = ("inconsistency", "numpy", "onnxruntime", "torch", "transformers", "sentence-transformers",
            "optimum-onnx")  # fmt: skip
# Read before the clock starts. It stands in no data set, so that nothing measured is remembered from it.
WARM_UP = (
    "The ferry to the northern island left the harbour at noon on Friday.",
    "It carried 212 passengers and a lorry with mail.",
    "The captain said that the crossing had been calm.",
    "Two hours later the ferry docked at the new pier, which had been finished in spring.",
    "The pier cost 4 million crowns, the harbour office said.",
    "Several passengers missed the bus to the lighthouse.",
    "The next ferry leaves on Sunday morning.",
    "A spokeswoman for the line said that all tickets had been sold.",
)


class NotRunError(Exception):
    """The row cannot run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What all rows share.

    Attributes:
        model: the library's model.
        warm: transformers folder with a stock NLI model that the rivals run; None runs no rival.
        threads: threads of torch and of ONNX Runtime.
    """

    model: str = "default"
    warm: str | None = None
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison.

    Attributes:
        name: its label.
        make: loads it.
        about: what it is, for the tables.
        step: the engine step that is switched off in it, "" for none.
        rival: whether it is not this library.
    """

    name: str
    make: Callable[[Settings], Reader]
    about: str
    step: str = ""
    rival: bool = False


# --- this library -------------------------------------------------------------------------------


def ours(
    settings: Settings,
    *,
    preset: str = "default",
    exhaustive: bool = False,
    change: Callable[[Any], None] | None = None,
    **options: Any,
) -> Reader:
    """The library, with one or another step switched off.

    Args:
        settings: what all rows share.
        preset: how strict.
        exhaustive: count flags at all presets, of which `preset` must be the broadest.
        change: done to the detector after loading.
        options: for `Detector`.
    """
    from inconsistency import Detector

    detector = Detector(settings.model, evidence=False, threads=settings.threads, false_flags=preset, **options)
    if change:
        change(detector)

    def read(sentences: Sentences, headline: bool) -> Any:
        return detector.check_sentences(sentences, headline=headline)

    def tell(report: Any) -> Outcome:
        counts = report.counts
        presets = PRESETS if exhaustive else {preset: PRESETS[preset]}
        cuts = {name: detector.threshold_for(counts.pairs, rate) for name, rate in presets.items()}
        found = [(c.first.index, c.second.index, c.probability) for c in report.contradictions]
        return {
            "scored": counts.scored,
            "screened_out": counts.screened_out,
            "left_out": sum(counts.left_out.values()),
            "flags": {name: [[i, j] for i, j, p in found if p >= cut] for name, cut in cuts.items()},
        }

    return read, tell


def both_directions(detector: Any) -> None:
    """Read every pair that passed the first opinion in both directions."""
    if detector.calibration is None:
        raise NotRunError("the model has no calibration, so no direction is saved")
    floors = dataclasses.replace(detector.calibration.floors, forward=0.0)
    detector.calibration = dataclasses.replace(detector.calibration, floors=floors)


def without_glance(detector: Any) -> None:
    """Let every pair go through the layers below the early head."""
    if getattr(detector.scorer, "_glance", None) is None:
        raise NotRunError("the model has no glance")
    detector.scorer._glance_rule = detector.scorer._glance_rule._replace(floor=0.0)


def without_early_head(detector: Any) -> None:
    """Let only the glance and the exit head dismiss pairs."""
    if getattr(detector.scorer, "_early", None) is None:
        raise NotRunError("the model has no early head")
    detector.scorer._early_rule = detector.scorer._early_rule._replace(floor=0.0)


def exit_head_alone(detector: Any) -> None:
    """Let only the exit head and the first direction rule pairs out: they are a part of the decision."""
    without_glance(detector)
    without_early_head(detector)


def finish_all(detector: Any) -> None:
    """Finish the layer below a head in all pairs, as if the head were asked afterwards."""
    from inconsistency.nli import _shared

    scorer = detector.scorer
    if getattr(scorer, "_middle", None) is None:
        raise NotRunError("the model has no heads on the way")

    def kept(session: Any, joined: Any, floor: float, seen: Any = None) -> Iterator[Any]:
        def ask(batch: Any) -> Any:
            return session.run(["logits", "output"], scorer._feed(batch, 0.0))

        for batch, (logits, hidden) in scorer._threads.each(ask, _shared._refilled(joined)):
            least = floor if seen is None else _shared.needed(floor, seen[batch.members])
            stays = ~(_shared.softmax(logits)[:, scorer._order[2]] < least)
            if stays.any():
                members = [k for k, yes in zip(batch.members, stays, strict=True) if yes]
                yield _shared._Batch(members, hidden[stays], batch.mask[stays])

    scorer._kept = kept


def forgetful(_: Any) -> None:
    """Remember no sentence's states from one call of the model to the next."""
    from inconsistency.nli import _shared

    if not hasattr(_shared, "REMEMBERED_TOKENS"):
        raise NotRunError("the engine has no switch for it")
    _shared.REMEMBERED_TOKENS = 0


# --- what a user would take instead -------------------------------------------------------------


def stock(settings: Settings, module: str) -> str:
    """The stock model's folder, threads set.

    Raises:
        NotRunError: the package or the folder is missing.
    """
    if importlib.util.find_spec(module) is None:
        raise NotRunError(f"{module} is not installed")
    if not settings.warm or not Path(settings.warm, "config.json").is_file():
        raise NotRunError(f"no stock model folder ({settings.warm or '--warm is not given'})")
    import torch

    torch.set_num_threads(settings.threads)
    return settings.warm


def ordered(sentences: Sentences) -> list[tuple[str, str]]:
    """Every sentence against every other one, in both directions."""
    return [(a, b) for i, a in enumerate(sentences) for j, b in enumerate(sentences) if i != j]


def counted(answers: Any) -> Outcome:
    """How many pairs of sentences were read, half as many as ordered ones."""
    return {"scored": len(answers) // 2}


def cross_encoder(settings: Settings) -> Reader:
    """sentence-transformers in fp32, its default batches."""
    folder = stock(settings, "sentence_transformers")
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, device="cpu")
    return lambda s, _: model.predict(ordered(s), show_progress_bar=False), counted


def cross_encoder_onnx(settings: Settings) -> Reader:
    """The same with its ONNX backend, fp32 as its exporter makes it."""
    folder = stock(settings, "sentence_transformers")
    if importlib.util.find_spec("optimum") is None or importlib.util.find_spec("optimum.onnxruntime") is None:
        raise NotRunError(
            "optimum-onnx is not installed; it needs an older transformers, hence an environment of its own "
            "(--onnx-python)"
        )
    exported = Path(f"{folder.rstrip('/')}-onnx")
    weights = Path(folder, "model.safetensors")
    graph = exported / "onnx" / "model.onnx"
    if not graph.exists() or (weights.exists() and weights.stat().st_mtime > graph.stat().st_mtime):
        # In a process of its own: the exporter's memory is not the row's.
        command = [sys.executable, "-m", "benchmarks.speed_rows", "--export", folder, str(exported)]
        subprocess.run(command, check=True)
    return open_onnx(exported, settings.threads)


def open_onnx(folder: Path, threads: int) -> Reader:
    """Open an exported folder on the CPU."""
    import onnxruntime
    from sentence_transformers import CrossEncoder

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    chosen = {"provider": "CPUExecutionProvider", "session_options": options}
    model = CrossEncoder(str(folder), device="cpu", backend="onnx", model_kwargs=chosen)
    return lambda s, _: model.predict(ordered(s), show_progress_bar=False), counted


def export(folder: str, target: str) -> None:
    """Export a stock model with sentence-transformers' own exporter."""
    from sentence_transformers import CrossEncoder

    chosen = {"provider": "CPUExecutionProvider", "export": True}
    CrossEncoder(folder, device="cpu", backend="onnx", model_kwargs=chosen).save_pretrained(target)


def pipeline(settings: Settings) -> Reader:
    """The text-classification pipeline of transformers, called as its documentation does."""
    folder = stock(settings, "transformers")
    from transformers import pipeline as load

    model = load("text-classification", model=folder, device="cpu")

    def read(sentences: Sentences, _: bool) -> Any:
        return model([{"text": a, "text_pair": b} for a, b in ordered(sentences)], truncation=True)

    return read, counted


def with_(**options: Any) -> Callable[[Settings], Reader]:
    """A row's `make`: the library with these options."""
    return lambda settings: ours(settings, **options)


MAIN, BROAD, FULL = "inconsistency", "inconsistency, broad", "- without gate and cascade"
CROSS_ENCODER, CROSS_ENCODER_ONNX = "CrossEncoder", "CrossEncoder, ONNX backend"
PIPELINE, UNLIMITED = "transformers pipeline", "inconsistency, no limit of pairs in all"
ROWS = (
    Row(MAIN, ours, "the default detector, `check_sentences`, evidence off"),
    Row(BROAD, with_(preset="broad"), "the same, `false_flags=\"broad\"`"),
    Row("- both directions always", with_(change=both_directions), "the floor of the first direction set to 0",
        "second direction only where the first leaves it open"),
    Row("- without the glance", with_(change=without_glance),
        "no pair is dismissed before layers read it; the glance still counts in the early head's opinion",
        "glance: attention over remembered states dismisses the hopeless pairs"),
    Row("- without the early head", with_(change=without_early_head), "only glance and exit head dismiss pairs",
        "early head: two layers dismiss the hopeless pairs"),
    Row("- layers finished before their head", with_(change=finish_all),
        "the layer below a head is finished in all pairs, for the head's token twice",
        "a head's layer finished only in the pairs that it lets pass"),
    Row("- without the cascade", with_(screen=False), "`screen=False`: no early opinion dismisses a pair",
        "cascade: early opinions dismiss pairs"),
    Row(FULL, with_(preset="broad", screen=False, max_pairs=None, exhaustive=True),
        "`screen=False`, `max_pairs=None`: every pair in both directions",
        "gate and cascade together"),
    Row("- sentence states not remembered", with_(change=forgetful),
        "states of the lower layers are made anew in every call of the model",
        "states of a sentence remembered between calls"),
    Row(CROSS_ENCODER, cross_encoder, "sentence-transformers `CrossEncoder.predict`, fp32, default batches",
        rival=True),
    Row(CROSS_ENCODER_ONNX, cross_encoder_onnx, "the same, `backend=\"onnx\"`", rival=True),
    Row(PIPELINE, pipeline, "transformers text-classification pipeline, default batches", rival=True),
)  # fmt: skip
TRUTH = "every pair up to the exit head"
# Only read by the very long articles of `--long`, and for recall.
EXTRA = (
    Row(UNLIMITED, with_(max_pairs=None), "`max_pairs=None`: only the 40 pairs a sentence hold"),
    # What it flags is what the row without cascade flags, in a third of the time: a veto of the exit head
    # holds there as well, though only after every layer has read the pair.
    Row(TRUTH, with_(preset="broad", max_pairs=None, exhaustive=True, change=exit_head_alone),
        "no limit of pairs, no glance and no early head"),
)  # fmt: skip
BY_NAME = {row.name: row for row in (*ROWS, *EXTRA)}


# --- both ends of the pipe ----------------------------------------------------------------------


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
            [python, "-m", "benchmarks.speed_rows", row.name, given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1"},
        )
        self.ready = self._hear()
        self._rate = (1, self.ready.get("warm_up_pair_s", 0.0))

    def estimate(self, pairs: int) -> float:
        """Seconds that an article of so many pairs may take, from the longest one read."""
        return pairs * self._rate[1]

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
    if sys.argv[1] == "--export":
        export(sys.argv[2], sys.argv[3])
    else:
        serve(sys.argv[1], Settings(**json.loads(sys.argv[2])))
