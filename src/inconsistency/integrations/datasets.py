"""`dataset.map(detector.annotate, batched=True)`: columns in, columns out, no row lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inconsistency.batch.engine import check_rows
from inconsistency.batch.input.rows import DEFAULT_MAX_CHARS, Columns, Record, Row, make_row
from inconsistency.batch.output import contradiction_dict

if TYPE_CHECKING:
    from inconsistency.detector import Detector

# One type for every batch, whatever it holds: an empty list or a None alone has no type that
# Arrow could keep to, so contradictions are JSON text and the absence of an error is "".
COLUMNS = (
    "inconsistency_score",
    "inconsistency_flagged",
    "inconsistency_contradictions",
    "inconsistency_error",
)


def annotate_batch(
    detector: Detector,
    batch: dict[str, list[Any]],
    text: str = "text",
    headline: str | None = None,
) -> dict[str, list[Any]]:
    """Score the articles of a batch of columns.

    Args:
        detector: who scores.
        batch: column name -> values, as `datasets` and Ray Data hand them over.
        text: column of the article's body.
        headline: column of its headline, None when there is none.

    Returns:
        The new columns only: `inconsistency_score` (0-1, NaN where a row failed),
        `inconsistency_flagged`, `inconsistency_contradictions` (JSON text of a list, like the
        "contradictions" of `inconsistency score`) and `inconsistency_error` ("" where none).

    Raises:
        InputError: a column is missing.
    """
    columns = Columns(text=text, headline=headline)
    columns.resolve(batch.keys(), "batch")
    # Of the columns only those that were named: another one called "title" may hold anything.
    named = {name: batch[name] for name in (text, headline) if name is not None}
    checked = [
        make_row(
            Record(f"row {index}", {name: values[index] for name, values in named.items()}),
            Columns(text, None, headline),
            index,
            source="batch",
            default_id="",
            max_chars=DEFAULT_MAX_CHARS,
        )
        for index in range(len(batch[text]))
    ]
    outcomes = iter(check_rows(detector, [row for row in checked if isinstance(row, Row)]))
    return _columns([next(outcomes) if isinstance(row, Row) else row.reason for row in checked])


def _columns(outcomes: Sequence[Any]) -> dict[str, list[Any]]:
    new: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for outcome in outcomes:
        error = outcome if isinstance(outcome, str) else ""
        found = [] if error else [contradiction_dict(c) for c in outcome.contradictions]
        values = (
            float("nan") if error else float(outcome.score),
            bool(found),
            json.dumps(found, ensure_ascii=False),
            error,
        )
        for name, value in zip(COLUMNS, values, strict=True):
            new[name].append(value)
    return new
