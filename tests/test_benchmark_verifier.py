"""The second reader's benchmark: questions tell nothing, answers are used for what they were given to, or not at all."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra llm is not installed")
pytest.importorskip("tqdm", reason="the benchmark shows its progress")

from benchmarks import figures, verifier, verifier_cost, verifier_recording, verifier_samples
from benchmarks.verifier_recording import answer_import, deal, read_lines, render, write_lines
from benchmarks.verifier_samples import SIZES, Library
from corpora.cases import Case, half
from corpora.remember import Remembering
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
DATA = Path("no such folder")


@pytest.fixture(autouse=True)
def samples(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The sample articles, to be changed at will."""
    found = list(CASES)
    monkeypatch.setattr(verifier_recording, "cases", lambda data, sizes, real: iter(found))
    return found


def rendered(folder: Path, *ways: str, per: int = 25) -> Path:
    """A folder of questions."""
    render(LIBRARY, DATA, SIZES, 8, ways or list(verifier.WAYS), folder, per)
    return folder


def questions(path: Path) -> list[tuple[str, str]]:
    """Code and words of the questions of a file."""
    parts = path.read_text(encoding="utf-8").split("\nQUESTION ")[1:]
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in parts]


def entry(pair: tuple[int, int], verdict: str) -> dict[str, Any]:
    """A verdict as a model gives it, by sentence numbers."""
    fields = {"reason": "Counted.", "same_subject": True, "compatible_reading": "none"}
    return {"first": pair[0], "second": pair[1], **fields, "verdict": verdict, "confidence": 0.9}


def answers(folder: Path, wrong: tuple[int, int] = (1, 3)) -> None:
    """Answers of a reader that sees the questions alone, and finds the one pair that is wrong."""
    for path in (folder / "questions").iterdir():
        said = []
        for code, text in questions(path):
            _, _, asked = text.rpartition("by sentence numbers:\n")
            pairs = [tuple(map(int, row.split(" and "))) for row in asked.split("\n") if " and " in row]
            found = "41 people" in text
            body: dict[str, Any] = {
                "pairs": [entry(p, "contradiction" if found and p == wrong else "compatible") for p in pairs]
            }
            if '"others"' in path.read_text(encoding="utf-8"):
                body["others"] = [entry(wrong, "contradiction")] if found and wrong not in pairs else []
            said.append({"question": code, **body})
        write_lines(folder / "answers" / f"{path.stem}.jsonl", said)


def imported(folder: Path) -> Path:
    """The recording of a folder's answers."""
    answer_import(folder, DATA, folder / "recorded.jsonl", "a reader", "2026-11-29")
    return folder / "recorded.jsonl"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of all questions."""
    answers(rendered(tmp_path))
    return imported(tmp_path)


def test_questions_tell_nothing(tmp_path: Path) -> None:
    """A question is asked once, in the true words, without set or label; equal articles share it."""
    files = sorted((rendered(tmp_path) / "questions").iterdir())
    text = "".join(path.read_text(encoding="utf-8") for path in files)

    assert [path.stem for path in files] == ["alone-001", "candidates-001", "discover-001"]
    assert [len(questions(path)) for path in files] == [2, 2, 2]
    assert prompt.instructions(True) in files[0].read_text(encoding="utf-8")
    assert prompt.instructions(False) in files[1].read_text(encoding="utf-8")
    assert not any(word in text for word in ("features", "bbc", "gold"))


def test_twins_are_in_different_files() -> None:
    """Two versions of one article are not read by the same reader in one go; files have at most so many questions."""
    files = deal({f"{k}{twin}": str(k) for k in range(10) for twin in "ab"}, 5)

    assert sorted(map(len, files)) == [5, 5, 5, 5]
    assert all(len({code[:-1] for code in file}) == len(file) for file in files)


def test_a_recording_holds_no_article(recording: Path) -> None:
    """Published articles may not be handed on: candidates are numbers, and reasons are left out."""
    text = recording.read_text(encoding="utf-8")

    assert not any(sentence in text for sentence in WRONG)
    assert "Counted." not in text


def test_a_recording_names_the_weights_that_chose_the_pairs(recording: Path) -> None:
    """Replayed later, with a newer model in the package, its figures are still of these weights."""
    assert verifier.replay(recording, DATA)[0]["recording"]["weights"] == FakeScorer.name


def test_answers_are_measured(recording: Path) -> None:
    """Each row says what was found and wrongly flagged, with calls and tokens."""
    results, wrong = verifier.replay(recording, DATA)
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
    assert wrong == []
    assert "| features | NLI + second reader | 2 | 100" in figures.render("verifier.md.jinja", {"about": {"date": "now", "commit": "this"}} | results)


def test_flags_in_clean_articles_wait_for_a_judge(tmp_path: Path, samples: list[Any]) -> None:
    """What a reader flags in clean articles is handed to another one, with the words."""
    del samples[0]
    ((code, _),) = questions(rendered(tmp_path, "candidates") / "questions" / "candidates-001.txt")
    said = {"question": code, "pairs": [entry((2, 3), "contradiction")]}
    write_lines(tmp_path / "answers" / "a.jsonl", [said])
    results, wrong = verifier.replay(imported(tmp_path), DATA)

    assert [(w["set"], w["pair"], w["texts"]) for w in wrong] == [
        (name, (1, 2), ["The mill is open.", "The mayor spoke."]) for name in ("features", "bbc")
    ]
    assert results["sets"]["clean news"]["NLI + second reader"]["false_flags"]["value"] == 1


def test_what_is_not_answered_yet_is_not_measured(tmp_path: Path) -> None:
    """A way of asking is measured on the articles whose questions have answers, and the row says how many."""
    rendered(tmp_path, "candidates")
    answers(tmp_path)
    path = tmp_path / "answers" / "candidates-001.jsonl"
    lines = [line for line in read_lines(path) if any(e["verdict"] == "contradiction" for e in line["pairs"])]
    write_lines(path, lines)
    results, _ = verifier.replay(imported(tmp_path), DATA)

    assert list(results["sets"]) == ["features"]
    assert results["sets"]["features"]["NLI + second reader"]["articles"] == 1
    assert "NLI + second reader that also discovers" not in results["sets"]["features"]


def test_a_changed_prompt_makes_a_recording_stale(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers to other words than today's are not used, and the table says so."""
    monkeypatch.setitem(prompt.READINGS, "other", "something else")
    results, _ = verifier.replay(recording, DATA)
    told = results["sets"]["features"]["NLI + second reader"]

    assert told["stale"] == 2
    assert "hit_rate" not in told
    assert "stale: 2 of 2 articles have no recorded answer" in figures.render("verifier.md.jinja", {"about": {"date": "now", "commit": "this"}} | results)
    assert "hit_rate" in results["sets"]["features"]["NLI alone"]


