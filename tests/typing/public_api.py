"""What type checkers know of the public names; checked by mypy, never run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, assert_type

import inconsistency
from inconsistency import (
    Article,
    BackendName,
    Clash,
    Contradiction,
    Counts,
    Detector,
    Evidence,
    InputError,
    Kind,
    LLMVerifier,
    NliScores,
    PresetName,
    Report,
    Scorer,
    Sentence,
    TextKind,
    Verdict,
    Verifier,
)
from inconsistency.testing import FakeScorer


def checking(text: str, preset: PresetName, backend: BackendName, kind: TextKind) -> None:
    """One article, by the function and by a detector."""
    assert_type(inconsistency.check(text), Report)
    assert_type(inconsistency.check(text, headline=None, false_flags="broad", backend="onnx"), Report)
    assert_type(preset, Literal["strict", "default", "broad"])
    assert_type(inconsistency.check(text, top=5, backend=backend, text_kind=kind, evidence=False), Report)
    inconsistency.check(text, top="5")  # type: ignore[arg-type]
    inconsistency.check(text, false_flags="lax")  # type: ignore[arg-type]
    inconsistency.check(text, backend="jax")  # type: ignore[arg-type]
    inconsistency.check(text, treshold=0.5)  # type: ignore[call-arg]
    detector = Detector(Path("model"), false_flags=preset, threads=2)
    assert_type(detector.check(text, threshold=0.5), Report)
    assert_type(detector.check(text, false_flags=0.2, evidence=False, top=0), Report)
    detector.check(text, top3=0)  # type: ignore[call-arg]
    assert_type(detector.check_many([text, Article(text, "headline")]), Iterator[Report])
    assert_type(detector.check_sentences([text], headline=True, false_flags=preset), Report)
    assert_type(detector.threshold_for(100, preset), float)
    assert_type(detector.settings(), dict[str, Any])
    assert_type(detector.verifier, Verifier | None)


def reading(report: Report) -> None:
    """What a report answers."""
    assert_type(report.flagged, bool)
    assert_type(report.sentences, tuple[Sentence, ...])
    assert_type(report.contradictions, tuple[Contradiction, ...])
    assert_type(report.expected_false_flags, float | None)
    assert_type(report.to_dict(), dict[str, Any])
    assert_type(report.to_json(indent=1), str)
    assert_type(Report.from_dict({}), Report)
    assert_type(report.ranked, tuple[Contradiction, ...])
    assert_type(report.missed, float | None)
    assert_type(report.counts, Counts)
    assert_type(len(report), int)
    assert_type(iter(report), Iterator[Contradiction])
    assert_type(report.to_html(title="Title"), str)
    assert_type(report.to_markdown(), str)
    assert_type(report.to_text(width=100, article=True), str)
    found = report.contradictions[0]
    assert_type(found.kind, Kind | None)
    assert_type(found.evidence, Evidence | None)
    assert_type(found.forward, NliScores)
    assert_type(found.verdict, Verdict | None)
    if found.evidence:
        assert_type(found.evidence.clashes, tuple[Clash, ...])
        assert_type(found.evidence.kind, Kind)
    assert_type(found.first.role, Literal["text", "headline", "furniture"])


def of_ones_own() -> None:
    """What may stand for a model and for a second reader."""
    scorer: Scorer = FakeScorer()
    reader: Verifier = LLMVerifier("model")
    assert_type(Detector(scorer, verifier=reader), Detector)
    Detector(3)  # type: ignore[arg-type]
    assert_type(InputError("no text").args, tuple[Any, ...])
