"""The public surface: adding a name is a deliberate act, and importing it costs nothing."""

from __future__ import annotations

import doctest
import gc
import inspect
import os
import re
import subprocess
import sys
import weakref
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest

import inconsistency
from inconsistency import Detector, InputError, errors
from inconsistency.nli.loading import DEFAULT
from inconsistency.options import DetectorOptions
from inconsistency.testing import FakeScorer

PUBLIC = [
    "Article",
    "BackendName",
    "CalibrationError",
    "Clash",
    "Contradiction",
    "Counts",
    "Detector",
    "Evidence",
    "InconsistencyError",
    "InputError",
    "Kind",
    "LLMVerifier",
    "LimitReachedError",
    "MissingExtraError",
    "ModelError",
    "NliScores",
    "PresetName",
    "Report",
    "Scorer",
    "Sentence",
    "TextKind",
    "Verdict",
    "Verifier",
    "VerifierError",
    "check",
]
TEXT = "The mill is open. The mill is closed."
AT_IMPORT = """
import logging, warnings
before = (list(warnings.filters), list(logging.root.handlers), logging.root.level)
import inconsistency
assert before == (list(warnings.filters), list(logging.root.handlers), logging.root.level)
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
    """Each public name can be imported and says what it is; one that stands for values, which these are."""
    found = getattr(inconsistency, name)

    assert found.__doc__ or get_args(found)


@pytest.mark.skipif(not (DEFAULT / "config.json").is_file(), reason="this checkout has no embedded model")
def test_the_docstring_shows_what_comes_out() -> None:
    """The module's docstring runs, and shows what is printed, up to the digits of the model."""

    class UpToDigits(doctest.OutputChecker):
        def check_output(self, want: str, got: str, flags: int) -> bool:
            return re.sub(r"\d", "0", want) == re.sub(r"\d", "0", got)

    example = doctest.DocTestParser().get_doctest(inconsistency.__doc__ or "", {}, "inconsistency", None, 0)
    shown: list[str] = []

    assert doctest.DocTestRunner(UpToDigits()).run(example, out=shown.append) == (0, 5), "".join(shown)


def test_unknown_name() -> None:
    """A mistyped name is an AttributeError, not a half-loaded module."""
    with pytest.raises(AttributeError, match="has no attribute 'Detectr'"):
        inconsistency.Detectr  # noqa: B018 (the access is what is tested)


def test_one_base_for_all_errors() -> None:
    """Every error that the package raises on purpose can be caught by one class, drawn in the module."""
    own = [v for v in vars(errors).values() if isinstance(v, type)]

    assert all(issubclass(error, inconsistency.InconsistencyError) for error in own)
    assert all(error.__name__ in (errors.__doc__ or "") for error in own)


def imported(*arguments: str) -> set[str]:
    """What Python imports for a call beyond what it always imports, without the standard library."""

    def modules(*call: str) -> set[str]:
        environment = os.environ | {"PYTHONPATH": str(Path(inconsistency.__file__).parents[1])}
        run = [sys.executable, "-X", "importtime", *call]
        done = subprocess.run(run, capture_output=True, check=True, text=True, env=environment)
        return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}

    found = modules(*arguments) - modules("-c", "")
    # `copy` of the standard library asks for "org.python.core", which only Jython has.
    return {name for name in found if name.partition(".")[0] not in {*sys.stdlib_module_names, "org"}}


def test_import_loads_nothing_heavy_and_changes_nothing() -> None:
    """`import inconsistency` loads no other package and no stage, and leaves logging and warning filters alone."""
    own = {"accepted", "errors", "options", "version"}

    assert imported("-c", AT_IMPORT) == {"inconsistency", *(f"inconsistency.{name}" for name in own)}


