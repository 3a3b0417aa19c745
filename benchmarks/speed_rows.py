"""The rows of the speed comparison: this library, with and without steps of its engine, and its rivals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import rivals
from benchmarks.rivals import NotRunError
from inconsistency.options import PresetName

Sentences = Sequence[str]
Outcome = dict[str, Any]
# What reads an article (timed), and what tells of the result (not timed).
Reader = tuple[Callable[[Sentences, bool], Any], Callable[[Any], Outcome]]
PRESETS = {"default": 0.1, "broad": 0.5}
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


def ours(
    settings: Settings,
    *,
    preset: PresetName = "default",
    exhaustive: bool = False,
    **options: Any,
) -> Reader:
    """The library, with one or another step switched off.

    Args:
        settings: what all rows share.
        preset: how strict.
        exhaustive: read every pair in both directions, and count the flags at all presets.
        options: for `Detector`.
    """
    from inconsistency import Detector

    detector = Detector(settings.model, evidence=False, threads=settings.threads, false_flags=preset, **options)
    threshold = 0.0 if exhaustive else None

    def read(sentences: Sentences, headline: bool) -> Any:
        return detector.check_sentences(sentences, headline=headline, threshold=threshold)

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


def ordered(sentences: Sentences) -> list[tuple[str, str]]:
    """Every sentence against every other one, in both directions."""
    return [(a, b) for i, a in enumerate(sentences) for j, b in enumerate(sentences) if i != j]


def rival(module: str, load: Callable[[str, int], Callable[..., Any]]) -> Callable[[Settings], Reader]:
    """A row's `make`: a rival, asked about every ordered pair.

    Args:
        module: what has to be installed.
        load: the stock model's folder and the threads -> a function of pairs.
    """

    def make(settings: Settings) -> Reader:
        if why := rivals.without(module) or rivals.folder_reason(settings.warm):
            raise NotRunError(why)
        rivals.set_threads(settings.threads)
        ask = load(settings.warm or "", settings.threads)
        # Half as many pairs of sentences as ordered ones.
        return lambda s, _: ask(ordered(s)), lambda answers: {"scored": len(answers) // 2}

    return make


def with_(**options: Any) -> Callable[[Settings], Reader]:
    """A row's `make`: the library with these options."""
    return lambda settings: ours(settings, **options)


MAIN, BROAD, FULL = "inconsistency", "inconsistency, broad", "- every pair read"
CROSS_ENCODER, CROSS_ENCODER_ONNX = "CrossEncoder", "CrossEncoder, ONNX backend"
PIPELINE = "transformers pipeline"
ROWS = (
    Row(MAIN, ours, "the default detector, `check_sentences`, evidence off"),
    Row(BROAD, with_(preset="broad"), "the same, `false_flags=\"broad\"`"),
    Row(FULL, with_(screen=False, max_pairs=None, exhaustive=True),
        "`screen=False`, `max_pairs=None`: the joint reader reads every pair in both directions",
        "quick opinions choose the pairs that are read"),
    Row(CROSS_ENCODER, rival("sentence_transformers", lambda folder, _: rivals.cross_encoder(folder)),
        "sentence-transformers `CrossEncoder.predict`, fp32, default batches", rival=True),
    Row(CROSS_ENCODER_ONNX, rival("sentence_transformers", rivals.cross_encoder_onnx),
        "the same, `backend=\"onnx\"`", rival=True),
    Row(PIPELINE, rival("transformers", lambda folder, _: rivals.pipeline(folder)),
        "transformers text-classification pipeline, default batches", rival=True),
)  # fmt: skip
BY_NAME = {row.name: row for row in ROWS}
