"""`dataset.map(annotator(detector), batched=True)`: columns in, columns out, no row lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from inconsistency.batch.engine import ArticleChecker, check_rows
from inconsistency.batch.input import MAX_CHARS
from inconsistency.batch.input.rows import Columns, Record, Row, make_row

# One type for every batch, whatever it holds: an empty list or a None alone has no type that
# Arrow could keep to, so contradictions are JSON text and the absence of an error is "".
COLUMNS = ("inconsistency_score", "inconsistency_flagged", "inconsistency_contradictions", "inconsistency_error")

Annotator = Callable[[Mapping[str, Sequence[Any]]], dict[str, list[Any]]]
"""Column name -> values of a batch, to the new columns."""


def annotator(detector: ArticleChecker, *, text: str = "text", headline: str | None = None) -> Annotator:
    """Make the function that `datasets.Dataset.map(..., batched=True)` takes.

    It can be pickled if the detector can. Two of equal detectors and columns have the same fingerprint, so that
    `datasets` finds its cached results.

    Args:
        detector: a `Detector`.
        text: column of the article's body.
        headline: column of its headline; None when there is none.

    Returns:
        A function of a batch of columns that gives new columns, see `annotate_batch`.

    Example:
        >>> from inconsistency import Detector
        >>> from inconsistency.testing import FakeScorer
        >>> annotate = annotator(Detector(FakeScorer({("14 people", "41 people"): 0.99})), text="body")
        >>> annotate({"body": ["14 people were hurt. 41 people were hurt."]})["inconsistency_flagged"]
        [True]
    """
    return partial(annotate_batch, detector, text=text, headline=headline)


def annotate_batch(
    detector: ArticleChecker, batch: Mapping[str, Sequence[Any]], *, text: str, headline: str | None
) -> dict[str, list[Any]]:
    """Check the articles of a batch of columns.

    Args:
        detector: a `Detector`.
        batch: column name -> values, as `datasets` and Ray Data hand them over.
        text: column of the article's body.
        headline: column of its headline; None when there is none.

    Returns:
        The new columns only: `inconsistency_score` (0-1, NaN where a row failed),
        `inconsistency_flagged`, `inconsistency_contradictions` (JSON text of a list of pairs, see
        `Contradiction.to_dict`) and `inconsistency_error` ("" where none).

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
            columns,
            index,
            source="batch",
            default_id="",
            max_chars=MAX_CHARS,
        )
        for index in range(len(batch[text]))
    ]
    outcomes = iter(check_rows(detector, [row for row in checked if isinstance(row, Row)]))
    return _columns([next(outcomes) if isinstance(row, Row) else row.reason for row in checked])


def _columns(outcomes: Sequence[Any]) -> dict[str, list[Any]]:
    new: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for outcome in outcomes:
        error = outcome if isinstance(outcome, str) else ""
        found = [] if error else [c.to_dict() for c in outcome.contradictions]
        values = (
            float("nan") if error else float(outcome.score),
            bool(found),
            json.dumps(found, ensure_ascii=False),
            error,
        )
        for name, value in zip(COLUMNS, values, strict=True):
            new[name].append(value)
    return new
