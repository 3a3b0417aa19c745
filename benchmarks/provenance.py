"""What every result says of its making (machine, commit), and how it gets into a document."""

from __future__ import annotations

import contextlib
import datetime
import json
import platform
import subprocess
import sys
from pathlib import Path

from inconsistency.nli.loading import DEFAULT

REPOSITORY = Path(__file__).parents[1]
CALIBRATION = DEFAULT / "calibration.json"
PLOTS = REPOSITORY / "docs/plots"


def commit() -> str:
    """The commit, marked when the working tree differs from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    head = git("rev-parse", "--short", "HEAD") or "none"
    return head + (" with changes" if git("status", "--porcelain") else "")


def weights() -> str:
    """Digest of the embedded model's files, from its calibration: whether a table is of these weights."""
    return str(json.loads(CALIBRATION.read_text(encoding="utf-8"))["model_digest"])


def processor() -> str:
    """Model name of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def say(text: str) -> None:
    """Progress, on standard error so that standard output is left to results."""
    print(f"[{datetime.datetime.now():%H:%M:%S}] {text}", file=sys.stderr, flush=True)
