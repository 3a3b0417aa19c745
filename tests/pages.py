"""Run what a page shows: its Python and its commands, from top to bottom, and what each of them prints.

    python tests/pages.py    # writes every printed block anew, and the notebook; for when the model has changed

A block of `python` or `bash` is run, a block of `text` after it is what it prints: whole, or as many lines of it as
stand before or after a line of "...". A block of `shell` is only read.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inconsistency import cli

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *(DOCS / f"{name}.md" for name in (
    "index", "tutorial", "reading-a-report", "presets", "filtering-model-output", "faq", "json",
)))  # fmt: skip
NOTEBOOK = DOCS / "tutorial.ipynb"
BLOCK = re.compile(r"^( *)```(python|bash|text)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
CUT = "..."


def run(content: str, names: dict[str, Any], language: str) -> str:
    """What a block prints; a command exits as one that found something, or nothing, does."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if language == "python":
            exec(content, names)
        else:
            for command in content.splitlines():
                assert cli.main(shlex.split(command, comments=True)[1:]) in (0, 1), command
    return "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())


def as_shown(printed: str, block: str) -> str:
    """What is printed, cut to as many lines as a block that begins or ends with "..." has."""
    lines = block.splitlines()
    if lines and lines[0] == CUT:
        return "".join(f"{line}\n" for line in [CUT, *printed.splitlines()[1 - len(lines) :]])
    if lines and lines[-1] == CUT:
        return "".join(f"{line}\n" for line in [*printed.splitlines()[: len(lines) - 1], CUT])
    return printed


def rewritten(path: Path) -> Iterator[tuple[str, str, str]]:
    """Each printed block of a page as (indented block, what it says, what it should say)."""
    names: dict[str, Any] = {}
    printed = ""
    for whole in BLOCK.finditer(path.read_text(encoding="utf-8")):
        indent, language, content = whole.groups()
        content = textwrap.dedent(content)
        if language != "text":
            printed = run(content, names, language)
            continue
        said = as_shown(printed, content)
        block = textwrap.indent(f"```text\n{said}```", indent, lambda line: line.strip() != "")
        yield block, content, said


@contextlib.contextmanager
def desk() -> Iterator[None]:
    """A folder of its own with the examples in it, and a terminal of 100 columns without colour."""
    kept = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(ROOT / "examples", "examples")
        yield
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def notebook(page: str) -> dict[str, Any]:
    """A page as a notebook: its text, its blocks as cells, and what they print as their output."""
    cells: list[dict[str, Any]] = []

    def add(kind: str, source: str, **more: Any) -> None:
        if source.strip():
            cell = {"cell_type": kind, "id": f"cell-{len(cells)}", "metadata": {}, "source": source.strip("\n")}
            cells.append(cell | more)

    end = 0
    for found in BLOCK.finditer(page):
        add("markdown", page[end : found.start()])
        end = found.end()
        _, language, content = found.groups()
        if language == "text":
            cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": content}]
            continue
        source = content if language == "python" else re.sub("^", "!", content.strip(), flags=re.MULTILINE)
        add("code", source, execution_count=None, outputs=[])
    add("markdown", page[end:])
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def as_json(cells: dict[str, Any]) -> str:
    """The notebook's file."""
    return json.dumps(cells, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write what the pages print, and the notebook."""
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        with desk():
            new = iter(list(rewritten(path)))
        written = BLOCK.sub(lambda m, new=new: next(new)[0] if m[2] == "text" else m[0], text)
        if written != text:
            path.write_text(written, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} now shows what comes out")
    NOTEBOOK.write_text(as_json(notebook((DOCS / "tutorial.md").read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
