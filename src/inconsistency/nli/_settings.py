"""A model folder's `config.json`, which every backend begins with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inconsistency.errors import ModelError


def read_settings(folder: Path) -> dict[str, Any]:
    """The settings of a model.

    Raises:
        ModelError: there are none, or they cannot be read.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(f"{folder} has no config.json, so it is not a model folder")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds no JSON object")
    return found
