"""The columns of Parquet output, spelled out: a first batch without finds says nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SENTENCE_FIELDS = ("index", "start", "end", "part", "text")
PAIR_FIELDS = (
    "row",
    "id",
    "probability",
    "kind",
    "explanation",
    "caveat",
    *(f"{side}_{name}" for side in ("first", "second") for name in SENTENCE_FIELDS),
    "forward",
    "backward",
)
_INTEGERS = {"row", "index", "start", "end"}
_FLOATS = {"probability", "forward", "backward"}


def output_schema() -> pa.Schema:
    """One row an article."""
    import pyarrow as pa

    counter, number, text = pa.int64(), pa.float64(), pa.string()
    sentence = pa.struct([(name, _type(name)) for name in SENTENCE_FIELDS])
    clash = pa.struct(
        [(f"{side}_{edge}", counter) for side in ("first", "second") for edge in ("start", "end")]
    )
    contradiction = pa.struct(
        [
            ("probability", number),
            ("kind", text),
            ("explanation", text),
            ("caveat", text),
            ("first", sentence),
            ("second", sentence),
            ("forward", number),
            ("backward", number),
            ("clashes", pa.list_(clash)),
        ]
    )
    reasons = pa.map_(text, counter)
    counts = pa.struct(
        [
            ("sentences", counter),
            ("furniture", reasons),
            ("pairs", counter),
            ("left_out", reasons),
            ("screened_out", counter),
            ("scored", counter),
            ("truncated", counter),
        ]
    )
    return pa.schema(
        [
            ("row", counter),
            ("id", text),
            ("score", number),
            ("flagged", pa.bool_()),
            ("contradictions", pa.list_(contradiction)),
            ("counts", counts),
            ("threshold", number),
            ("expected_false_flags", number),
            ("model", text),
        ]
    )


def pairs_schema() -> pa.Schema:
    """One row a contradiction."""
    import pyarrow as pa

    return pa.schema([(name, _type(name)) for name in PAIR_FIELDS])


def _type(name: str) -> pa.DataType:
    import pyarrow as pa

    if name.removeprefix("first_").removeprefix("second_") in _INTEGERS:
        return pa.int64()
    return pa.float64() if name in _FLOATS else pa.string()
