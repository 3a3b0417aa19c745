"""No row is lost or doubled, at whatever moment a run ends."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from test_batch import lines, score, start, write_news  # noqa: E402


def outputs(folder: Path, name: str, kind: str) -> list[bytes]:
    """Bytes of everything that a run leaves, but for its manifest."""
    if kind == "html":
        pages = sorted((folder / f"{name}-html").rglob("*.html"))
        return [page.read_bytes() for page in pages] + outputs(folder, name, "jsonl")
    ends = (f".{kind}", f"-pairs.{kind}", f".{kind}.errors.jsonl")
    return [(folder / f"{name}{end}").read_bytes() for end in ends]


def wipe(folder: Path) -> None:
    """Take away everything that the runs called "out" have left."""
    for path in folder.glob("out*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def command(folder: Path, name: str, kind: str, workers: int = 1) -> list[str]:
    lines = "jsonl" if kind == "html" else kind
    argv = [folder / "news.jsonl", "-o", folder / f"{name}.{lines}"]
    argv += ["--pairs", folder / f"{name}-pairs.{lines}"]
    if kind == "html":
        argv += ["--html", folder / f"{name}-html"]
    return [*map(str, argv), "--chunk-rows", "5", "--workers", str(workers)]


@pytest.mark.slow(seconds=10)
@pytest.mark.parametrize(("workers", "kills"), [(1, 20), (2, 8)])
def test_kill_at_random_moments(tmp_path: Path, workers: int, kills: int) -> None:
    """A real process killed at random moments, again and again, ends with the same bytes."""
    news = write_news(tmp_path / "news.jsonl", 1000)
    with news.open("a") as stream:
        stream.write('{"text": ""}\n')
    assert score(*command(tmp_path, "whole", "jsonl")) == 3
    argv = command(tmp_path, "out", "jsonl", workers)
    moments = random.Random(workers)

    while kills:
        process = start(*argv, options=("--slow",))
        # Some appends from now, so that the runs get on however slow the machine is, and then at
        # any point of the scoring, appending and committing that follows.
        wait_for_appends(tmp_path / "out.jsonl.part", moments.randrange(1, 4), process)
        time.sleep(moments.uniform(0.0, 0.05))
        kills -= process.poll() is None
        process.kill()
        process.communicate()
        if process.returncode == 3:  # it was quicker; there is work for more kills only anew
            assert outputs(tmp_path, "out", "jsonl") == outputs(tmp_path, "whole", "jsonl")
            wipe(tmp_path)
    process = start(*argv)
    process.communicate()

    assert process.returncode == 3
    assert outputs(tmp_path, "out", "jsonl") == outputs(tmp_path, "whole", "jsonl")


def wait_for_appends(path: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a growing file has grown some times, or the process has ended."""
    seen = {size_of(path)}
    while len(seen) <= count and process.poll() is None:
        time.sleep(0.002)
        seen.add(size_of(path))


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class Crash(BaseException):
    """Stands for the end of the process; nothing in the package catches it."""


@pytest.mark.parametrize("kind", ["jsonl", "parquet", pytest.param("html", marks=pytest.mark.slow)])
def test_crash_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A crash before any one of the steps that touch the disk leaves a run that resumes."""
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    news = write_news(tmp_path / "news.jsonl", 12)
    with news.open("a") as stream:
        stream.write('{"text": ""}\n')
    score(*command(tmp_path, "whole", kind))
    steps = [0]
    crash_at: int | None = None

    def counted(name: str) -> None:
        real = getattr(os, name)

        def step(*args: object, **options: object) -> object:
            steps[0] += 1
            if steps[0] == crash_at:
                raise Crash
            return real(*args, **options)

        monkeypatch.setattr(os, name, step)

    for name in ("fsync", "replace", "unlink"):
        counted(name)
    score(*command(tmp_path, "counted", kind))
    total = steps[0]
    assert total > 20

    for moment in range(1, total + 1):
        steps[0], crash_at = 0, moment
        with pytest.raises(Crash):
            score(*command(tmp_path, "out", kind))
        crash_at = None
        assert score(*command(tmp_path, "out", kind)) == 3
        assert outputs(tmp_path, "out", kind) == outputs(tmp_path, "whole", kind)
        wipe(tmp_path)


def test_crash_while_overwriting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash at any step of replacing another run leaves a run that the same command completes."""
    news = write_news(tmp_path / "news.jsonl", 6)
    with news.open("a") as stream:
        stream.write('{"text": ""}\n')
    score(*command(tmp_path, "whole", "jsonl"))
    argv = command(tmp_path, "out", "jsonl")
    for moment in range(1, 9):
        assert score(*argv, "--max-chars", "999", "--overwrite") == 3
        steps = [0]

        def step(name: str, moment: int = moment, steps: list[int] = steps) -> None:
            real = getattr(os, name)

            def counted(*args: object, **options: object) -> object:
                steps[0] += 1
                if steps[0] == moment:
                    raise Crash
                return real(*args, **options)

            patch.setattr(os, name, counted)

        with monkeypatch.context() as patch:
            for name in ("fsync", "replace", "unlink"):
                step(name)
            with pytest.raises(Crash):
                score(*argv, "--overwrite")

        assert score(*argv, "--overwrite") == 3
        assert outputs(tmp_path, "out", "jsonl") == outputs(tmp_path, "whole", "jsonl")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.slow