def test_help_loads_the_parser_alone() -> None:
    """`--help` loads no other package, no stage, and of batch runs and of the page only what declares their options."""
    own = {
        "accepted", "addresses", "arguments", "batch", "batch.command", "batch.input", "cli", "console",
        "errors", "exit_codes", "options", "serve", "serve.command", "serve.requests", "version", "writable",
    }  # fmt: skip

    assert imported("-m", "inconsistency", "--help") == {"inconsistency", *(f"inconsistency.{name}" for name in own)}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Detector]:
    """The detectors that are made, with none kept from before."""
    kept: list[Detector] = []
    real = Detector.__init__

    def count(self: Detector, *arguments: Any, **options: Any) -> None:
        real(self, *arguments, **options)
        kept.append(self)

    monkeypatch.setattr(Detector, "__init__", count)
    monkeypatch.setattr(inconsistency, "_kept", OrderedDict())
    return kept


def test_a_detector_is_kept_for_each_set_of_options(made: list[Detector]) -> None:
    """Asked again with the same options, in whichever order, `check` loads no model again."""
    for _ in range(2):
        inconsistency.check(TEXT)
        inconsistency.check(TEXT, false_flags="broad", evidence=False)
        inconsistency.check(TEXT, evidence=False, false_flags="broad")

    assert len(made) == 2
    assert [detector.false_flags for detector in made] == [0.1, 0.5]


def test_few_detectors_are_kept(made: list[Detector]) -> None:
    """Models do not pile up in memory: those asked for last are kept, whichever were made first."""
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.1, 0.5):
        inconsistency.check(TEXT, threshold=threshold)
    assert len(made) == 5
    inconsistency.check(TEXT, threshold=0.1)
    assert len(made) == 5
    inconsistency.check(TEXT, threshold=0.2)
    assert len(made) == 6


@pytest.mark.parametrize("name", ["threshold", "evidence", "max_pairs"])
def test_equal_is_not_the_same(made: list[Detector], name: str) -> None:
    """True equals 1 in Python; what is refused as one is refused although the other is kept."""
    accepted, refused = (True, 1) if name == "evidence" else (1, True)
    inconsistency.check(TEXT, **{name: accepted})

    with pytest.raises(InputError, match=f"{name} is {refused}; accepted are"):
        inconsistency.check(TEXT, **{name: refused})


def test_scorers_are_not_kept(made: list[Detector]) -> None:
    """An object of the caller's is used as it is, whether or not it can be hashed, and let go afterwards."""

    class Unhashable(FakeScorer):
        __hash__ = None  # type: ignore[assignment]

    for kind in (FakeScorer, Unhashable):
        scorer = kind({("open", "closed"): 0.9})
        assert inconsistency.check(TEXT, model=scorer).flagged
        assert made.pop().scorer is scorer
        seen = weakref.ref(scorer)
        del scorer
        gc.collect()
        assert seen() is None
    with pytest.raises(InputError, match=r"threshold is \[\]"):
        inconsistency.check(TEXT, threshold=[])


def test_threads_share_what_is_kept(made: list[Detector]) -> None:
    """Threads that ask at the same time load a model once, and get the same report."""
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(lambda _: inconsistency.check(TEXT, evidence=False), range(16)))

    assert len(made) == 1
    assert all(report == reports[0] for report in reports)


def test_check_has_the_options_of_a_detector() -> None:
    """`check` and `Detector` take the same options with the same defaults, which stand in one place."""
    of_detector = dict(inspect.signature(Detector).parameters)
    of_check = dict(inspect.signature(inconsistency.check).parameters)

    assert {name: p.default for name, p in of_detector.items()} == DetectorOptions().keywords()
    assert [*of_check][:2] == ["text", "headline"]
    assert {n: (p.default, p.annotation) for n, p in of_check.items() if n not in ("text", "headline")} == {
        n: (p.default, p.annotation) for n, p in of_detector.items()
    }


def test_typed() -> None:
    """The package tells type checkers that it is typed."""
    assert (Path(inconsistency.__file__).parent / "py.typed").is_file()


def test_the_reference_names_everything_there_is() -> None:
    """docs/api.md has every public name, option, field and kind, and its example runs."""
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