def test_an_article_that_is_gone_is_told(
    recording: Path, capsys: pytest.CaptureFixture[str], samples: list[Any]
) -> None:
    """A recorded article that is not among the samples any more is left out loudly."""
    del samples[2]
    verifier.replay(recording, DATA)

    assert "SKIPPED 1 recorded articles" in capsys.readouterr().err


def test_answers_to_other_questions_are_refused(tmp_path: Path) -> None:
    """An answer that belongs to no rendered question is not kept."""
    rendered(tmp_path)
    write_lines(tmp_path / "answers" / "other.jsonl", [{"question": "0", "pairs": []}])

    with pytest.raises(SystemExit, match="1 answers to questions nobody asked, such as 0"):
        imported(tmp_path)


def test_entries_that_the_library_refuses_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An entry without a verdict is told with its place, and its pair has no verdict then."""
    ((code, _), *_) = questions(rendered(tmp_path, "candidates") / "questions" / "candidates-001.txt")
    write_lines(tmp_path / "answers" / "a.jsonl", [{"question": code, "pairs": [entry((1, 2), "maybe")]}])
    imported(tmp_path)

    assert "a.jsonl:1: 1 of 1 entries in 'pairs' are refused" in capsys.readouterr().err


def test_samples_come_from_the_measured_half() -> None:
    """Of the sets at hand only articles of the half that nothing is fitted on are asked about, as many as asked for."""
    found = [case for name, case in verifier_samples.cases(DATA, {"features": (4, 3)}, 0) if name == "features"]

    assert [bool(case.gold) for case in found] == [True] * 4 + [False] * 3
    assert all(half(case.group) == "measure" for case in found)


def test_sizes_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Samples may be made smaller; a set that there is not is refused with what there is."""
    args = verifier.parse_args(["render", "--sizes", "features=35+20", "news_inserted=36+0", "--real", "100"])

    assert dict(args.sizes) == {"features": (35, 20), "news_inserted": (36, 0)} and args.real == 100
    with pytest.raises(SystemExit):
        verifier.parse_args(["render", "--sizes", "gum=1+1"])
    assert "accepted is SET=CONTRADICTING+CLEAN" in capsys.readouterr().err


def test_the_library_alone_is_timed(tmp_path: Path, tiny_model: Any) -> None:
    """The client answers at once, so what is timed is the library, with and without a second reader."""
    told = verifier_cost.overhead(str(tiny_model("contradiction first")), [list(WRONG)] * 2, 1)

    for row in ("alone, clock", "alone, processor", "with, clock", "with, processor"):
        assert 0 < told[row]["median"] <= told[row]["worst"]


def test_enough_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each set and length it is told how many candidates keep a right pair in how many articles."""
    monkeypatch.setattr(verifier_cost, "cases", lambda data, sizes, real: iter(CASES[:1]))
    monkeypatch.setattr(verifier_cost, "Library", lambda model: Library(FakeScorer({("14", "41"): 0.3})))

    told = verifier_cost.candidates("default", DATA, 1.0)
    assert told == {"features, to 12": {"articles": 1, **dict.fromkeys(verifier_cost.TOPS, 1.0), "enough": 10}}


def test_made_long() -> None:
    """An article is lengthened with whole sentences of others behind it, from another place on for each."""
    (_, case), more = CASES[0], [f"Sentence {k}." for k in range(9)]
    first, second = (verifier_cost.lengthened(case, more, len(case.sentences) + 3, k) for k in (0, 1))

    assert first.sentences == (*case.sentences, *more[:3])
    assert second.sentences[: len(case.sentences)] == case.sentences
    assert set(second.sentences[len(case.sentences) :]) <= set(more)
    assert second.sentences != first.sentences
    assert first.gold == case.gold


def test_nothing_is_read_twice() -> None:
    """A model that is asked for more candidates of an article reads the new pairs only."""
    asked: list[tuple[str, str]] = []
    scorer = SimpleNamespace(name="longest", score=lambda pairs: asked.extend(pairs) or [len(a) for a, _ in pairs])
    opinion = Remembering(scorer).score

    assert opinion([("a", "b"), ("bb", "c")]) == [1, 2]
    assert opinion([("bb", "c"), ("ccc", "d")]) == [2, 3]
    assert asked == [("a", "b"), ("bb", "c"), ("ccc", "d")]
