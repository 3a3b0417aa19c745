"""Values that callers give a detector -> values it can use, or an error that names what is accepted."""

from __future__ import annotations

import math
from numbers import Real
from pathlib import Path

from inconsistency.decision import PRESETS
from inconsistency.errors import EMPTY_ARTICLE, InputError, ModelError
from inconsistency.nli.loading import is_folder

LONGEST_PATH = 4096  # characters; no system takes longer ones


def probability(value: float, name: str) -> float:
    """A number from 0 to 1.

    Raises:
        InputError: it is something else. True and False are no numbers here, though Python has them as such.
    """
    if not _is_number(value) or not 0 <= value <= 1:
        hint = f" ({value:g} % is {value / 100:g})" if _is_number(value) and 1 < value <= 100 else ""
        raise InputError(f"{name} is {value!r}; accepted are numbers from 0 to 1{hint}")
    return float(value)


def false_flags(value: float | str) -> float:
    """Promised false flags per clean article, above 0; a preset's name stands for its number.

    Raises:
        InputError: there is no such preset, or it is no number above 0.
    """
    if isinstance(value, str) and value in PRESETS:
        return PRESETS[value]
    if isinstance(value, str) or not _is_number(value) or not 0 < value < math.inf:
        raise InputError(f"false_flags is {value!r}; accepted are {', '.join(PRESETS)} or a number above 0")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def require_switches(**values: object) -> None:
    """Refuse what is neither True nor False: "no" counts as true in Python.

    Raises:
        InputError: one is something else.
    """
    for name, value in values.items():
        if not isinstance(value, bool):
            raise InputError(f"{name} is {value!r}; accepted are True and False")


def require_counts(**values: object) -> None:
    """Refuse what is neither None nor a whole number from 1.

    Raises:
        InputError: one is something else.
    """
    for name, value in values.items():
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise InputError(f"{name} is {value!r}; accepted are None and whole numbers from 1")


def require_model_name(model: str) -> None:
    """Refuse a name that can be no model, before anything is looked for on the hub.

    Raises:
        ModelError: it is neither "default", nor a folder, nor like a hub id, which is "owner/name".
    """
    if model == "default" or "/" in model or is_folder(Path(model)):
        return
    if model in PRESETS:
        raise ModelError(
            f"no model {model!r}; it is a value of false_flags (--false-flags on the command line): "
            f"Detector(false_flags={model!r})"
        )
    raise ModelError(f"no model folder {model!r}; accepted are 'default', a folder, or a hub id like 'owner/name'")


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
