"""How long src/ is: lines that are not blank, by folder and by what they are.

`python scripts/lines.py` prints the table and exits with 1 where a file or a function is too long;
`--write` puts it into CONTRIBUTING.md, too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "inconsistency"
PAGE = ROOT / "CONTRIBUTING.md"
LONGEST_FILE, LONGEST_FUNCTION = 300, 45
WHOLE = 8000  # lines that are aimed at
PARTS = ("code", "docstrings", "imports", "comments")
# What a program that checks one plain text in English does without.
APART = {
    "batch": "`score`",
    "verify": "a second reader",
    "serve": "the local page",
    "files": "HTML, Word and PDF files",
    "integrations": "datasets, Ray and scikit-learn",
}
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def parts(source: str) -> Counter[str]:
    """Lines of a module that are not blank, by what they are."""
    lines = source.splitlines()
    kinds = ["comments" if line.lstrip().startswith("#") else "code" for line in lines]
    for node in ast.walk(ast.parse(source)):
        found: ast.stmt | None = node if isinstance(node, ast.Import | ast.ImportFrom) else None
        kind = "imports"
        if isinstance(node, ast.Module | ast.ClassDef | FUNCTION) and ast.get_docstring(node, clean=False):
            found, kind = node.body[0], "docstrings"
        if found:
            for k in range(found.lineno - 1, found.end_lineno or found.lineno):
                kinds[k] = kind
    return Counter(kind for kind, line in zip(kinds, lines, strict=True) if line.strip())


def too_long(path: Path) -> Iterator[str]:
    """What is longer in a module than the house allows, a line each."""
    source = path.read_text(encoding="utf-8")
    length = len(source.splitlines())
    if length > LONGEST_FILE:
        yield f"{path.relative_to(ROOT)}: {length} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, FUNCTION) and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION:
            yield f"{path.relative_to(ROOT)}: {node.name} has {lines} lines"


def table() -> str:
    """The lines of each folder in Markdown, and what they add up to."""
    folders: dict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).parts
        folders[place[0] if len(place) > 1 else ""] += parts(path.read_text(encoding="utf-8"))
    rows = [f"| {name}/ | {lines.total():,} | " + " | ".join(f"{lines[p]:,}" for p in PARTS) + " |"
            for name, lines in sorted(folders.items())]  # fmt: skip
    whole = sum(folders.values(), Counter())
    apart = [f"{folders[name].total():,} for {words}" for name, words in APART.items()]
    return "\n".join([
        f"| src/inconsistency/ | lines | {' | '.join(PARTS)} |",
        f"|---|{'--:|' * (len(PARTS) + 1)}",
        *rows,
        f"| all | {whole.total():,} | " + " | ".join(f"{whole[p]:,}" for p in PARTS) + " |",
        "",
        f"{WHOLE:,} were aimed at, and {whole.total() - WHOLE:,} are more. The features that checking one plain "
        f"text does without cost {', '.join(apart)}; without them "
        f"{whole.total() - sum(folders[name].total() for name in APART):,} are left.",
    ])  # fmt: skip


def main(argv: list[str]) -> int:
    """Print the table, and with `--write` put it on the page."""
    made = table()
    print(made)
    if "--write" in argv:
        text = PAGE.read_text(encoding="utf-8")
        marked = re.compile(r"(<!-- lines:start -->\n).*?(\n<!-- lines:end -->)", re.DOTALL)
        PAGE.write_text(marked.sub(lambda found: found[1] + made + found[2], text), encoding="utf-8")
    longer = [line for path in sorted(PACKAGE.rglob("*.py")) for line in too_long(path)]
    print("".join(f"too long: {line}\n" for line in longer), end="")
    return 1 if longer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
