"""The manifest of a run, and whether the files in the way of another run are that run's own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from inconsistency.batch.outputs import Outputs
from inconsistency.batch.scoring import Tally
from inconsistency.errors import InputError

MANIFEST_VERSION = 2


@dataclass(slots=True)
class State:
    """Content of the manifest.

    Attributes:
        config: everything, apart from the input, on which the result depends.
        inputs: fingerprint of each input.
        state: "scoring", then "scored" when only the final files are to be made, then "complete".
        rows: how many rows are committed.
        digest: of these rows.
        bytes: committed length of each growing file.
        tally: counts over these rows.
    """

    config: dict[str, Any]
    inputs: list[dict[str, Any]]
    state: Literal["scoring", "scored", "complete"] = "scoring"
    rows: int = 0
    digest: str = ""
    bytes: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


def read_manifest(path: Path) -> State | None:
    """Read what a run has left; None when there is nothing.

    Raises:
        InputError: it is something else.
    """
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_bytes())
        if data.pop("version") != MANIFEST_VERSION:
            raise ValueError("made by another version")
        return State(**{**data, "tally": Tally(**data["tally"])})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a manifest of this program: {error}") from error


def refuse_other(outputs: Outputs, old: State | None, fresh: State) -> None:
    """Explain why the files in the way cannot be continued.

    Raises:
        InputError: there are any.
    """
    if old is None:
        there = [p for n in outputs.tables if (p := outputs.target(n)).exists()]
        if there:
            raise InputError(f"{there[0]} exists already; use another name or --overwrite")
        return
    changes = [
        f"{key} was {old.config.get(key)!r}, now {fresh.config.get(key)!r}"
        for key in sorted(old.config.keys() | fresh.config.keys())
        if old.config.get(key) != fresh.config.get(key)
    ]
    if old.inputs != fresh.inputs:
        changes.append("the input is another one or its content has changed")
    whole = old.state == "complete"
    raise InputError(
        f"{outputs.output} belongs to {'a' if whole else 'an unfinished'} run with other settings or input: "
        f"{'; '.join(changes)}. "
        + (
            "Use another --output, or --overwrite to replace that run's result."
            if whole
            else "To continue that run, repeat its command on its input. Otherwise use another --output, or "
            f"--overwrite, which gives up the {old.rows:,} rows that it has scored."
        )
    )


def refuse_foreign(outputs: Outputs, old: State | None, fresh: State) -> None:
    """See that no file is emptied which the run before this one did not make.

    Raises:
        InputError: there is one with something in it.
    """
    own: set[str] = set()
    if old is not None and old.state != "complete":
        # It may have written to its files without committing. Those of another pairs table are not its own.
        own = set(outputs.growing) if _same_pairs(old, fresh) else {"output", "errors"}
    elif old is not None and old.bytes.get("errors"):
        own = {"errors"}
    for name in outputs.growing:
        path = outputs.part(name)
        if name not in own and path.is_file() and path.stat().st_size:
            raise InputError(
                f"{path} is in the way: no run that is known here made it. "
                "Move it elsewhere, use another name, or --overwrite to lose what is in it"
            )


def _same_pairs(old: State, fresh: State) -> bool:
    return old.config.get("pairs") == fresh.config.get("pairs")
