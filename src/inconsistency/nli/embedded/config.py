"""What the folder of an export says of the model: `config.json`, and whether all its files are there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from inconsistency.errors import ModelError
from inconsistency.nli.labels import label_order


class DismissRule(NamedTuple):
    """When a rougher score may dismiss: below `floor`, if the exit head's own floor is at least `exit`."""

    exit: float = 1.0
    floor: float = 0.0

    def under(self, exit_floor: float) -> float:
        """The floor that holds while the exit head's own is `exit_floor`; 0 dismisses nothing."""
        return self.floor if exit_floor >= self.exit else 0.0


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of an export.

    Attributes:
        name: of the model, with its precision.
        order: positions of entailment, neutral and contradiction in the logits.
        kinds: what the kind head tells apart, in its order; empty without one.
        max_tokens: most tokens of a sentence that are read.
        early: when the early head may dismiss; None without one.
        prefilter: when the prefilter may; None without one.
    """

    name: str
    order: tuple[int, int, int]
    kinds: tuple[str, ...]
    max_tokens: int
    early: DismissRule | None
    prefilter: DismissRule | None

    @property
    def graphs(self) -> tuple[str, ...]:
        """Names of the graphs, without their ending."""
        early = ("early",) if self.early else ()
        prefilter = ("glance_sentence", "glance_pair") if self.prefilter else ()
        return ("lower", "middle", "upper", *early, *prefilter)


def read_config(folder: Path) -> Config:
    """The settings of a folder that has all its files.

    Raises:
        ModelError: a file or a setting is missing or damaged, or the labels are not the three of NLI.
    """
    path = folder / "config.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds no JSON object")
    wanted = {"name": str, "precision": str, "max_tokens": int}
    wrong = [key for key, kind in wanted.items() if not isinstance(found.get(key), kind)]
    wrong += [key for key in ("early", "glance") if key in found and not _is_rule(found[key])]
    if wrong:
        raise ModelError(f"{path} lacks {', '.join(wrong)}, or has them in another form than the export writes")
    name = f"{found['name']} ({found['precision']})"
    config = Config(
        name=name,
        order=label_order(found.get("id2label"), name),
        kinds=tuple(found.get("kinds", ())),
        max_tokens=found["max_tokens"],
        early=DismissRule(**found["early"]) if "early" in found else None,
        prefilter=DismissRule(**found["glance"]) if "glance" in found else None,
    )
    files = ["tokenizer.json", "relative_bias.npy", *(f"{graph}.onnx" for graph in config.graphs)]
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        raise ModelError(f"{folder} lacks {', '.join(missing)}, needed by the embedded model's engine")
    return config


def _is_rule(found: Any) -> bool:
    return isinstance(found, dict) and set(found) == set(DismissRule._fields)
