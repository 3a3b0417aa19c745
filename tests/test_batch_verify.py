"""`score --verify`: over real HTTP, what is asked, kept, counted, limited and told beforehand."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra llm is not installed")

sys.path.insert(0, str(Path(__file__).parent))
from inconsistency.verify import prompt
from openai_server import Call, Served, answer, fails, says, serve
from test_batch import lines, score, write_news


@pytest.fixture
def server() -> Iterator[Served]:
    """A server that calls everything a contradiction."""
    with serve() as served:
        yield served


def command(folder: Path, server: Served, *words: str, name: str = "out") -> list[str]:
    """A run with a second reader that does not try a failed call again for long."""
    ask = ["--verify", "tiny", "--base-url", server.url]
    return [str(folder / "news.jsonl"), "-o", str(folder / f"{name}.jsonl"), *ask, *words]


def result(folder: Path, name: str = "out") -> bytes:
    """What a run has made."""
    return (folder / f"{name}.jsonl").read_bytes()


def test_verdicts_stand_in_every_row(tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """The model decides what is flagged, one call an article; the run tells calls and tokens at its end."""
    write_news(tmp_path / "news.jsonl", 10)

    assert score(*command(tmp_path, server)) == 0
    rows = lines(tmp_path / "out.jsonl")
    assert all(c["verdict"]["verdict"] == "contradiction" for row in rows for c in row["contradictions"])
    assert all(row["flagged"] and row["counts"]["unverified"] == {} for row in rows)
    assert {row["verifier"]["model"] for row in rows} == {"tiny"}
    assert len(server.calls) == 10
    said = capfd.readouterr().err
    assert "second reader: 10 calls, 0 from the cache, 1,000 tokens read, 200 written" in said


def test_the_bar_tells_calls(
    tmp_path: Path, server: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal the progress bar tells calls, answers from the cache, failures and tokens."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("TERM", "xterm")
    write_news(tmp_path / "news.jsonl", 4)
    server.play = lambda call: fails(400, "no") if "Story 3" in call.question else says(answer(call))

    assert score(*command(tmp_path, server)) == 0
    shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", capsys.readouterr().err)
    bar = " ".join(shown.rpartition("pairs/s")[2].split())  # a narrow terminal breaks it over several lines
    assert "3 calls, 0 from the cache, 1 failed, 300 tokens read, 60 written" in bar


def test_events_tell_calls(tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """With --log-json each chunk's event and the end's have the same counts."""
    write_news(tmp_path / "news.jsonl", 4)

    assert score(*command(tmp_path, server, "--log-json", "--chunk-rows", "2")) == 0
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [e["reader"]["calls"] for e in events if e["event"] == "chunk"] == [2, 4]
    (last,) = [e for e in events if e["event"] == "reader"]
    assert (last["calls"], last["cached"], last["failed"], last["written"]) == (4, 0, 0, 80)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_warnings_are_events(
    tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str], workers: str
) -> None:
    """With --log-json all of standard error is JSON, also what other processes warn of."""
    write_news(tmp_path / "news.jsonl", 4)
    server.play = lambda call: fails(400, "too long")

    assert score(*command(tmp_path, server, "--log-json", "--workers", workers)) == 0
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    told = [e["message"] for e in events if e["event"] == "warning"]
    assert told and all("the second reader gave no answer" in message for message in told)


def test_what_is_missing_is_written_and_asked_for_again(
    tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    """A failed call leaves its row with the reason; `--overwrite` asks for that article alone."""
    write_news(tmp_path / "news.jsonl", 10)
    server.play = lambda call: fails(400, "too long") if "Story 3" in call.question else says(answer(call))
    assert score(*command(tmp_path, server)) == 0
    rows = lines(tmp_path / "out.jsonl")

    assert [row["id"] for row in rows if row["counts"]["unverified"]] == ["a3"]
    assert list(rows[3]["counts"]["unverified"]) == ["the server refused the request"]
    assert rows[3]["contradictions"][0]["unverified"] == "the server refused the request"
    assert "1 article on which the second reader has not answered in full" in capfd.readouterr().err

    server.play, server.calls = (lambda call: says(answer(call))), []
    assert score(*command(tmp_path, server), "--overwrite") == 0
    assert len(server.calls) == 1 and "Story 3" in server.calls[0].question
    assert not any(row["counts"]["unverified"] for row in lines(tmp_path / "out.jsonl"))


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_max_calls(tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str], workers: str) -> None:
    """A run stops before one call more than allowed; repeated, it ends with the same bytes and pays once for each."""
    write_news(tmp_path / "news.jsonl", 20)
    assert score(*command(tmp_path, server, name="whole")) == 0
    server.calls = []
    again = command(tmp_path, server, "--max-calls", "7", "--workers", workers)

    for calls in (7, 14):
        assert score(*again) == 5
        assert len(server.calls) == calls
        said = capfd.readouterr().err
        assert "the most calls that were allowed are made: 7" in said
        assert "the same command goes on from there" in said
    assert score(*again) == 0
    assert len(server.calls) == 20
    assert result(tmp_path) == result(tmp_path, "whole")


def test_max_cost(tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """What a call is expected to cost is counted before it is made, and what it did cost afterwards."""
    write_news(tmp_path / "news.jsonl", 20)
    price = ("--price", "10000", "0", "--max-cost", "12")  # a call of 100 tokens costs 1; before, it looks dearer

    assert score(*command(tmp_path, server, *price)) == 5
    assert 1 <= len(server.calls) <= 12
    said = capfd.readouterr().err
    assert "the next call may pass the most that may be spent: 12" in said
    assert f"cost {len(server.calls)}" in said


def test_dry_run(tmp_path: Path, server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """Articles, calls and tokens are told with the rule of the estimate; nothing is asked, read or written."""
    news = write_news(tmp_path / "news.jsonl", 10)
    with news.open("a") as stream:
        stream.write('{"text": ""}\n')

    assert score(*command(tmp_path, server, "--dry-run", "--price", "1000", "1000")) == 0
    said = capsys.readouterr().out
    assert "10 articles\n1 rows cannot be read\n10 calls to tiny" in said
    assert "4 characters for a token, 100 tokens for the answer on a pair" in said
    assert "cost at these prices: about " in said
    assert server.calls == []
    assert [path.name for path in tmp_path.iterdir()] == ["news.jsonl"]


@pytest.mark.parametrize("words", [(), ("--no-discover",)])
def test_the_estimate_is_what_is_asked(
    tmp_path: Path, server: Served, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """Short articles are estimated as they are asked about, to a token or two each."""
    write_news(tmp_path / "news.jsonl", 9)
    score(*command(tmp_path, server, "--dry-run", *words))
    read = int(capsys.readouterr().out.split("about ")[1].split(" tokens")[0].replace(",", ""))

    assert score(*command(tmp_path, server, *words)) == 0
    asked = sum(len(m["content"]) for call in server.calls for m in call.body["messages"])
    assert abs(read - asked / 4) < 9 * 2


def test_a_dry_run_counts_what_is_left(tmp_path: Path, server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that an interrupted run has committed are not counted again."""
    write_news(tmp_path / "news.jsonl", 20)
    assert score(*command(tmp_path, server, "--max-calls", "13")) == 5

    assert score(*command(tmp_path, server, "--dry-run")) == 0
    assert capsys.readouterr().out.startswith("12 articles, and 8 rows that are done\n12 calls to tiny")


