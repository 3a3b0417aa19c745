"""The cache of answers: whole after kills, shared by processes, and loud where it cannot be used."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import inconsistency
from inconsistency import InconsistencyError, InputError
from inconsistency.verify.cache import AnswerCache

WRITER = """
import sys
from inconsistency.verify.cache import AnswerCache
cache, who = AnswerCache(sys.argv[1]), sys.argv[2]
for k in range(int(sys.argv[3])):
    cache.put(f"{who}/{k}", "an answer " * 500)
    print(k, flush=True)
"""


def writer(path: Path, who: str, count: int) -> subprocess.Popen[str]:
    """Another process that writes answers and says after each that it is kept."""
    source = str(Path(inconsistency.__file__).parents[1])
    arguments = [sys.executable, "-c", WRITER, str(path), who, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": source})


def test_what_is_put_is_got(tmp_path: Path) -> None:
    """An answer is found by its fingerprint, in this and in the next run; the first one given stays."""
    path = tmp_path / "answers.sqlite"
    AnswerCache(path).put("a", "first – “quoted”")
    AnswerCache(path).put("a", "second")

    assert AnswerCache(path).get("a") == "first – “quoted”"
    assert AnswerCache(path).get("b") is None


def test_several_processes_write(tmp_path: Path) -> None:
    """Processes that write at the same time lose nothing of each other's."""
    path = tmp_path / "answers.sqlite"
    running = [writer(path, who, 20) for who in "abc"]

    assert [process.communicate()[1] or process.returncode for process in running] == [0, 0, 0]
    assert all(AnswerCache(path).get(f"{who}/{k}") for who in "abc" for k in range(20))


def test_a_kill_loses_no_answer(tmp_path: Path) -> None:
    """What a process has put is there after it was killed, and the file is whole."""
    path = tmp_path / "answers.sqlite"
    for number in range(5):
        process = writer(path, str(number), 100_000)
        assert process.stdout
        last = [process.stdout.readline() for _ in range(3 + number)][-1]
        time.sleep(0.003 * number)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert all(AnswerCache(path).get(f"{number}/{k}") for k in range(int(last) + 1))
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_questions_are_not_kept(tmp_path: Path) -> None:
    """The file holds fingerprints and answers, nothing else."""
    path = tmp_path / "answers.sqlite"
    AnswerCache(path).put("a", "b")

    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT * FROM answers").fetchall() == [("a", "b")]


@pytest.mark.parametrize("name", ["notes.txt", "missing/answers.sqlite", "."])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str) -> None:
    """Another file, a folder and a place that does not exist are refused at once, by name."""
    (tmp_path / "notes.txt").write_text("notes " * 100, encoding="utf-8")

    with pytest.raises(InputError, match=r"cannot use .* as a cache of answers"):
        AnswerCache(tmp_path / name)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8").startswith("notes notes")


def test_a_file_that_breaks_is_no_fault_of_the_question(tmp_path: Path) -> None:
    """A cache that is damaged while it is used is told as work that broke off, not as an input that cannot be read."""
    cache = AnswerCache(tmp_path / "answers.sqlite")
    cache.path.write_bytes(b"garbage" * 500)

    for use in (lambda: cache.get("a"), lambda: cache.put("a", "b")):
        with pytest.raises(InconsistencyError, match=r"cannot use .* as a cache of answers") as broken:
            use()
        assert not isinstance(broken.value, InputError)
