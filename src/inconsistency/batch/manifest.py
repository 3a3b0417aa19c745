"""The manifest of a run: what is committed, and whether files in the way belong to the run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from inconsistency.batch.engine import Tally
from inconsistency.batch.output import Outputs
from inconsistency.errors import InputError

MANIFEST_VERSION = 2


@dataclass(slots=True)
class State:
    """Content of the manifest."""

    config: dict[str, Any]  # everything, apart from the input, on which the result depends
    inputs: list[dict[str, Any]]  # fingerprint of each
    state: Literal["scoring", "scored", "complete"] = "scoring"  # "scored": only final files are to be made
    rows: int = 0  # how many are committed
    digest: str = ""  # of these rows
    bytes: dict[str, int] = field(default_factory=dict)  # committed length of each growing file
    tally: Tally = field(default_factory=Tally)  # over these rows

    @classmethod
    def fresh(cls, config: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]]) -> State:
        """The state of a run that begins; plain types, made equal to what a manifest would hold."""
        return cls(json.loads(json.dumps(dict(config))), json.loads(json.dumps(list(inputs))))


def read_manifest(path: Path) -> State | None:
    """Read what a run has left; None when there is nothing."""
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_bytes())
        if data.pop("version") != MANIFEST_VERSION:
            raise ValueError("made by another version of it")
        return State(**{**data, "tally": Tally(**data["tally"])})
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a manifest of this program: {error}") from error


def write_manifest(path: Path, state: State) -> None:
    """Put a manifest in the place of the old one, in one step that outlives a crash of the machine."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="ascii") as stream:
        json.dump({"version": MANIFEST_VERSION, **asdict(state)}, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    if os.name == "posix":
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def refuse_other(outputs: Outputs, old: State | None, fresh: State) -> None:
    """Explain why files in the way cannot be continued, if there are any."""
    if old is None:
        if there := [table.final for table in outputs.tables if table.final.exists()]:
            raise InputError(f"{there[0]} exists already; use another name or --overwrite")
        return
    changes = [
        f"{key} was {old.config.get(key)!r}, now {fresh.config.get(key)!r}"
        for key in sorted(old.config.keys() | fresh.config.keys())
        if old.config.get(key) != fresh.config.get(key)
    ]
    if old.inputs != fresh.inputs:
        changes.append("the input is another one or its content has changed")
    run, advice = "a", "Use another --output, or --overwrite to replace that run's result."
    if old.state != "complete":
        run, advice = "an unfinished", (
            "To continue that run, repeat its command on its input. Otherwise use another --output, or "
            f"--overwrite, which gives up the {old.rows:,} rows that it has scored."
        )
    changed = f"{run} run with other settings or input: {'; '.join(changes)}"
    raise InputError(f"{outputs.output} belongs to {changed}. {advice}")


def refuse_foreign(outputs: Outputs, old: State | None, fresh: State) -> None:
    """Refuse to empty a file, with something in it, which the run before this one did not make."""
    own: set[str] = set()
    if old is not None and old.state == "complete":
        own = {"errors"} if old.bytes.get("errors") else set()
    elif old is not None:
        # It may have written to its files without committing. Those of another pairs table are not its own.
        own = {"errors", "output"} | _same(old, fresh, pairs="pairs", html="index")
    found = [f.part for f in outputs.growing if f.name not in own and f.part.is_file() and f.part.stat().st_size]
    if old is None or not _same(old, fresh, html="index"):
        found += outputs.old_pages()
    if found:
        raise InputError(
            f"{found[0]} is in the way: no run that is known here made it. "
            "Move it elsewhere, use another name, or --overwrite to lose what is in it"
        )


def _same(old: State, fresh: State, **tables: str) -> set[str]:
    """Those of the tables that an earlier run had under the same name; given by what settings call them."""
    return {table for name, table in tables.items() if old.config.get(name) == fresh.config.get(name)}