@pytest.mark.parametrize("change", ["input", "reader", "columns", "nothing", "result"])
def test_a_dry_run_counts_what_is_scored_again(
    tmp_path: Path, server: Served, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    """Rows of another run, or of a finished one that is replaced or gone, are not taken for done."""
    write_news(tmp_path / "news.jsonl", 9)
    assert score(*command(tmp_path, server)) == 0
    again = [*command(tmp_path, server), "--dry-run", "--overwrite"]
    assert score(*again[:-1]) == 0
    assert capsys.readouterr().out.startswith("0 articles, and 9 rows that are done\n")
    if change == "input":
        write_news(tmp_path / "news.jsonl", 18)
    elif change == "reader":
        again[again.index("tiny")] = "other"
    elif change == "columns":
        again += ["--headline-column", "headline"]
    elif change == "result":
        (tmp_path / "out.jsonl").unlink()
        again.pop()

    assert score(*again) == 0
    articles = 18 if change == "input" else 9
    assert capsys.readouterr().out.startswith(f"{articles} articles\n{articles} calls to ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--max-calls", "3"), "--max-calls is given without a second reader; name one with --verify MODEL"),
        (("--dry-run",), "--dry-run is given without a second reader"),
        (("--base-url", "http://localhost:1/v1"), "--base-url is 'http://localhost:1/v1' without a model"),
        (("--verify", "tiny", "--base-url", "x"), "base_url is 'x'"),
        (("--verify", "tiny", "--max-cost", "3"), "--max-cost is 3 without --price"),
        (("--verify", "tiny", "--max-calls", "0"), "max calls is 0; accepted are whole numbers from 1"),
        (("--verify", "tiny", "--max-cost", "nan", "--price", "1", "2"), "max cost is nan"),
        (("--verify", "tiny", "--price", "-1", "2"), "prices are (-1.0, 2.0)"),
    ],
)
def test_options_that_make_no_sense(
    tmp_path: Path, words: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Limits without a second reader, and limits that could not be kept, end the command before anything is read."""
    write_news(tmp_path / "news.jsonl", 3)

    assert score(tmp_path / "news.jsonl", "-o", tmp_path / "out.jsonl", *words) == 2
    assert said in capfd.readouterr().err
    assert not (tmp_path / "out.jsonl.manifest.json").exists()


def test_no_server_ends_the_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that is not there is said once, and no row is written as failed for it."""
    write_news(tmp_path / "news.jsonl", 20)
    ask = ("--verify", "tiny", "--base-url", "http://127.0.0.1:9/v1")

    assert score(tmp_path / "news.jsonl", "-o", tmp_path / "out.jsonl", *ask) == 2
    assert "no server answers at http://127.0.0.1:9/v1" in capfd.readouterr().err
    assert (tmp_path / "out.jsonl.errors.jsonl").read_bytes() == b""


# --- killed at any moment -----------------------------------------------------------------------


def kept(folder: Path) -> set[str]:
    """Fingerprints of the questions whose answers are kept."""
    path = folder / "out.jsonl.answers.sqlite"
    if not path.exists():
        return set()
    with sqlite3.connect(path, timeout=60) as base:
        return {row[0] for row in base.execute("SELECT fingerprint FROM answers")}


def fingerprint(call: Call, server: Served) -> str:
    """Of a question, as the cache has it."""
    form: dict[str, Any] = prompt.schema(discover=True)
    return prompt.fingerprint(call.body["messages"], form, "tiny", server.url, {"temperature": 0})


class Forked:
    """Runs of the command in processes of their own, started without the seconds that imports take."""

    def __init__(self) -> None:
        argv = [sys.executable, str(Path(__file__).parent / "batch_entry.py"), "--fork"]
        paths = os.pathsep.join(p for p in sys.path if p)
        self._parent = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip

    def start(self, argv: list[str]) -> int:
        """Number of the process of a new run; the last one must have ended."""
        assert self._parent.stdin and self._parent.stdout
        self._parent.stdin.write(json.dumps(argv) + "\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def ended(self) -> int:
        """Exit code of the run, or minus the signal that ended it; waits for it."""
        assert self._parent.stdout
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        """End the parent too."""
        self._parent.kill()
        self._parent.communicate()


@pytest.fixture
def forked() -> Iterator[Forked]:
    """What starts runs."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork, so that 20 runs do not import everything 20 times")
    runs = Forked()
    yield runs
    runs.close()


@pytest.mark.slow
def test_kill_at_random_moments(tmp_path: Path, server: Served, forked: Forked) -> None:
    """After 20 kills the bytes are the same, and nothing was asked twice but what was under way at a kill."""
    write_news(tmp_path / "news.jsonl", 200)
    assert score(*command(tmp_path, server, name="whole")) == 0
    moments = random.Random(3)
    server.play = lambda call: time.sleep(0.01) or says(answer(call))
    argv = command(tmp_path, server, "--chunk-rows", "5")
    for _ in range(20):
        before, server.calls = kept(tmp_path), []
        process = forked.start(argv)
        while not server.calls:
            time.sleep(0.002)
        time.sleep(moments.uniform(0.0, 0.1))
        os.kill(process, signal.SIGKILL)
        assert forked.ended() == -signal.SIGKILL
        time.sleep(0.2)  # what was on its way to the server is a call of this run, not of the next
        asked = [fingerprint(call, server) for call in server.calls]
        assert len(set(asked)) == len(asked) and not before & set(asked)
        assert len(set(asked) - kept(tmp_path)) <= 4  # as many calls as are made at a time
    assert score(*argv) == 0

    assert result(tmp_path) == result(tmp_path, "whole")
    assert len(kept(tmp_path)) == 200


def test_a_cache_that_breaks_ends_the_run(tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """Answers that can be kept no longer end the run at once, and no article is called one that cannot be scored."""
    write_news(tmp_path / "news.jsonl", 30)
    cache = tmp_path / "out.jsonl.answers.sqlite"

    def play(call: Call) -> Any:
        if len(server.calls) >= 9:
            cache.write_bytes(b"garbage" * 500)
        return says(answer(call))

    server.play = play
    assert score(*command(tmp_path, server)) == 4
    said = capfd.readouterr().err
    assert "as a cache of answers" in said
    assert "Committed rows are safe: the same command goes on from there" in said

    assert len(server.calls) < 20
    server.play = lambda call: says(answer(call))
    for part in tmp_path.glob(f"{cache.name}*"):
        part.unlink()
    assert score(*command(tmp_path, server)) == 0
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == [f"a{k}" for k in range(30)]


def test_what_nobody_has_read_is_told(tmp_path: Path, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """An article without a suspected pair on which the model did not answer is counted in its row and at the end."""
    (tmp_path / "news.jsonl").write_text('{"text": "The mill is open."}\n{"text": "The mill is shut."}\n')
    server.play = lambda call: fails(400, "no") if "open" in call.question else says(answer(call))

    assert score(*command(tmp_path, server)) == 0
    reason = "the server refused the request"
    assert [row["counts"]["unread"] for row in lines(tmp_path / "out.jsonl")] == [{reason: 1}, {}]
    assert "1 article on which the second reader has not answered in full" in capfd.readouterr().err
