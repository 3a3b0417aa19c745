"""The second reader's benchmark: questions tell nothing, answers are used for what they were given to, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra llm is not installed")
pytest.importorskip("tqdm", reason="the benchmark shows its progress")

from benchmarks import figures, verifier, verifier_samples
from benchmarks.verifier_samples import Library, keep, read_lines, render, write_lines
from corpora.cases import Case, half
from inconsistency.testing import FakeScorer
from inconsistency.verify import prompt

WRONG = ("14 people were hurt.", "The mill is open.", "41 people were hurt.", "The mayor spoke.")
CLEAN = ("14 people were hurt.", "The mill is open.", "The mayor spoke.", "He left at noon.")
CASES = [
    ("features", Case("a/1", "a", WRONG, frozenset({(0, 2)}), headline=True)),
    ("features", Case("a/clean", "a", CLEAN, headline=True)),
    ("bbc", Case("b", "b", CLEAN, headline=True)),
]
LIBRARY = Library(FakeScorer({("mill", "spoke"): 0.95, ("14", "41"): 0.3}))


def entry(pair: tuple[int, int], verdict: str) -> dict[str, Any]:
    """A verdict as a model gives it, by sentence numbers."""
    fields = {"reason": "Counted.", "same_subject": True, "compatible_reading": "none"}
    return {"first": pair[0], "second": pair[1], **fields, "verdict": verdict, "confidence": 0.9}


def answers(folder: Path, wrong: tuple[int, int] = (1, 3)) -> Path:
    """Answers of a reader that sees the prompts alone, and finds the one pair that is wrong."""
    said = []
    for line in read_lines(folder / "prompts.jsonl"):
        text = line["messages"][1]["content"]
        _, _, asked = text.rpartition("by sentence numbers:\n")
        pairs = [tuple(map(int, row.split(" and "))) for row in asked.split("\n") if " and " in row]
        found = "41 people" in text
        body: dict[str, Any] = {
            "pairs": [entry(p, "contradiction" if found and p == wrong else "compatible") for p in pairs]
        }
        if '"others"' in line["messages"][0]["content"]:
            body["others"] = [entry(wrong, "contradiction")] if found and wrong not in pairs else []
        said.append({"fingerprint": line["fingerprint"], "answer": body})
    write_lines(folder / "answers.jsonl", said)
    return folder / "answers.jsonl"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of all questions."""
    render(LIBRARY, CASES, list(verifier.WAYS), tmp_path)
    keep(tmp_path, answers(tmp_path), tmp_path / "recorded.jsonl", "a reader", "2026-11-29")
    return tmp_path / "recorded.jsonl"


def test_questions_tell_nothing(recording: Path) -> None:
    """A question is asked once, holds the true prompt, and neither set nor label; equal articles share it."""
    lines = read_lines(recording.parent / "prompts.jsonl")

    assert all(line.keys() == {"fingerprint", "messages"} for line in lines)
    assert all(line["fingerprint"] == prompt.fingerprint(line["messages"]) for line in lines)
    assert len(lines) == 2 * len(verifier.WAYS)
    assert not any(word in json.dumps(lines) for word in ("features", "bbc", "gold"))


def test_a_recording_holds_no_article(recording: Path) -> None:
    """Published articles may not be handed on, so candidates are kept as numbers."""
    assert not any(sentence in recording.read_text(encoding="utf-8") for sentence in WRONG)


def test_answers_are_measured(recording: Path) -> None:
    """Each row says what was found and wrongly flagged, with calls and tokens."""
    results, wrong = verifier.replay(recording, CASES)
    rows = results["sets"]["features"]

    assert rows["NLI alone"]["hit_rate"]["value"] == 0
    assert rows["NLI alone"]["false_flags"]["value"] == 1
    for title in verifier.ROWS.values():
        assert rows[title]["hit_rate"]["value"] == 1
        assert rows[title]["false_flags"]["value"] == 0
        assert rows[title]["calls"] == 1
        assert rows[title]["tokens"] > 500
    assert results["sets"]["clean news"]["NLI alone"]["false_flags"]["value"] == 1
    assert results["recording"]["reader"] == "a reader"
    assert results["candidates"] == {"to 12": {"articles": 1, **{str(top): 1.0 for top in verifier.TOPS}}}
    assert wrong == []
    assert "| features | NLI + second reader | 100" in figures.render("verifier.md.jinja", results)


def test_flags_in_clean_articles_wait_for_a_judge(tmp_path: Path) -> None:
    """What a reader flags in clean articles is handed to another one, with the words and the reason."""
    render(LIBRARY, CASES[1:], ["candidates"], tmp_path)
    (line,) = read_lines(tmp_path / "prompts.jsonl")
    said = {"pairs": [entry((2, 3), "contradiction")]}
    write_lines(tmp_path / "a.jsonl", [{"fingerprint": line["fingerprint"], "answer": said}])
    keep(tmp_path, tmp_path / "a.jsonl", tmp_path / "recorded.jsonl", "a reader", "2026-11-29")
    results, wrong = verifier.replay(tmp_path / "recorded.jsonl", CASES)

    assert [(w["set"], w["pair"], w["texts"], w["reason"]) for w in wrong] == [
        (name, (1, 2), ["The mill is open.", "The mayor spoke."], "Counted.") for name in ("features", "bbc")
    ]
    assert results["sets"]["clean news"]["NLI + second reader"]["false_flags"]["value"] == 1


def test_a_changed_prompt_makes_a_recording_stale(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers to other words than today's are not used, and the table says so."""
    monkeypatch.setitem(prompt.READINGS, "other", "something else")
    results, _ = verifier.replay(recording, CASES)
    told = results["sets"]["features"]["NLI + second reader"]

    assert told["stale"] == 2
    assert "hit_rate" not in told
    assert "stale: 2 of 2 articles have no recorded answer" in figures.render("verifier.md.jinja", results)
    assert "hit_rate" in results["sets"]["features"]["NLI alone"]


def test_an_article_that_is_gone_is_told(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recorded article that is not among the samples any more is left out loudly."""
    verifier.replay(recording, CASES[:2])

    assert "SKIPPED 1 recorded articles" in capsys.readouterr().err


def test_answers_to_other_questions_are_refused(recording: Path) -> None:
    """An answer that belongs to no rendered question is not kept."""
    folder = recording.parent
    write_lines(folder / "other.jsonl", [{"fingerprint": "0", "answer": "{}"}])

    with pytest.raises(SystemExit, match="1 answers to questions nobody asked, such as 0"):
        keep(folder, folder / "other.jsonl", folder / "x.jsonl", "a reader", "2026-11-29")


def test_samples_come_from_the_measured_half() -> None:
    """Of the sets at hand only articles of the half that nothing is fitted on are asked about."""
    found = [case for name, case in verifier_samples.cases(Path("no such folder"), 0.1) if name == "features"]

    assert len(found) == 7
    assert all(half(case.group) == "measure" for case in found)
