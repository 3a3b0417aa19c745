"""What every result says of its making (machine, commit), and how it gets into a document."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def commit() -> str:
    """The commit, marked when the working tree differs from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    head = git("rev-parse", "--short", "HEAD") or "none"
    return head + (" with changes" if git("status", "--porcelain") else "")


def digest(path: Path) -> str:
    """Of a file that a result was made with, to know later whether it has changed since."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def processor() -> str:
    """Model name of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def write_between(start: str, end: str, path: Path, text: str) -> None:
    """Put text between two markers of a file.

    Raises:
        SystemExit: the file does not hold each marker once, in order.
    """
    whole = path.read_text(encoding="utf-8")
    if whole.count(start) != 1 or whole.count(end) != 1 or whole.find(start) > whole.find(end):
        raise SystemExit(f"{path} must hold {start} and after it {end}, once each")
    before, rest = whole.split(start)
    path.write_text(f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")