def test_interrupt(tmp_path: Path, workers: int) -> None:
    """Ctrl-C finishes the articles in hand, says how to go on, and exits with 130."""
    write_news(tmp_path / "news.jsonl", 400).open("a").write('{"text": ""}\n')
    score(*command(tmp_path, "whole", "jsonl"))
    argv = command(tmp_path, "out", "jsonl", workers)
    process = start(*argv, options=("--slow",))
    manifest = tmp_path / "out.jsonl.manifest.json"
    while not manifest.exists():
        time.sleep(0.02)

    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    message = process.communicate()[1].decode()

    assert process.returncode == 130
    assert "the same command goes on from there" in message and "Traceback" not in message
    assert score(*argv) == 3
    assert outputs(tmp_path, "out", "jsonl") == outputs(tmp_path, "whole", "jsonl")


def test_terminate(tmp_path: Path) -> None:
    """SIGTERM ends a run as gently as Ctrl-C does, with its own exit code."""
    write_news(tmp_path / "news.jsonl", 400)
    process = start(*command(tmp_path, "out", "jsonl"), options=("--slow",))
    while not (tmp_path / "out.jsonl.manifest.json").exists():
        time.sleep(0.02)

    process.terminate()
    process.communicate()

    assert process.returncode == 143


@pytest.mark.slow
def test_terminate_the_whole_group(tmp_path: Path) -> None:
    """SIGTERM to the whole process group, as from a job scheduler, kills no worker in the middle of its work."""
    write_news(tmp_path / "news.jsonl", 400).open("a").write('{"text": ""}\n')
    score(*command(tmp_path, "whole", "jsonl"))
    argv = command(tmp_path, "out", "jsonl", 2)
    process = start(*argv, options=("--slow",))
    wait_for_appends(tmp_path / "out.jsonl.part", 1, process)

    os.killpg(process.pid, signal.SIGTERM)
    message = process.communicate()[1].decode()

    assert process.returncode == 143
    assert "a worker died" not in message and "Traceback" not in message
    assert score(*argv) == 3
    assert outputs(tmp_path, "out", "jsonl") == outputs(tmp_path, "whole", "jsonl")


def test_terminate_while_workers_load(tmp_path: Path) -> None:
    """SIGTERM to the group before the workers are ready has the same exit code."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc to see processes")
    write_news(tmp_path / "news.jsonl", 4)
    process = start(*command(tmp_path, "out", "jsonl", 2))
    while len(group_of(process.pid)) < 3:  # itself, Python's resource tracker, a worker
        time.sleep(0.002)

    os.killpg(process.pid, signal.SIGTERM)
    message = process.communicate()[1].decode()

    assert process.returncode == 143
    assert "Traceback" not in message
    assert left_of(process.pid) == []


def test_terminate_twice(tmp_path: Path) -> None:
    """A second SIGTERM stops at once, with the exit code of the first."""
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    process = start("-", "-o", tmp_path / "out.jsonl")
    assert process.stdin is not None and process.stderr is not None
    process.stdin.write(b"\n")
    process.stdin.flush()
    while int.from_bytes(fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)), sys.byteorder):
        time.sleep(0.02)  # once it has read this, it waits for more, which never comes

    process.terminate()
    assert b"again stops at once" in process.stderr.readline()
    process.terminate()
    message = process.communicate()[1]

    assert process.returncode == 143
    assert b"stopped at once" in message and b"Traceback" not in message


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """Workers of a killed run do not stay behind."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc to see processes")
    write_news(tmp_path / "news.jsonl", 400)
    process = start(*command(tmp_path, "out", "jsonl", 2), options=("--slow",))
    while not (tmp_path / "out.jsonl.manifest.json").exists():
        time.sleep(0.02)
    process.kill()
    process.communicate()

    assert left_of(process.pid) == []


