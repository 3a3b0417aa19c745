"""`calibrate --verify`: what a second reader flags in clean articles is counted, and then promised."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inconsistency import Detector
from inconsistency.cli import main
from inconsistency.errors import CalibrationError
from inconsistency.testing import FakeScorer, FakeVerifier
from inconsistency.verify import CONFIDENT, Measured, Verdict
from inconsistency.verify.deciding import load_measured, save_measured
from openai_server import Served, answer, fails, says, serve

pytest.importorskip("openai", reason="the extra llm is not installed")

CLASH = "The mill was closed on Monday. The mill was open on Monday."


def measured(*wrong: float, clean: int = 99, **more: Any) -> Measured:
    """A reader that was wrong so often in 99 clean articles."""
    return Measured({"name": "fake"}, {}, clean, wrong, **more)


def test_the_confidence_follows_from_the_promise() -> None:
    """The lowest confidence that keeps a promise is taken; a threshold in its place promises nothing."""
    seen = measured(*[0.6] * 6, 0.8, 0.8, 0.95)

    assert seen.expected(CONFIDENT) == pytest.approx(0.10)
    assert seen.confident(0.1) == CONFIDENT
    assert seen.confident(0.05) == pytest.approx(0.61)
    assert seen.confident(0.02) == pytest.approx(0.81)
    assert seen.confident(None) == CONFIDENT
    assert seen.confident(0.001) == pytest.approx(0.96)


def test_nothing_seen_is_not_nothing() -> None:
    """Few clean articles without a flag do not promise that there is none."""
    assert measured(clean=20).expected(CONFIDENT) == pytest.approx(1 / 21)


def test_what_is_found_is_told() -> None:
    """The share of contradictions that a confidence misses is known where there were any."""
    assert measured().missed(0.5) is None
    assert measured(contradicting=4, right=(0.6, 0.9)).missed(0.7) == pytest.approx(0.75)


class MeasuredReader(FakeVerifier):
    """A fake of which something was measured."""

    measured: Measured | None = None


def test_the_promise_decides_and_is_stated() -> None:
    """Flags need the confidence of the promise; the report says how many false ones to expect, and what is missed."""
    verdicts = [("closed", "open"), ("burned", "stood")]
    sure, unsure = Verdict("contradiction", 0.9, ""), Verdict("contradiction", 0.6, "")
    reader = MeasuredReader(dict(zip(verdicts, (sure, unsure), strict=True)))
    plain = Detector(FakeScorer(), verifier=reader)
    reader.measured = Measured(
        {"name": "fake"}, json.loads(json.dumps(plain.suspects())), 99, (0.7,) * 9, 10, (0.9, 0.6)
    )
    detector = Detector(FakeScorer(), verifier=reader)
    text = f"{CLASH} The house burned down. The house stood for years."

    strict = detector.check(text, false_flags="strict")
    assert [c.verdict for c in strict.contradictions] == [sure]
    assert [c.verdict for c in strict.cleared if c.verdict and c.verdict.verdict == "contradiction"] == [unsure]
    assert strict.expected_false_flags == pytest.approx(0.01)
    assert strict.missed == pytest.approx(0.9)
    assert len(detector.check(text, false_flags="broad").contradictions) == 2
    assert len(detector.check(text, threshold=0.9).contradictions) == 2


def test_other_suspects_are_another_measurement() -> None:
    """What was measured with another number of candidates promises nothing, and is refused."""
    reader = MeasuredReader()
    suspects = Detector(FakeScorer(), verifier=reader, candidates=5).suspects()
    reader.measured = Measured({"name": "fake"}, suspects, 99, ())

    with pytest.raises(CalibrationError, match="detector's candidates 5, now it is 20"):
        Detector(FakeScorer(), verifier=reader)


def test_the_file_comes_back(tmp_path: Path) -> None:
    """What is written is read as it was; anything else is refused."""
    save_measured(measured(0.6, 0.9, contradicting=2, right=(0.8,)), tmp_path / "m.json")

    assert load_measured(tmp_path / "m.json") == measured(0.6, 0.9, contradicting=2, right=(0.8,))
    (tmp_path / "x.json").write_text('{"wrong": [2], "right": []}')
    with pytest.raises(CalibrationError, match="does not come from"):
        load_measured(tmp_path / "x.json")
    save_measured(measured(clean=3), tmp_path / "few.json")
    with pytest.raises(CalibrationError, match="needed are 20 clean articles, confidences"):
        load_measured(tmp_path / "few.json")
    with pytest.raises(CalibrationError, match="cannot read"):
        load_measured(tmp_path / "y.json")


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Served]:
    """A server that calls everything compatible but what is closed and open."""
    with serve() as served:
        served.play = lambda call: says(answer(call, verdict="contradiction" if "closed" in call.question else "compatible"))
        yield served


@pytest.fixture
def calibrate(tiny_model: Callable[[str], Path], tmp_path: Path, server: Served) -> Callable[..., int]:
    """Runs `calibrate --verify` on 24 clean articles, of which one is called a contradiction, and two others."""
    texts = [f"The mill number {k} was open on Monday. It was sunny." for k in range(23)]
    (tmp_path / "clean.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in [*texts, CLASH]))
    known = [{"sentences": ["Mill shut", *CLASH.replace(". ", ".|").split("|")], "gold": [[1, 2]]}] * 2
    (tmp_path / "known.jsonl").write_text("".join(json.dumps(row) + "\n" for row in known))
    model = ["--model", str(tiny_model("contradiction first")), "--backend", "onnx"]
    files = ["--clean", str(tmp_path / "clean.jsonl"), "--labelled", str(tmp_path / "known.jsonl")]
    ask = ["--verify", "tiny", "--base-url", server.url]
    return lambda *words: main(["calibrate", *model, *files, *ask, "-o", str(tmp_path / "reader.json"), *words])


def test_calibrate_and_check(
    calibrate: Callable[..., int],
    tiny_model: Callable[[str], Path],
    tmp_path: Path,
    server: Served,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command counts, and with its file `check` states what it promises; another model is refused."""
    assert calibrate() == 0
    said = capsys.readouterr().out
    assert "24 clean and 2 contradicting articles" in said
    assert "broad: flagged from 50 % sure, 0.080 false flags expected, 100 % of contradicting articles found" in said

    (tmp_path / "article.txt").write_text(CLASH)
    ask = ["--base-url", server.url, "--measured", str(tmp_path / "reader.json"), "--json", "--preset", "broad"]
    check = ["check", str(tmp_path / "article.txt"), "--backend", "onnx"]
    check += ["--model", str(tiny_model("contradiction first"))]
    assert main([*check, "--verify", "tiny", *ask]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["expected_false_flags"] == pytest.approx(0.08)
    assert report["verifier"]["measured"] == {"clean": 24, "wrong": [0.9]}
    assert main([*check, "--verify", "other", *ask]) == 2
    assert "was measured with the second reader's model 'tiny', now it is 'other'" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["none/reader.json", "."])
