"""`check --verify`: the whole path from the command line to a server over HTTP and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inconsistency.cli import main
from openai_server import Served, answer, fails, says, serve

pytest.importorskip("openai", reason="the extra llm is not installed")

TEXT = "The mill was closed on Monday.\n\nThe mill was open on Monday. 14 people was found.\n"


@pytest.fixture
def server() -> Iterator[Served]:
    """A server that calls everything a contradiction."""
    with serve() as served:
        yield served


@pytest.fixture
def check(tiny_model: Callable[[str], Path], tmp_path: Path) -> Callable[..., int]:
    """Runs `check` on the article with the tiny model."""
    article = tmp_path / "article.txt"
    article.write_text(TEXT, encoding="utf-8")
    model = ["--model", str(tiny_model("contradiction first")), "--backend", "onnx"]
    return lambda *words: main(["check", str(article), *model, *words])


def test_the_model_decides(
    check: Callable[..., int], server: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the model says is flagged, its words stand in every output, and the exit status tells."""
    ask = ("--verify", "tiny", "--base-url", server.url)

    assert check(*ask, "--html", str(tmp_path / "report.html")) == 1
    assert "Both cannot be." in " ".join(capsys.readouterr().out.split())
    assert "Language model tiny, in its own words" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert check(*ask, "--json") == 1
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {c["verdict"]["verdict"] for c in report["contradictions"]} == {"contradiction"}
    assert report["verifier"]["server"] == server.url

    server.play = lambda call: says(answer(call, verdict="compatible"))
    assert check(*ask, "--threshold", "0") == 0


@pytest.mark.parametrize(("words", "may"), [((), True), (("--discover",), True), (("--no-discover",), False)])
def test_the_model_may_name_pairs(
    check: Callable[..., int], server: Served, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], may: bool
) -> None:
    """Without `--no-discover` the model is told that it may name pairs of its own; the report says so."""
    assert check("--verify", "tiny", "--base-url", server.url, *words, "--json") == 1
    assert json.loads(capsys.readouterr().out)["verifier"]["discover"] is may
    assert ('"others"' in server.calls[0].body["messages"][0]["content"]) is may


def test_a_server_that_fails_hides_nothing(
    check: Callable[..., int], server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed call leaves the report as it would be without, and says so."""
    server.play = lambda call: fails(400, "too long")

    assert check("--verify", "tiny", "--base-url", server.url, "--threshold", "0") == 1
    assert "gave no verdict: the server refused the request" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base-url", "http://localhost:1/v1"), "--base-url is 'http://localhost:1/v1' without a model"),
        (("--no-discover",), "--discover is False without a model"),
        (("--verify", "tiny"), "set OPENAI_API_KEY"),
        (("--verify", "tiny", "--base-url", "localhost"), "base_url is 'localhost'"),
    ],
)
def test_what_is_missing_is_said_at_once(
    check: Callable[..., int],
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No model, no key and no address end the command with one line that says what to type."""
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    assert check(*words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert shown.err.count("\n") == 1


def test_a_reader_that_is_not_there_is_no_fault_of_the_files(
    tiny_model: Callable[[str], Path], server: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With several files, a server that refuses the key ends the command at once: no file is called unreadable."""
    names = [str(tmp_path / "one.txt"), str(tmp_path / "other.txt")]
    for name in names:
        Path(name).write_text(TEXT, encoding="utf-8")
    model = ["--model", str(tiny_model("contradiction first")), "--backend", "onnx"]
    server.play = lambda call: fails(401, "no")

    assert main(["check", *names, *model, "--verify", "tiny", "--base-url", server.url]) == 2
    shown = capsys.readouterr()
    assert "could not be read" not in shown.out
    assert shown.err.count("refuses the key") == 1
    assert len(server.calls) == 1