def left_of(leader: int) -> list[str]:
    """Processes of a group that stay, after some time for them to end."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and group_of(leader):
        time.sleep(0.05)
    return group_of(leader)


def group_of(leader: int) -> list[str]:
    """Living processes of a process group."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(fields[2]) == leader and fields[0] != "Z":
            alive.append(stat.parent.name)
    return alive


def test_two_runs_at_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A second run on the output of a running one is refused."""
    pytest.importorskip("fcntl")
    write_news(tmp_path / "news.jsonl", 400)
    argv = command(tmp_path, "out", "jsonl")
    process = start(*argv, options=("--slow",))
    try:
        part = tmp_path / "out.jsonl.part"
        while not (part.exists() and part.stat().st_size):
            time.sleep(0.02)

        assert score(*argv) == 2
        assert "another process is writing" in capfd.readouterr().err
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_second_run_while_the_first_makes_its_final_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    """Until the last final file is made a second run is refused, with the same settings or with others."""
    pytest.importorskip("fcntl")
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    write_news(tmp_path / "news.jsonl", 6)
    argv = command(tmp_path, "out", kind)
    manifest = tmp_path / f"out.{kind}.manifest.json"
    codes: list[int] = []

    def second() -> None:
        if manifest.exists() and '"state": "scored"' in manifest.read_text():
            codes.append(score(*argv))
            codes.append(score(*argv, "--max-chars", "999", "--overwrite"))

    for name in ("fsync", "replace", "unlink"):
        run_before(monkeypatch, os, name, second)
    assert score(*argv) == 0

    assert len(codes) >= 4 and set(codes) == {2}
    assert capfd.readouterr().err.count("another process is writing") == len(codes)
    monkeypatch.undo()
    assert score(*command(tmp_path, "whole", kind)) == 0
    for end in (f".{kind}", f"-pairs.{kind}"):
        assert (tmp_path / f"out{end}").read_bytes() == (tmp_path / f"whole{end}").read_bytes()
    assert not list(tmp_path.glob("out*.part")) and not list(tmp_path.glob("out*.errors.jsonl"))


def run_before(monkeypatch: pytest.MonkeyPatch, module: object, name: str, event: Callable[[], None]) -> None:
    """Let something happen before each call of a function of the system, but not within itself."""
    real = getattr(module, name)
    within: list[bool] = []

    def call(*args: object, **options: object) -> object:
        if not within:
            within.append(True)
            event()
            within.clear()
        return real(*args, **options)

    monkeypatch.setattr(module, name, call)


@pytest.mark.parametrize("begun", [False, True])
def test_run_that_ends_before_the_other_has_its_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], begun: bool
) -> None:
    """A run that another one has overtaken, between its look at the manifest and its locks, touches nothing."""
    fcntl = pytest.importorskip("fcntl")
    news = write_news(tmp_path / "news.jsonl", 6)
    with news.open("a") as stream:
        stream.write('{"text": ""}\n')
    argv = command(tmp_path, "out", "jsonl")
    if begun:
        assert score(*argv, "--strict") == 3
    codes: list[int] = []

    def overtake() -> None:
        if not codes:
            codes.append(score(*argv))

    run_before(monkeypatch, fcntl, "flock", overtake)
    assert score(*argv) == 2

    assert codes == [3] and "another process is writing" in capfd.readouterr().err
    assert [row["row"] for row in lines(tmp_path / "out.jsonl")] == list(range(1, 7))
    assert score(*argv) == 3
