"""`inconsistency score` from arguments to files, on a fake model."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inconsistency.detector import Detector
from inconsistency.errors import MissingExtraError
from inconsistency.nli import NliScores

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # spawned workers import the entry by name too
import batch_entry  # noqa: E402

CLASH = "Police said 14 people were hurt. Later it said that 41 people were hurt."
CALM = "The sun rose. Birds sang in the trees."


def score(*argv: str | Path) -> int:
    """Run the command on the fake model."""
    return batch_entry.run([str(a) for a in argv])


def write_news(path: Path, rows: int) -> Path:
    """Write JSON lines of which every third contradicts itself."""
    with path.open("w") as stream:
        for i in range(rows):
            text = f"Story {i}. {CALM if i % 3 else CLASH}"
            stream.write(json.dumps({"id": f"a{i}", "text": text, "headline": f"News {i}"}) + "\n")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def start(*argv: str | Path, options: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """Start the command in a process of its own, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "batch_entry.py"), *options, "--", *map(str, argv)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        start_new_session=True,
    )


def test_output(tmp_path: Path) -> None:
    """The output has a line an article, in order, with offsets into the article."""
    news = write_news(tmp_path / "news.jsonl", 10)

    assert score(news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "3") == 0

    found = lines(tmp_path / "out.jsonl")
    assert [row["id"] for row in found] == [f"a{i}" for i in range(10)]
    assert [row["flagged"] for row in found] == [i % 3 == 0 for i in range(10)]
    first = found[3]["contradictions"][0]["first"]
    text = f"Story 3. {CLASH}"
    assert text[first["start"] : first["end"]] == "Police said 14 people were hurt."
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "news.jsonl",
        "out.jsonl",
        "out.jsonl.manifest.json",
    ]


def test_parquet_output_equals_jsonl(tmp_path: Path) -> None:
    """Parquet output holds what JSON lines hold, and so do the pairs tables."""
    pq = pytest.importorskip("pyarrow.parquet")
    news = write_news(tmp_path / "news.jsonl", 10)
    for kind in ("jsonl", "parquet"):
        out = tmp_path / f"out.{kind}"
        assert score(news, "-o", out, "--pairs", tmp_path / f"pairs.{kind}") == 0

    rows = pq.read_table(tmp_path / "out.parquet", schema=None).to_pylist()
    for row in rows:
        for name in ("furniture", "left_out", "unverified", "unread"):
            row["counts"][name] = dict(row["counts"][name])
    assert rows == lines(tmp_path / "out.jsonl")
    pairs = pq.read_table(tmp_path / "pairs.parquet").to_pylist()
    assert pairs == lines(tmp_path / "pairs.jsonl")
    assert [pair["id"] for pair in pairs] == ["a0", "a3", "a6", "a9"]


def test_pairs_csv(tmp_path: Path) -> None:
    """The pairs table as CSV opens in a spreadsheet, and no text in it runs as a formula."""
    news = tmp_path / "news.jsonl"
    news.write_text(json.dumps({"id": "=1+1", "text": CLASH}))

    assert score(news, "-o", tmp_path / "out.jsonl", "--pairs", tmp_path / "pairs.csv") == 0

    with (tmp_path / "pairs.csv").open(encoding="utf-8-sig", newline="") as stream:
        (pair,) = csv.DictReader(stream)
    assert pair["first_text"] == "Police said 14 people were hurt." and pair["id"] == "'=1+1"


def test_no_contradiction_anywhere(tmp_path: Path) -> None:
    """Tables without a single find still have all their columns."""
    pq = pytest.importorskip("pyarrow.parquet")
    news = tmp_path / "news.jsonl"
    news.write_text(json.dumps({"text": CALM}))

    score(news, "-o", tmp_path / "out.parquet", "--pairs", tmp_path / "pairs.parquet")

    assert pq.read_table(tmp_path / "out.parquet")["flagged"].to_pylist() == [False]
    assert pq.read_table(tmp_path / "pairs.parquet").num_rows == 0
    assert "first_text" in pq.read_schema(tmp_path / "pairs.parquet").names


