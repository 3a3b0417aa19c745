"""Names of the files that a run writes, growing and final."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go.

    Attributes:
        output: one row an article.
        pairs: one row a contradiction, None when not asked for.
    """

    output: Path
    pairs: Path | None = None

    @property
    def errors(self) -> Path:
        """Rows that could not be scored."""
        return self.output.with_name(self.output.name + ".errors.jsonl")

    @property
    def manifest(self) -> Path:
        """State of the run."""
        return self.output.with_name(self.output.name + ".manifest.json")

    def part(self, name: str) -> Path:
        """The growing file behind "output", "pairs" or "errors"."""
        if name == "errors":
            return self.errors
        target = self.target(name)
        return target.with_name(target.name + ".part")

    def target(self, name: str) -> Path:
        """The final file of "output" or "pairs"."""
        return self.pairs if name == "pairs" and self.pairs else self.output

    @property
    def final(self) -> tuple[Path, ...]:
        """Files that are there at the end and look like tables."""
        return (*(self.target(name) for name in self.tables), self.errors)

    @property
    def growing(self) -> tuple[str, ...]:
        """Names of the files that grow, for `part`."""
        return (*self.tables, "errors")

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that are asked for."""
        return ("output", "pairs") if self.pairs else ("output",)
