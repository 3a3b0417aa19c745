"""The public surface: adding a name is a deliberate act, and importing it costs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import inconsistency
from inconsistency import errors

PUBLIC = [
    "Article",
    "CalibrationError",
    "Contradiction",
    "Detector",
    "InconsistencyError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "NliScores",
    "Report",
    "Scorer",
    "Sentence",
    "check",
]
AT_IMPORT = """
import json, logging, sys, warnings
before = (list(warnings.filters), list(logging.root.handlers), logging.root.level)
import inconsistency
after = (list(warnings.filters), list(logging.root.handlers), logging.root.level)
heavy = {"torch", "onnxruntime", "transformers", "sklearn", "numpy", "tokenizers", "huggingface_hub"}
print(json.dumps({"heavy": sorted(heavy & set(sys.modules)), "untouched": before == after}))
"""


def test_all_is_sorted_and_public() -> None:
    """`__all__` is exactly the public names, sorted."""
    assert inconsistency.__all__ == sorted(PUBLIC)


def test_dir_and_star_import_agree() -> None:
    """`dir` and `import *` show the public names and the version, nothing else."""
    space: dict[str, object] = {}
    exec("from inconsistency import *", space)

    assert sorted(set(space) - {"__builtins__"}) == inconsistency.__all__
    assert sorted(n for n in dir(inconsistency) if n != "__version__") == inconsistency.__all__


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    """Each public name can be imported and says what it is."""
    assert getattr(inconsistency, name).__doc__


def test_unknown_name() -> None:
    """A mistyped name is an AttributeError, not a half-loaded module."""
    with pytest.raises(AttributeError, match="has no attribute 'Detectr'"):
        inconsistency.Detectr  # noqa: B018 (the access is what is tested)


def test_one_base_for_all_errors() -> None:
    """Every error that the package raises on purpose can be caught by one class, drawn in the module."""
    own = [v for v in vars(errors).values() if isinstance(v, type)]

    assert all(issubclass(error, inconsistency.InconsistencyError) for error in own)
    assert all(error.__name__ in (errors.__doc__ or "") for error in own)


def test_import_loads_nothing_heavy_and_changes_nothing() -> None:
    """`import inconsistency` loads no model library and leaves logging and warning filters alone."""
    environment = os.environ | {"PYTHONPATH": str(Path(inconsistency.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT], capture_output=True, check=True, text=True, env=environment
    )

    assert json.loads(done.stdout) == {"heavy": [], "untouched": True}


def test_typed() -> None:
    """The package tells type checkers that it is typed."""
    assert (Path(inconsistency.__file__).parent / "py.typed").is_file()


def test_the_reference_names_everything_there_is() -> None:
    """docs/api.md has every public name, option, field and kind, and its example runs."""
    import inspect
    import re
    from dataclasses import fields

    from inconsistency import Contradiction, Detector, NliScores, Report, Sentence
    from inconsistency.decision import PRESETS
    from inconsistency.evidence import KINDS, Clash, Evidence
    from inconsistency.report import Counts

    text = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    wanted = {*inspect.signature(Detector).parameters, *KINDS, *PRESETS, *PUBLIC}
    wanted |= {name for name in vars(Detector) if not name.startswith("_")}
    shown = (Report, Contradiction, Sentence, Counts, NliScores, Evidence, Clash)
    wanted |= {f.name for one in shown for f in fields(one)}

    assert wanted <= set(re.findall(r"\w+", text))
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(example, {})