def test_failed_rows(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Rows that cannot be read or scored go to the errors file in order; the rest is scored."""
    news = tmp_path / "news.jsonl"
    texts = [CALM, "x" * 2_000_000, "KABOOM. Bang.", "", CLASH]
    news.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts) + "{\n")

    assert score(news, "-o", tmp_path / "out.jsonl") == 3

    assert [row["row"] for row in lines(tmp_path / "out.jsonl")] == [1, 5]
    errors = lines(tmp_path / "out.jsonl.errors.jsonl")
    assert [(e["row"], e["place"]) for e in errors] == [
        (2, "line 2"),
        (3, "line 3"),
        (4, "line 4"),
        (6, "line 6"),
    ]
    assert errors[1]["reason"] == "RuntimeError: the model choked"
    assert "4 rows could not be scored" in capfd.readouterr().err


def test_strict(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """--strict stops at the first failing row; without it the same command goes on."""
    news = write_news(tmp_path / "news.jsonl", 6)
    with news.open("a") as stream:
        stream.write('{"text": ""}\n{"text": "Fine. Really."}\n')
    argv = (news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "2")

    assert score(*argv, "--strict") == 3
    assert "stopped at row 7" in capfd.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()
    assert score(*argv) == 3
    assert len(lines(tmp_path / "out.jsonl")) == 7


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_internal_error_in_json(tmp_path: Path, debug: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """With --log-json an internal error is JSON too, its traceback included."""

    def crash() -> Detector:
        raise RuntimeError("no such layer")

    news = write_news(tmp_path / "news.jsonl", 1)
    argv = [str(news), "-o", str(tmp_path / "out.jsonl"), "--log-json", *debug]

    assert batch_entry.run(argv, crash) == 70
    told = json.loads(capfd.readouterr().err)
    assert (told["event"], told["exit_code"]) == ("error", 70)
    assert "internal error: RuntimeError: no such layer" in told["message"]
    assert ("in crash" in told.get("traceback", "")) == bool(debug)


def test_every_article_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A detector that fails on everything ends the run instead of filling the errors file."""
    news = tmp_path / "news.jsonl"
    news.write_text('{"text": "KABOOM. One."}\n{"text": "KABOOM. Two."}\n')

    assert score(news, "-o", tmp_path / "out.jsonl") == 4
    assert "fails on every article: RuntimeError" in capfd.readouterr().err


def test_failure_that_no_single_article_repeats(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A failure on articles together that none of them repeats alone costs no row, and is told."""

    class CrowdedScorer(batch_entry.MoodyScorer):
        """Fails on many pairs at once, as a model does that runs out of memory."""

        def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
            if len(pairs) > 6:
                raise RuntimeError("too many at once")
            return super().score(pairs)

    news = write_news(tmp_path / "news.jsonl", 3)
    argv = [str(a) for a in (news, "-o", tmp_path / "out.jsonl")]
    made = Detector(CrowdedScorer(), threshold=0.5, evidence=False)

    assert batch_entry.run(argv, lambda: made) == 0
    assert len(lines(tmp_path / "out.jsonl")) == 3
    assert "RuntimeError: too many at once" in caplog.text


def test_model_error_on_one_article(tmp_path: Path) -> None:
    """An article on which the model gives NaN goes to the errors file; it does not end the run."""
    news = tmp_path / "news.jsonl"
    texts = [CALM, "NOTANUMBER. Bang.", CLASH]
    news.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))

    assert score(news, "-o", tmp_path / "out.jsonl") == 3

    assert [row["row"] for row in lines(tmp_path / "out.jsonl")] == [1, 3]
    (error,) = lines(tmp_path / "out.jsonl.errors.jsonl")
    assert error["row"] == 2 and error["reason"].startswith("ModelError: ")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_model_that_fails_on_everything_half_way(
    tmp_path: Path, workers: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A model that begins to fail on every article ends the run with 4: its command was right."""
    news = write_news(tmp_path / "news.jsonl", 4)
    with news.open("a") as stream:
        stream.write('{"text": "NOTANUMBER. One."}\n{"text": "NOTANUMBER. Two."}\n')
    argv = (news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "2", "--workers", workers)

    assert score(*argv) == 4
    assert "fails on every article: ModelError" in (told := capfd.readouterr().err)
    # Another worker may meet the failure before the chunks ahead of it are committed.
    safe = [row["row"] for row in lines(tmp_path / "out.jsonl.part")]
    assert "Committed rows are safe" in told and len(safe) in ({4} if workers == "1" else {0, 2, 4})
    assert safe == list(range(1, len(safe) + 1))


def test_text_files_of_several_folders(tmp_path: Path) -> None:
    """Text files of the same name in several inputs have different ids."""
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "01.txt").write_text(CALM)
    folder, file = tmp_path / "2023", tmp_path / "2024" / "01.txt"

    assert score(folder, tmp_path / "2024", "-o", tmp_path / "out.jsonl") == 0
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == [f"{folder}/01.txt", str(file)]
    assert score(folder, file, "-o", tmp_path / "mixed.jsonl") == 0
    assert [row["id"] for row in lines(tmp_path / "mixed.jsonl")] == [f"{folder}/01.txt", str(file)]


def test_file_system_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where files cannot be locked, the run says so and goes on."""
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    news = write_news(tmp_path / "news.jsonl", 3)

    assert score(news, "-o", tmp_path / "out.jsonl", "--log-json") == 0
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert "No locks available" in next(e["message"] for e in events if e["event"] == "warning")


def test_done_already(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same command after a complete run changes nothing and says so."""
    news = write_news(tmp_path / "news.jsonl", 5)
    argv = (news, "-o", tmp_path / "out.jsonl")
    score(*argv)
    before = (tmp_path / "out.jsonl").stat()

    assert score(*argv) == 0
    assert (tmp_path / "out.jsonl").stat() == before
    assert "all done by an earlier run" in capfd.readouterr().err


@pytest.mark.parametrize("lost", ["out.jsonl", "pairs.csv"])
def test_lost_result_is_made_again(tmp_path: Path, lost: str) -> None:
    """The same command after a complete run whose result was taken away makes it again."""
    news = write_news(tmp_path / "news.jsonl", 5)
    argv = (news, "-o", tmp_path / "out.jsonl", "--pairs", tmp_path / "pairs.csv")
    score(*argv)
    before = (tmp_path / lost).read_bytes()
    (tmp_path / lost).unlink()

    assert score(*argv) == 0
    assert (tmp_path / lost).read_bytes() == before


@pytest.mark.parametrize("change", ["option", "input"])
def test_changed_run_is_refused(
    tmp_path: Path, change: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Another configuration or input under the same output is refused, unless overwritten."""
    news = write_news(tmp_path / "news.jsonl", 5)
    argv = [news, "-o", tmp_path / "out.jsonl"]
    score(*argv)
    if change == "option":
        argv += ["--max-chars", "999"]
        message = "max_chars was 200000, now 999"
    else:
        write_news(news, 6)
        message = "its content has changed"

    assert score(*argv) == 2
    assert message in capfd.readouterr().err
    assert score(*argv, "--overwrite") == 0
    assert len(lines(tmp_path / "out.jsonl")) == (5 if change == "option" else 6)


def test_mistake_does_not_bind(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """After a misspelt column, the corrected command runs without --overwrite."""
    news = write_news(tmp_path / "news.jsonl", 5)
    argv = (news, "-o", tmp_path / "out.jsonl")

    assert score(*argv, "--text-column", "txet") == 2
    assert "columns found: 'id', 'text', 'headline'" in capfd.readouterr().err
    assert score(*argv) == 0


def test_foreign_output_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file that no run made is not overwritten by accident."""
    news = write_news(tmp_path / "news.jsonl", 5)
    (tmp_path / "out.jsonl").write_text("precious")

    assert score(news, "-o", tmp_path / "out.jsonl") == 2
    assert "exists already" in capfd.readouterr().err
    assert (tmp_path / "out.jsonl").read_text() == "precious"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["news.jsonl", "-o", "out.txt"], "must end in .jsonl or .parquet"),
        (["news.jsonl", "-o", "news.jsonl", "--overwrite"], "both input and output"),
        (["news.jsonl", "-o", "o.jsonl", "--pairs", "o.jsonl"], "the same file"),
        (["none.jsonl", "-o", "o.jsonl"], "no such file or folder: none.jsonl"),
        (["-", "-", "-o", "o.jsonl"], "can be read only once"),
        (["news.jsonl", "-o", "news.jsonl/o.jsonl"], "cannot write news.jsonl"),
    ],
)
def test_usage_errors(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    message: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Mistakes exit with 2 and are explained before anything is touched."""
    monkeypatch.chdir(tmp_path)
    write_news(Path("news.jsonl"), 2)

    assert score(*argv) == 2
    assert message in capfd.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["news.jsonl"]


@pytest.mark.parametrize("option", ["--workers", "--max-chars"])
@pytest.mark.parametrize("value", ["0", "ten", "-1"])
def test_counts_begin_at_one(option: str, value: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A count below one, or none at all, is a usage error that names the option and the value."""
    with pytest.raises(SystemExit, match="2"):
        score("news.jsonl", "-o", "o.jsonl", f"{option}={value}")

    assert f"{option}: must be a whole number from 1, got {value!r}" in capfd.readouterr().err


def test_standard_input(tmp_path: Path) -> None:
    """Standard input is read as it comes, and a resumed run checks that it is the same."""
    data = write_news(tmp_path / "news.jsonl", 50).read_bytes()
    argv = ("-", "-o", tmp_path / "out.jsonl", "--chunk-rows", "5")
    process = start(*argv, options=("--file-limit", "20000"))
    assert b"safe" in process.communicate(data)[1] and process.returncode == 4

    process = start(*argv)
    assert b"input has changed" in process.communicate(data.replace(b"Story 1.", b"Yarn."))[1]
    process = start(*argv)
    process.communicate(data)

    assert process.returncode == 0
    assert [row["row"] for row in lines(tmp_path / "out.jsonl")] == list(range(1, 51))


def test_full_disk(tmp_path: Path) -> None:
    """A disk that fills up ends the run with 4; with room again, the same command completes it."""
    news = write_news(tmp_path / "news.jsonl", 60)
    assert score(news, "-o", tmp_path / "whole.jsonl", "--chunk-rows", "7") == 0
    argv = (news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "7")

    process = start(*argv, options=("--file-limit", "5001"))
    message = process.communicate()[1].decode()
    assert process.returncode == 4
    assert "File too large" in message and "the same command goes on" in message
    assert score(*argv) == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_log_json(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """--log-json writes nothing but JSON objects: start, each chunk, end."""
    news = write_news(tmp_path / "news.jsonl", 5)

    score(news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "2", "--log-json")

    captured = capfd.readouterr()
    events = [json.loads(line) for line in captured.err.splitlines()]
    assert [event["event"] for event in events] == ["start", "chunk", "chunk", "chunk", "end"]
    assert events[-1]["articles"] == 5 and events[-2]["read"] == 1.0
    assert captured.out == ""


def test_log_json_of_what_goes_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """--log-json tells of dying workers, interruptions and the row that stopped a strict run, in JSON too."""
    news = write_news(tmp_path / "news.jsonl", 3)
    with news.open("a") as stream:
        stream.write('{"text": ""}\n{"text": "SUDDENDEATH. Gone."}\n')
    argv = (news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "1", "--log-json")

    assert score(*argv, "--strict") == 3
    end = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert (end["event"], end["stopped_by"]["number"]) == ("end", 4)
    assert score(*argv, "--workers", "2") == 4
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [e["event"] for e in events if e["event"] not in ("start", "chunk")] == ["warning", "error"]
    write_news(tmp_path / "more.jsonl", 400)
    process = start(tmp_path / "more.jsonl", "-o", tmp_path / "more-out.jsonl", "--log-json", options=("--slow",))
    while not (tmp_path / "more-out.jsonl.manifest.json").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    events = [json.loads(line) for line in process.communicate()[1].splitlines()]
    assert [e["event"] for e in events if e["event"] not in ("start", "chunk")] == ["stopping", "end"]


def test_progress_bar_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal there is a bar with rates and flagged articles; elsewhere there is none."""
    pytest.importorskip("rich")
    news = write_news(tmp_path / "news.jsonl", 5)
    score(news, "-o", tmp_path / "quiet.jsonl")
    assert capsys.readouterr().err.count("\n") == 1

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    score(news, "-o", tmp_path / "out.jsonl")

    assert "5 articles" in (shown := capsys.readouterr().err)
    assert "pairs/s" in shown and "2 flagged" in shown


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_workers_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    """Two workers write the very bytes that one process writes, errors included."""
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    news = write_news(tmp_path / "news.jsonl", 40)
    with news.open("a") as stream:
        stream.write('{"text": "KABOOM. Bang."}\n{"text": "End. Fin."}\n')
    for name, workers in (("one", "1"), ("two", "2")):
        out, pairs = tmp_path / f"{name}.{kind}", tmp_path / f"{name}-pairs.{kind}"
        argv = (news, "-o", out, "--pairs", pairs, "--chunk-rows", "3", "--workers", workers)
        assert score(*argv) == 3

    for end in (f".{kind}", f"-pairs.{kind}", f".{kind}.errors.jsonl"):
        assert (tmp_path / f"one{end}").read_bytes() == (tmp_path / f"two{end}").read_bytes()


def test_worker_that_dies(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A worker that dies is replaced once; if its rows kill the next too, the run says so."""
    news = write_news(tmp_path / "news.jsonl", 6)
    with news.open("a") as stream:
        stream.write('{"text": "SUDDENDEATH. Gone."}\n')
    argv = (news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "2", "--workers", "2")

    assert score(*argv) == 4
    assert "a worker died on rows up to 7, twice" in capfd.readouterr().err


def test_script_is_the_same_command() -> None:
    """scripts/score.py shows the command's own help."""
    script = HERE.parent / "scripts" / "score.py"
    done = subprocess.run(
        [sys.executable, str(script), "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )

    assert done.returncode == 0 and "--text-column" in done.stdout


def test_help_is_quick() -> None:
    """The command line is put together without what only a run needs."""
    code = (
        "import sys; from inconsistency.cli import parser; parser(); "
        "print([name for name in ('inconsistency.batch.job', 'numpy', 'multiprocessing') if name in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)

    assert done.stdout.strip() == "[]", done.stderr


def test_failed_first_row_deletes_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """After a run that stopped at its first row, a changed command still deletes no file that it finds."""
    news = tmp_path / "news.jsonl"
    news.write_text('{"text": ""}\n{"text": "Fine. Really."}\n')
    (tmp_path / "precious.csv").write_text("precious")
    argv = (news, "-o", tmp_path / "o.jsonl", "--strict")
    assert score(*argv) == 3

    assert score(*argv, "--pairs", tmp_path / "precious.csv") == 2
    assert "precious.csv exists already" in capfd.readouterr().err
    assert (tmp_path / "precious.csv").read_text() == "precious"


@pytest.mark.parametrize("state", ["complete", "scored"])
@pytest.mark.parametrize("change", ["more", "fewer", "other", "none"])
def test_finished_run_of_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], state: str, change: str
) -> None:
    """What comes through standard input after a finished run is compared with what was scored, to its end."""
    data = write_news(tmp_path / "news.jsonl", 5).read_bytes()
    again = {
        "more": data + b'{"text": "New."}\n',
        "fewer": data[: data.rindex(b"\n", 0, -1) + 1],
        "other": data.replace(b"Story 1.", b"Yarn."),
        "none": data,
    }[change]
    argv = ("-", "-o", tmp_path / "out.jsonl", "--chunk-rows", "2")
    send(monkeypatch, data)
    assert score(*argv) == 0
    before = (tmp_path / "out.jsonl").read_bytes()
    if state == "scored":  # as after a crash just before the final file was made
        manifest = tmp_path / "out.jsonl.manifest.json"
        manifest.write_text(manifest.read_text().replace('"complete"', '"scored"'))
        (tmp_path / "out.jsonl").rename(tmp_path / "out.jsonl.part")

    send(monkeypatch, again)
    assert score(*argv) == (0 if change == "none" else 2)
    assert ("the input has changed" in capfd.readouterr().err) == (change != "none")
    if state == "complete":
        assert (tmp_path / "out.jsonl").read_bytes() == before
        send(monkeypatch, again)
        assert score(*argv, "--overwrite") == 0


def send(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Let standard input hold these bytes."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))


@pytest.mark.parametrize("kind", ["jsonl", "txt"])
def test_input_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A file is opened to look at its columns, and once more for all of its rows."""
    news = write_news(tmp_path / f"news.{kind}", 200)
    opened: list[Path] = []
    real = Path.open

    def opening(path: Path, *args: Any, **options: Any) -> Any:
        opened.append(path)
        return real(path, *args, **options)

    monkeypatch.setattr(Path, "open", opening)

    assert score(news, "-o", tmp_path / "out.jsonl") == 0
    assert opened.count(news) == 2


@pytest.mark.parametrize("state", ["complete", "unfinished"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "txt"])
def test_changed_rows_of_the_same_size(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], state: str, kind: str
) -> None:
    """An input whose scored rows have changed is refused, although it has the same name and size."""
    news, argv = tmp_path / "news", ("-o", tmp_path / "out.jsonl", "--chunk-rows", "2")
    news.mkdir()
    assert write_table(news, kind, "12 people came.") == write_table(news, kind, "21 people came.")
    if state == "complete":
        assert score(news, *argv) == 0
    else:
        process = start(news, *argv, options=("--file-limit", "4000"))
        assert b"the same command goes on" in process.communicate()[1]
    write_table(news, kind, "12 people came.")

    assert score(news, *argv) == 2
    assert "the input has changed" in capfd.readouterr().err


def write_table(folder: Path, kind: str, first: str) -> int:
    """Write some articles, of which the first is given; give the size of what is written."""
    texts = [first, *(f"Story {i}. {CALM}" for i in range(20, 40))]
    if kind == "txt":
        for i, text in enumerate(texts):
            (folder / f"{i:02}.txt").write_text(text)
    elif kind == "parquet":
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"text": texts}), folder / "news.parquet", compression="none")
    else:
        rows = [json.dumps({"text": text}) if kind == "jsonl" else text for text in texts]
        (folder / f"news.{kind}").write_text("\n".join(["text", *rows] if kind == "csv" else rows))
    return sum(path.stat().st_size for path in folder.iterdir())


def test_output_inside_the_input(tmp_path: Path) -> None:
    """A run's own files in its input folder are not read as shards, whenever it is resumed."""
    folder = tmp_path / "n"
    folder.mkdir()
    write_news(folder / "a.jsonl", 4)
    with (folder / "a.jsonl").open("a") as stream:
        stream.write('{"text": ""}\n')
    argv = (folder, "-o", folder / "scores.jsonl", "--pairs", folder / "pairs.csv", "--chunk-rows", "2")

    for _ in range(2):
        assert score(*argv) == 3
        assert [row["id"] for row in lines(folder / "scores.jsonl")] == [f"a{i}" for i in range(4)]
        assert (folder / "pairs.csv").exists() and (folder / "scores.jsonl.errors.jsonl").exists()


class OddError(Exception):
    """Cannot be read from a pickle."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def lack_an_extra() -> Detector:
    raise MissingExtraError("torch", "torch", "The torch backend")


def make_a_mistake() -> Detector:
    raise RuntimeError("no such layer")


def be_odd() -> Detector:
    raise OddError("this", "that")


@pytest.mark.parametrize(
    ("factory", "code", "message"),
    [
        (lack_an_extra, 2, "The torch backend needs the package 'torch'"),
        (make_a_mistake, 70, "internal error: RuntimeError: no such layer"),
        (be_odd, 4, "OddError: this and that"),
    ],
)
def test_error_while_workers_load(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], factory: Any, code: int, message: str
) -> None:
    """What goes wrong in a worker is told, and ends the run, as it would in a single process."""
    news = write_news(tmp_path / "news.jsonl", 1)
    argv = [str(news), "-o", str(tmp_path / "out.jsonl"), "--workers", "2"]

    assert batch_entry.run(argv, factory) == code
    told = capfd.readouterr().err
    assert message in told and "Traceback" not in told


class Unlike(Detector):
    """In each process another one, as where a model's files change while workers load them."""

    def settings(self) -> dict[str, Any]:
        return super().settings() | {"process": os.getpid()}


def make_unlike() -> Detector:
    return Unlike(batch_entry.MoodyScorer(sleep=0.01), threshold=0.5)


def test_workers_with_different_models(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run whose workers have loaded different models ends before it mixes them."""
    news = write_news(tmp_path / "news.jsonl", 60)
    argv = [str(a) for a in (news, "-o", tmp_path / "out.jsonl", "--workers", "2", "--chunk-rows", "1")]

    assert batch_entry.run(argv, make_unlike) == 4
    assert "a worker has loaded another model" in capfd.readouterr().err


def test_two_deadly_chunks(tmp_path: Path) -> None:
    """Two chunks that kill their workers in turn end the run too."""
    news = tmp_path / "news.jsonl"
    news.write_text('{"text": "SUDDENDEATH. Gone."}\n' * 2)
    process = start(news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "1", "--workers", "2")
    try:
        message = process.communicate(timeout=120)[1]
    finally:
        with contextlib.suppress(ProcessLookupError):  # all of its group may be gone already
            os.killpg(process.pid, signal.SIGKILL)

    assert process.returncode == 4
    assert b", twice" in message


def test_other_scorer_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run is not continued by another backend, whose last digits may differ."""

    class OtherScorer(batch_entry.MoodyScorer):
        """Stands for the same model on another backend: it has the same name."""

    news = write_news(tmp_path / "news.jsonl", 3)
    argv = [str(a) for a in (news, "-o", tmp_path / "out.jsonl")]
    assert score(*argv) == 0

    other = Detector(OtherScorer(), threshold=0.5)
    assert batch_entry.run(argv, lambda: other) == 2
    assert "scorer was 'MoodyScorer', now 'OtherScorer'" in capfd.readouterr().err


def test_another_format_of_the_input_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run is not continued by one that reads its input as something else, though it find the same rows there."""
    news = tmp_path / "news.csv"
    news.write_text("text\nThe mill closed.\n")
    assert score(news, "-o", tmp_path / "out.jsonl") == 0

    assert score(news, "-o", tmp_path / "out.jsonl", "--format", "tsv") == 2
    assert "format was None, now 'tsv'" in capfd.readouterr().err


def test_parquet_is_made_of_limited_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that are long are turned into Parquet a few at a time, so that memory is bounded."""
    pq = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("inconsistency.batch.output._BATCH_BYTES", 1500)
    news = write_news(tmp_path / "news.jsonl", 9)

    assert score(news, "-o", tmp_path / "out.parquet") == 0

    table = pq.ParquetFile(tmp_path / "out.parquet")
    assert table.num_row_groups > 1
    assert table.read()["id"].to_pylist() == [f"a{i}" for i in range(9)]


def test_odd_file_name_among_inputs(tmp_path: Path) -> None:
    """An input whose name is no UTF-8 is scored like any other."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl"))
    try:
        odd.write_text(json.dumps({"text": CALM}))
    except OSError:
        pytest.skip("this file system has no such names")
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": CALM}))

    assert score(odd, tmp_path / "b.jsonl", "-o", tmp_path / "out.jsonl") == 0
    assert lines(tmp_path / "out.jsonl")[0]["id"].endswith("/caf\\udce9.jsonl:1")


def test_finished_run_of_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A data set of the hub that has got more rows since it was scored is refused, not taken for done."""
    datasets = pytest.importorskip("datasets")

    def hold(*texts: str) -> None:
        stream = datasets.Dataset.from_dict({"text": list(texts)}).to_iterable_dataset()
        monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: stream)

    argv = ("dataset:owner/news", "-o", tmp_path / "out.jsonl")
    hold(CALM, CLASH)
    assert [score(*argv), score(*argv)] == [0, 0]

    hold(CALM, CLASH, CALM)
    assert score(*argv) == 2
    assert "it has more than the 2 rows scored before" in capfd.readouterr().err


def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, tuple[str | Path, ...]]:
    """A run of standard input of which four rows are committed; its input, and its command without --strict."""
    data = write_news(tmp_path / "news.jsonl", 4).read_bytes() + b'{"text": ""}\n'
    argv = ("-", "-o", tmp_path / "out.jsonl", "--pairs", tmp_path / "pairs.csv", "--chunk-rows", "2")
    send(monkeypatch, data)
    assert score(*argv, "--strict") == 3
    return data, argv


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_unfinished_run_of_other_input_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], overwrite: tuple[str, ...]
) -> None:
    """Other input loses nothing of an unfinished run; the advice says what is lost, and works."""
    data, argv = unfinished(tmp_path, monkeypatch)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    capfd.readouterr()
    other = data.replace(b"Story 1.", b"Yarn.")

    send(monkeypatch, other)
    assert score(*argv, *overwrite) == 2
    told = capfd.readouterr().err.strip()
    assert "give up the 4 rows scored so far" in told and "--overwrite" not in told
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before
    for name in told.rpartition("delete ")[2].rstrip(".").split(", "):
        Path(name).unlink()
    send(monkeypatch, other)
    assert score(*argv) == 3
    assert len(lines(tmp_path / "out.jsonl")) == 4


def test_overwriting_an_unfinished_run_says_what_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An unfinished run with other settings is refused with the rows at stake, and --overwrite tells of the loss."""
    data, argv = unfinished(tmp_path, monkeypatch)

    send(monkeypatch, data)
    assert score(*argv, "--max-chars", "999") == 2
    assert "--overwrite, which gives up the 4 rows that it has scored" in capfd.readouterr().err
    process = start(*argv, "--max-chars", "999", "--overwrite")
    assert b"gave up the 4 rows that an unfinished run had scored" in process.communicate(data)[1]
    assert process.returncode == 3


@pytest.mark.parametrize("name", ["out.jsonl.part", "pairs.csv.part", "out.jsonl.errors.jsonl"])
@pytest.mark.parametrize("earlier", ["none", "failed at once", "complete"])
def test_foreign_growing_file_is_kept(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, earlier: str
) -> None:
    """A file that is called like one of the run's own, but made by no run, is emptied only by --overwrite."""
    news = write_news(tmp_path / "news.jsonl", 3)
    argv = (news, "-o", tmp_path / "out.jsonl", "--pairs", tmp_path / "pairs.csv")
    if earlier == "failed at once":  # such a run binds nobody; it made no pairs table
        if name != "pairs.csv.part":
            return
        assert score(*argv[:3], "--text-column", "txet") == 2
    elif earlier == "complete":
        assert score(*argv) == 0
        (tmp_path / "out.jsonl").unlink()
    (tmp_path / name).write_text("precious")
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}

    assert score(*argv) == 2
    assert f"{name} is in the way" in capfd.readouterr().err
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert score(*argv, "--overwrite") == 0
    assert len(lines(tmp_path / "out.jsonl")) == 3


def test_growing_file_as_input(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run does not read what it would have to empty, not even with --overwrite."""
    part = write_news(tmp_path / "out.jsonl.part", 3)
    before = part.read_bytes()

    assert score(part, "-o", tmp_path / "out.jsonl", "--format", "jsonl", "--overwrite") == 2
    assert "both input and output" in capfd.readouterr().err
    assert part.read_bytes() == before


def test_ids_are_the_same_after_resuming(tmp_path: Path) -> None:
    """Where ids begin far down the file, an interrupted run names all rows as an uninterrupted one does."""
    news = tmp_path / "news.jsonl"
    rows = [{"text": f"Story {i}. {CALM}"} | ({"id": str(i)} if i > 120 and i % 2 else {}) for i in range(140)]
    rows.insert(130, {"text": ""})
    news.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert score(news, "-o", tmp_path / "whole.jsonl", "--chunk-rows", "7") == 3

    argv = (news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "7")
    assert [score(*argv, "--strict"), score(*argv)] == [3, 3]

    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    ids = [row["id"] for row in lines(tmp_path / "out.jsonl")]
    assert ids[:2] == ["row 1", "row 2"] and ids[121:123] == ["121", "row 123"]
