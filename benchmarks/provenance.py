"""What every result says of its making (machine, commit), and how it gets into a document."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inconsistency.nli.loading import DEFAULT

REPOSITORY = Path(__file__).parents[1]
CALIBRATION = DEFAULT / "calibration.json"
PLOTS = REPOSITORY / "docs/plots"


def about(module: str, given: Sequence[str], model: str = "default") -> dict[str, Any]:
    """What a result says of its making; asked for as a run begins, before it changes the tree.

    Args:
        module: of `benchmarks`.
        given: its arguments.
        model: what it reads with; the embedded model is named by its digest.
    """
    return {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
        "commit": commit(),
        "weights": weights() if model == "default" else model,
        "command": "python -m " + shlex.join([f"benchmarks.{module}", *given]),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 1),
        },
    }


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
