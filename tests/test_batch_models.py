"""`inconsistency score` with real models, small ones: the same bytes from any number of workers."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inconsistency import cli
from inconsistency.batch import runner
from tiny_models import WORDS

SCRIPT = Path(__file__).parents[1] / "scripts" / "score.py"


def write_news(path: Path, articles: int) -> Path:
    """Write articles of sentences that the tiny model knows the words of; one is empty."""
    words, chance = WORDS.split()[:-2], random.Random(1)
    with path.open("w") as stream:
        for i in range(articles):
            sentences = [" ".join(chance.choices(words, k=chance.randrange(4, 12))) for _ in range(4)]
            stream.write(json.dumps({"id": i, "text": ". ".join(s.capitalize() for s in sentences) + "."}) + "\n")
        stream.write('{"text": ""}\n')
    return path


def score(*argv: str | Path) -> int:
    return cli.main(["score", *map(str, argv)])


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows make many chunks."""
    monkeypatch.setattr(runner, "CHUNK_ROWS", 5)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_workers_give_the_same_bytes(tiny_model: Callable[[str], Path], tmp_path: Path, backend: str) -> None:
    """Two workers, each with its own copy of a real model, write the very bytes that one process writes.

    With as many threads each: torch adds up in another order with two, which may turn the last of six digits.
    """
    news = write_news(tmp_path / "news.jsonl", 24)
    for workers in ("1", "2"):
        out = tmp_path / f"{workers}.jsonl"
        options = ("--model", tiny_model("contradiction last"), "--backend", backend, "--threshold", "0.1", "--threads", "1")
        assert score(news, "-o", out, "--pairs", tmp_path / f"{workers}.csv", "--workers", workers, *options) == 3

    for end in (".jsonl", ".csv", ".jsonl.errors.jsonl"):
        assert (tmp_path / f"1{end}").read_bytes() == (tmp_path / f"2{end}").read_bytes()
    flagged = [json.loads(line)["flagged"] for line in (tmp_path / "1.jsonl").open()]
    assert len(flagged) == 24 and any(flagged) and not all(flagged)


@pytest.mark.slow
def test_quiet_off_a_terminal(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """Loading a model shows no bars of other libraries among the lines of --log-json."""
    news = write_news(tmp_path / "news.jsonl", 3)
    argv = ["score", news, "-o", tmp_path / "out.jsonl", "--model", tiny_model("contradiction last")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    env.pop("HF_HUB_DISABLE_PROGRESS_BARS", None)

    done = subprocess.run(
        [sys.executable, "-m", "inconsistency", *map(str, argv), "--backend", "torch", "--log-json"],
        capture_output=True,
        text=True,
        env=env,
    )

    assert done.returncode == 3, done.stderr
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["start", "chunk", "end"]
    assert done.stdout == ""


def test_script_with_workers(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """scripts/score.py scores with several workers, each of which imports the script anew."""
    news = write_news(tmp_path / "news.jsonl", 8)
    argv = [news, "-o", tmp_path / "out.jsonl", "--model", tiny_model("contradiction last"), "--workers", "2"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}

    done = subprocess.run([sys.executable, SCRIPT, *map(str, argv)], capture_output=True, text=True, env=env)

    assert done.returncode == 3, done.stderr
    assert [json.loads(line)["id"] for line in (tmp_path / "out.jsonl").open()] == [str(i) for i in range(8)]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_script_in_a_started_process(method: str, tmp_path: Path) -> None:
    """A process started from scripts/score.py imports the script without running the command."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    starter = tmp_path / "starter.py"
    starter.write_text(
        "import multiprocessing, runpy, sys\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context(sys.argv[1]).Process(target=print, args=('it ran',))\n"
        "    process.start()\n"
        "    process.join()\n"
        "    sys.exit(process.exitcode)\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name=__name__)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}

    done = subprocess.run([sys.executable, starter, method], capture_output=True, text=True, env=env)

    assert (done.returncode, done.stdout.strip()) == (0, "it ran"), done.stderr


def test_changed_model_is_refused(
    tiny_model: Callable[[str], Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A model trained again in the same folder does not continue the old one's run."""
    model = tmp_path / "model"
    shutil.copytree(tiny_model("contradiction last"), model)
    argv = (write_news(tmp_path / "news.jsonl", 6), "-o", tmp_path / "out.jsonl", "--model", model)
    assert score(*argv) == 3

    shutil.rmtree(model)
    shutil.copytree(tiny_model("contradiction first"), model)

    assert score(*argv) == 2
    assert "model_digest was" in capfd.readouterr().err
    assert score(*argv, "--overwrite") == 3


def test_changed_calibration_is_refused(
    tiny_model: Callable[[str], Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor does a calibration that was fitted again, whether it is named or lies beside the model."""
    from inconsistency.calibration_file import load_calibration, save_calibrations
    from inconsistency.identity import ModelFiles
    from inconsistency.nli.loading import DEFAULT

    if not (DEFAULT / "calibration.json").is_file():
        pytest.skip("this checkout has no embedded model")
    model = tmp_path / "model"
    shutil.copytree(tiny_model("contradiction last"), model)
    of_the_model = replace(load_calibration(DEFAULT / "calibration.json"), model_digest=ModelFiles(model).digest())
    save_calibrations([of_the_model], model / "calibration.json")
    argv = (write_news(tmp_path / "news.jsonl", 6), "-o", tmp_path / "out.jsonl", "--model", model)
    assert score(*argv) == 3

    fitted = json.loads((model / "calibration.json").read_text())
    fitted["intercept"] += 0.5
    (model / "calibration.json").write_text(json.dumps(fitted))
    assert score(*argv) == 2
    assert "calibration_digest was" in (told := capfd.readouterr().err) and "model_digest" not in told

    save_calibrations([of_the_model], tmp_path / "house.json")
    assert score(*argv, "--calibration", tmp_path / "house.json") == 3
