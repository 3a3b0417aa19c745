"""What the folder of an export says of the model: `config.json`, and whether all its files are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inconsistency.errors import ModelError
from inconsistency.nli._settings import read_settings
from inconsistency.nli.labels import label_order

GRAPHS = ("lower", "glance_sentence", "glance_pair", "exit", "reader")
"""Names of the graphs, without their ending."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of an export.

    Attributes:
        name: of the model, with its precision.
        order: positions of entailment, neutral and contradiction in the logits.
        kinds: what the kind head tells apart, in its order.
        max_tokens: most tokens of a sentence that are read.
    """

    name: str
    order: tuple[int, int, int]
    kinds: tuple[str, ...]
    max_tokens: int


def read_config(folder: Path) -> Config:
    """The settings of a folder that has all its files.

    Raises:
        ModelError: a file or a setting is missing or damaged, or the labels are not the three of NLI.
    """
    found = read_settings(folder)
    wanted = {"name": str, "precision": str, "max_tokens": int, "kinds": list}
    wrong = [key for key, kind in wanted.items() if not isinstance(found.get(key), kind)]
    if wrong:
        path = folder / "config.json"
        raise ModelError(f"{path} lacks {', '.join(wrong)}, or has them in another form than the export writes")
    files = ["tokenizer.json", "relative_bias.npy", *(f"{graph}.onnx" for graph in GRAPHS)]
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        raise ModelError(f"{folder} lacks {', '.join(missing)}, needed by the embedded model's engine")
    name = f"{found['name']} ({found['precision']})"
    order = label_order(found.get("id2label"), name)
    return Config(name, order, tuple(found["kinds"]), found["max_tokens"])
