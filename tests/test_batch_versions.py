"""A run that one version of Python has begun is finished by another."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import inconsistency

HERE = Path(__file__).parent
# Letters of Unicode 15 and 15.1, which Python 3.11 and 3.12 hold for unassigned.
NEW_LETTERS = "\U0001fae8 \U00011f04 \U0002ebf0"


@cache
def package() -> str:
    """A folder that holds a link to the installed package, and nothing that is installed beside it."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    (folder / "inconsistency").symlink_to(Path(inconsistency.__file__).parent, target_is_directory=True)
    return str(folder)


def run(python: str, *argv: str | Path) -> subprocess.CompletedProcess[str]:
    """Run another interpreter with this package and nothing else of this one's packages."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    env["PYTHONPATH"] = os.pathsep.join((package(), str(HERE)))
    return subprocess.run([python, *map(str, argv)], capture_output=True, text=True, env=env, cwd=HERE)


@cache
def another_python() -> str | None:
    """The newest other interpreter on the path that has the package's dependencies."""
    here = f"3.{sys.version_info.minor}"
    for minor in range(20, 10, -1):
        found = shutil.which(f"python3.{minor}")
        if found and f"3.{minor}" != here and run(found, "-c", "import batch_entry").returncode == 0:
            return found
    return None


@pytest.fixture
def other() -> str:
    """Another interpreter, or a skip."""
    if (found := another_python()) is None:
        pytest.skip("no interpreter of another version on the path has the package's dependencies")
    return found


def write_news(path: Path) -> Path:
    """Rows with letters that are new, and broken ones that versions of Python explain in different words."""
    rows = [json.dumps({"id": f"{NEW_LETTERS}{i}", "text": f"Story {NEW_LETTERS} {i}."}) for i in range(40)]
    rows[1:1] = ['{"text": "one",}', '{"text" "two"}', '{"text": "thr']
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("order", ["this one begins", "the other begins"])
def test_resume(tmp_path: Path, other: str, order: str) -> None:
    """Rows committed under one version of Python are recognised under another."""
    news = write_news(tmp_path / "news.jsonl")
    argv = ("--", news, "-o", tmp_path / "out.jsonl", "--chunk-rows", "4")
    first, second = (sys.executable, other) if order == "this one begins" else (other, sys.executable)

    broken_off = run(first, HERE / "batch_entry.py", "--file-limit", "4000", *argv)
    assert "the same command goes on" in broken_off.stderr
    assert json.loads((tmp_path / "out.jsonl.manifest.json").read_text())["rows"] >= 4
    done = run(second, HERE / "batch_entry.py", *argv)

    assert done.returncode == 3, done.stderr
    rows = [json.loads(line)["row"] for line in (tmp_path / "out.jsonl").open(encoding="utf-8")]
    assert rows == [1, *range(5, 44)]


def test_settings(tmp_path: Path, other: str) -> None:
    """What a detector says that it is does not depend on the version of Python."""
    from inconsistency.calibration_file import save_calibrations
    from inconsistency.detector import Detector
    from inconsistency.testing import FakeScorer
    from test_decision import CALIBRATION

    save_calibrations([replace(CALIBRATION, model="fake", fitted={"on": NEW_LETTERS})], tmp_path / "c.json")
    code = (
        "import json, sys; from inconsistency import Detector; from inconsistency.testing import FakeScorer; "
        "print(json.dumps(Detector(FakeScorer(), calibration=sys.argv[1]).settings()))"
    )

    there: dict[str, Any] = json.loads(run(other, "-c", code, tmp_path / "c.json").stdout)

    assert there == Detector(FakeScorer(), calibration=tmp_path / "c.json").settings()
