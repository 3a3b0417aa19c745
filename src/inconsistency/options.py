"""The options of a detector: each with its default and what it accepts, once for every way to give it.

Importing this imports nothing heavy: `inconsistency.check` takes its defaults from here.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from inconsistency.accepted import is_number, probability, require_switches, require_whole
from inconsistency.errors import EMPTY_ARTICLE, InputError, ModelError

if TYPE_CHECKING:
    from inconsistency.nli import Scorer
    from inconsistency.verify import Verifier

BackendName = Literal["auto", "onnx", "torch"]
"""What runs a model; "auto" takes ONNX where the model's folder has a graph."""
PresetName = Literal["strict", "default", "broad"]
"""How strict to be, by name."""
TextKind = Literal["published", "generated"]
"""What articles are: edited by somebody, or written by a machine and left so."""
LONGEST_PATH = 4096  # characters; no system takes longer ones


class Strictness(NamedTuple):
    """From where on pairs are flagged: a probability, 0-1, or a promise that the probability is to keep.

    One of the two is None. The promise is a mean number of false flags per clean article, above 0.
    """

    threshold: float | None
    false_flags: float | None


@dataclass(frozen=True)
class DetectorOptions:
    """Options of a `Detector`, whose docstring says what each means; here are their types and defaults.

    Making one checks them, before a model is loaded.

    Raises:
        InputError: an option has a value that is not accepted.
        ModelError: the model's name can be no model.
    """

    model: str | Path | Scorer = "default"
    backend: BackendName = "auto"
    threshold: float | None = None
    false_flags: float | PresetName = "default"
    text_kind: TextKind = "published"
    screen: bool = True
    evidence: bool = True
    calibration: str | Path | None = None
    threads: int | None = None
    max_pairs: int | None = 20_000
    self_test: bool = True
    verifier: Verifier | None = None
    candidates: int = 20
    top: int = 3

    def __post_init__(self) -> None:
        """Refuse what is not accepted."""
        _require_model(self.model)
        if self.backend not in get_args(BackendName):
            raise InputError(f"backend is {self.backend!r}; accepted are {', '.join(get_args(BackendName))}")
        if self.text_kind not in get_args(TextKind):
            raise InputError(f"text_kind is {self.text_kind!r}; accepted are {', '.join(get_args(TextKind))}")
        self.strictness()
        require_switches(screen=self.screen, evidence=self.evidence, self_test=self.self_test)
        if not isinstance(self.calibration, str | Path | None):
            raise InputError(f"calibration is {self.calibration!r}; accepted are None and the path of a file")
        require_whole(1, or_none=True, threads=self.threads, max_pairs=self.max_pairs)
        require_whole(1, candidates=self.candidates)
        require_whole(0, top=self.top)
        _require_verifier(self.verifier)

    def strictness(self) -> Strictness:
        """From where on pairs are flagged; an explicit threshold wins."""
        promise = false_flags(self.false_flags)
        if self.threshold is None:
            return Strictness(None, promise)
        return Strictness(probability(self.threshold, "threshold"), None)

    def override(self, **wanted: Any) -> DetectorOptions:
        """The options with what a single article asks for in their place; None asks for nothing.

        Raises:
            InputError: a value is not accepted, or a threshold and false flags are given both.
        """
        wanted = {name: value for name, value in wanted.items() if value is not None}
        if {"threshold", "false_flags"} <= wanted.keys():
            both = " and ".join(f"{name} is {wanted[name]!r}" for name in ("threshold", "false_flags"))
            raise InputError(f"{both}; accepted is one of the two")
        if "false_flags" in wanted:
            wanted["threshold"] = None
        return dataclasses.replace(self, **wanted) if wanted else self

    def keywords(self) -> dict[str, Any]:
        """The options as keywords of `Detector`."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def false_flags(value: float | str) -> float:
    """Promised false flags per clean article, above 0; a preset's name stands for its number.

    Raises:
        InputError: there is no such preset, or it is no number above 0.
    """
    from inconsistency.decision import PRESETS

    if isinstance(value, str) and value in PRESETS:
        return PRESETS[value]
    if isinstance(value, str) or not is_number(value) or not 0 < value < math.inf:
        raise InputError(f"false_flags is {value!r}; accepted are {', '.join(PRESETS)} or a number above 0")
    return float(value)


def _require_model(model: object) -> None:
    """Refuse what can be no model, before anything is looked for on the hub."""
    from inconsistency.decision import PRESETS
    from inconsistency.nli import Scorer
    from inconsistency.nli.loading import is_folder

    if not isinstance(model, str | Path | Scorer):
        raise InputError(f"model is {model!r}; accepted are a name, a folder and a Scorer")
    if not isinstance(model, str) or model == "default" or "/" in model or is_folder(Path(model)):
        return
    if model in PRESETS:
        raise ModelError(
            f"no model {model!r}; it is a value of false_flags (--preset on the command line): "
            f"Detector(false_flags={model!r})"
        )
    raise ModelError(f"no model folder {model!r}; accepted are 'default', a folder, or a hub id like 'owner/name'")


def _require_verifier(verifier: object) -> None:
    """Refuse what can be no second reader."""
    from inconsistency.verify import Verifier

    if not isinstance(verifier, Verifier | None):
        raise InputError(f"verifier is {verifier!r}; accepted are None and an object with name and verify")


def require_words(text: str) -> None:
    """Refuse an article without any.

    Raises:
        InputError: it is empty or white space.
    """
    if not text.strip():
        raise InputError(EMPTY_ARTICLE)


def refuse_path(text: str) -> None:
    """Refuse the path of a file in place of its text: it would pass for an article without contradictions.

    Raises:
        InputError: the text is one line, and a file of that name is there.
    """
    if "\n" not in text and len(text) <= LONGEST_PATH and _is_file(text.strip()):
        raise InputError(f"{text.strip()!r} is the path of a file; give check the text of that file")


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # no file can have such a name
        return False
