"""What is flagged where a second reader is at work, and what may be promised of it: the one place that says so.

By itself nobody knows how often a model errs. `inconsistency calibrate --verify` counts its flags in clean
articles of the user's; `Measured` holds the counts, from which the confidence for a promise follows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inconsistency.errors import CalibrationError
from inconsistency.verify.verdict import Verdict

CONFIDENT = 0.5  # confidence from which a "contradiction" is flagged where nothing is measured, 0-1
FEWEST_CLEAN = 20  # clean articles without which nothing is promised


@dataclass(frozen=True, slots=True)
class Measured:
    """What a second reader has flagged in articles of which the contradictions are known.

    Attributes:
        reader: what is known of it (`LLMVerifier.settings`): another model, prompt or option is another reader.
        suspects: what decides which pairs it was asked about: the NLI model, its files, the number of candidates.
        clean: clean articles that it was asked about, with an answer on every pair.
        wrong: its confidence in each "contradiction" in them, of at least `CONFIDENT`.
        contradicting: articles with a contradiction.
        right: for each of these in which a right pair was called one, its confidence.
    """

    reader: Mapping[str, Any]
    suspects: Mapping[str, Any]
    clean: int
    wrong: tuple[float, ...]
    contradicting: int = 0
    right: tuple[float, ...] = ()

    def told(self) -> dict[str, Any]:
        """What decides, as JSON-able values."""
        return {"clean": self.clean, "wrong": list(self.wrong)}

    def confident(self, false_flags: float | None) -> float:
        """The lowest confidence that keeps a promise of so many false flags per clean article.

        None is for a threshold in place of a promise. Where no confidence keeps it, nothing that was seen wrong
        once is flagged: above 1, that is nothing at all.
        """
        if false_flags is None:
            return CONFIDENT
        seen = sorted({CONFIDENT, *(min(c + 0.01, 1.01) for c in self.wrong)})
        return next((c for c in seen if self.expected(c) <= false_flags), seen[-1])

    def expected(self, confident: float) -> float:
        """False flags to expect per clean article.

        One more is counted than was seen, in one article more: nothing seen in few articles is not nothing.
        """
        return (sum(c >= confident for c in self.wrong) + 1) / (self.clean + 1)

    def missed(self, confident: float) -> float | None:
        """Share of contradicting articles in which nothing right is flagged, 0-1; None if there were none."""
        if not self.contradicting:
            return None
        return 1 - sum(c >= confident for c in self.right) / self.contradicting


def load_measured(path: Path) -> Measured:
    """Read what `save_measured` has written.

    Raises:
        CalibrationError: it cannot be read, or is something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        wrong, right = (tuple(float(c) for c in data.pop(name)) for name in ("wrong", "right"))
        found = Measured(**data, wrong=wrong, right=right)
        if found.clean < FEWEST_CLEAN or not all(CONFIDENT <= c <= 1 for c in (*found.wrong, *found.right)):
            raise ValueError(f"needed are {FEWEST_CLEAN} clean articles, confidences of {CONFIDENT} to 1")
        return found
    except OSError as error:
        raise CalibrationError(f"cannot read {path}: {error.strerror}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CalibrationError(f"{path} does not come from `inconsistency calibrate --verify`: {error}") from error


def save_measured(measured: Measured, path: Path) -> None:
    """Write it as JSON."""
    path.write_text(json.dumps(asdict(measured), indent=1) + "\n", encoding="utf-8")


def check_same(what: str, measured: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse what was measured of another reader, or of other suspects.

    Raises:
        CalibrationError: it was; the first difference is named.
    """
    for name in sorted(measured.keys() | now.keys()):
        if measured.get(name) != now.get(name):
            raise CalibrationError(
                f"the second reader was measured with the {what} {name} {measured.get(name)!r}, now it is "
                f"{now.get(name)!r}: what was measured would mean nothing; measure again with "
                "`inconsistency calibrate --verify`"
            )


def is_flagged(
    verdict: Verdict | None, probability: float, threshold: float, confident: float = CONFIDENT
) -> bool:
    """Whether a pair is flagged.

    A verdict decides alone: the NLI model has had its say by suspecting the pair. Where there is none, the NLI
    model's probability decides as if there were no second reader, so that a server that fails hides nothing.

    Args:
        verdict: the second reader's; None if it has not answered or was not asked.
        probability: calibrated P(the pair contradicts) by the NLI model, 0-1.
        threshold: probability from which a pair without a verdict is flagged, 0-1.
        confident: confidence from which a "contradiction" is flagged.
    """
    if verdict is None:
        return probability >= threshold
    return verdict.verdict == "contradiction" and verdict.confidence >= confident


def rank(verdict: Verdict | None, probability: float) -> tuple[float, float]:
    """Sort key of flagged pairs, the surest first: by the second reader's confidence, then by probability."""
    return (-verdict.confidence if verdict else 0.0, -probability)