def test_an_output_that_cannot_be_written_is_told_before_anything_is_asked(
    calibrate: Callable[..., int], tmp_path: Path, server: Served, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    """What the reader has judged, perhaps for money, is not lost at the end."""
    assert calibrate("-o", str(tmp_path / output)) == 2
    assert "cannot write" in capsys.readouterr().err
    assert not server.calls


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told(calibrate: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is it an internal error if the disk is full then."""
    assert calibrate("-o", "/dev/full") == 2
    assert "cannot write /dev/full: No space left" in capsys.readouterr().err


def test_a_blank_article_is_told_before_anything_is_asked(
    calibrate: Callable[..., int], tmp_path: Path, server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """An article without words is named by its line, not found when the others have been judged."""
    with (tmp_path / "clean.jsonl").open("a") as clean:
        clean.write(json.dumps({"text": " "}) + "\n")

    assert calibrate() == 2
    assert "clean.jsonl:25: the article is empty" in capsys.readouterr().err
    assert not server.calls


def test_labelled_articles_without_contradictions_are_told(
    calibrate: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reader's flags are counted in clean articles of the other file alone, so what is left out here is told."""
    with (tmp_path / "known.jsonl").open("a") as known:
        known.write(json.dumps({"sentences": ["Mill shut", "The mill closed."], "gold": []}) + "\n")

    assert calibrate() == 0
    said = capsys.readouterr().out
    assert "24 clean and 2 contradicting articles" in said and "1 labelled articles left out" in said


def test_calibrate_offers_no_promise_that_is_still_to_be_measured(
    calibrate: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--measured` is what the command makes, so it neither offers nor takes it."""
    with pytest.raises(SystemExit):
        main(["calibrate", "--help"])
    assert "--verify" in (told := capsys.readouterr().out) and "--measured" not in told

    with pytest.raises(SystemExit, match="2"):
        calibrate("--measured", "reader.json")
    assert "--measured" in capsys.readouterr().err


def test_articles_without_answers_are_left_out(
    calibrate: Callable[..., int], server: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A call that fails says nothing of the reader: its article is not counted, and told."""
    play = server.play
    server.play = lambda call: fails(400, "too long") if "number 7 " in call.question else play(call)

    assert calibrate() == 0
    assert "1 articles left out" in capsys.readouterr().out
    assert load_measured(tmp_path / "reader.json").clean == 23

    with (tmp_path / "clean.jsonl").open("a") as clean:  # where nothing is suspected, no pair says so
        clean.write(json.dumps({"text": "The mill number 7 is of wood."}) + "\n")
    assert calibrate() == 0
    assert "2 articles left out" in capsys.readouterr().out
    assert load_measured(tmp_path / "reader.json").clean == 23

    server.play = lambda call: fails(400, "too long")
    assert calibrate() == 2
    assert "answered fully on 0 of 25 clean articles; at least 20 are needed" in capsys.readouterr().err
