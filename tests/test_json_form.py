"""One JSON form of a report and of a pair, which docs/schema/report.schema.json describes, whoever writes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import batch_entry
import inconsistency
from inconsistency import Detector, InputError, Report, Verdict
from inconsistency.cli import main
from inconsistency.decision import PRESETS
from inconsistency.evidence import KINDS
from inconsistency.integrations.datasets import annotator
from inconsistency.options import PresetName
from inconsistency.testing import FakeScorer, FakeVerifier
from test_detector import calibration  # noqa: F401 (a fixture)

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((Path(__file__).parents[1] / "docs/schema/report.schema.json").read_text(encoding="utf-8"))
TEXT = "A bridge fell in Tollin\n\nPolice said 14 people were hurt.\n\nRead more: ten bridges\n\nLater it was 41 people.\n"
TABLE = {("14 people", "41 people"): 0.987654321}


def valid(data: Any, part: str = "") -> Any:
    """The data, if they follow the schema or that part of it."""
    schema = SCHEMA if not part else {"$ref": f"#/$defs/{part}", "$defs": SCHEMA["$defs"]}
    jsonschema.validate(data, schema, jsonschema.Draft202012Validator)
    return data


def pairs(data: Any) -> Iterator[dict[str, Any]]:
    """The pairs of a report or row."""
    return (pair for name in ("contradictions", "ranked", "cleared") for pair in data[name])


def test_the_schema_is_one() -> None:
    """The schema follows the rules of JSON Schema, and names the kinds and presets that there are."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$defs"]["kind"]["enum"] == list(KINDS)
    assert SCHEMA["$defs"]["result"]["properties"]["preset"]["enum"] == [*PRESETS, None]
    with pytest.raises(jsonschema.ValidationError, match="opinion"):
        valid(Detector(FakeScorer()).check(TEXT).to_dict() | {"opinion": "true"})


def read_by(*rulings: Any) -> FakeVerifier:
    verdicts = [Verdict(ruling, 0.9, "It says so.", "change over time") for ruling in rulings]
    return FakeVerifier({("14 people", "41 people"): verdicts[0]} if verdicts else {})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"threshold": 0.0, "evidence": False},
        {"verifier": read_by("contradiction")},
        {"verifier": read_by("compatible")},
        {"verifier": read_by(), "threshold": 0.5},
    ],
    ids=["usual", "all pairs", "a second reader", "a second reader clears", "a second reader is silent"],
)
def test_reports_follow_the_schema(options: dict[str, Any]) -> None:
    """So does every report, flagged or not, with and without a second reader; and it reads back as it was written."""
    report = Detector(FakeScorer(TABLE), **options).check(TEXT)
    data = json.loads(report.to_json())

    assert valid(data) == report.to_dict()
    assert Report.from_dict(data).to_dict() == data
    for pair in pairs(data):
        assert inconsistency.Contradiction.from_dict(valid(pair, "pair")).to_dict() == pair
    assert "headline" in {s["role"] for s in data["sentences"]} and data["headline"] == "A bridge fell in Tollin"


def test_numbers() -> None:
    """Numbers have six significant digits; sentences are counted from 1 beside their index; the kind stands with the pair."""
    (pair,) = Detector(FakeScorer(TABLE)).check(TEXT).to_dict()["contradictions"]

    assert (pair["probability"], pair["forward"]["contradiction"]) == (0.987654, 0.987654)
    assert (pair["first"]["index"], pair["first"]["number"]) == (1, 2)
    assert pair["kind"] == pair["evidence"]["kind"] == "number"


@pytest.mark.parametrize("preset", [*PRESETS, None])
def test_what_the_flags_depend_on(preset: PresetName | None, calibration: Path) -> None:  # noqa: F811 (the fixture)
    """A report says which preset and promise its threshold follows from, which model and version, and which form it has."""
    detector = Detector(FakeScorer(TABLE), calibration=calibration, false_flags=preset or 0.2)
    data = detector.check(TEXT).to_dict()

    assert (data["preset"], data["false_flags"]) == (preset, PRESETS.get(preset or "", 0.2))
    assert (data["format"], data["model"], data["version"]) == (1, "fake", inconsistency.__version__)
    assert valid(detector.check(TEXT, threshold=0.5).to_dict())["false_flags"] is None


def test_another_format_is_refused() -> None:
    """A report of a form that this version does not know is refused, not half read."""
    data = Detector(FakeScorer(TABLE)).check(TEXT).to_dict()

    with pytest.raises(InputError, match="its format is 2; accepted is 1"):
        Report.from_dict(data | {"format": 2})


def test_evidence_of_before_can_be_read() -> None:
    """Evidence that was written before kinds said how they were found is read as found by nothing."""
    data = Detector(FakeScorer(TABLE)).check(TEXT).to_dict()
    del data["contradictions"][0]["evidence"]["kind_source"]
    (found,) = Report.from_dict(data).contradictions

    assert found.evidence and (found.evidence.kind, found.evidence.kind_source) == ("number", "none")


def test_check(tiny_model: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check --json` prints the form."""
    (tmp_path / "article.txt").write_text(TEXT, encoding="utf-8")
    model = ["--model", str(tiny_model("contradiction first")), "--backend", "onnx", "--threshold", "0"]
    main(["check", str(tmp_path / "article.txt"), *model, "--json"])

    assert list(pairs(valid(json.loads(capsys.readouterr().out))))


def test_score(tmp_path: Path) -> None:
    """A row of `score` is the report without text and sentences, with its number and id."""
    (tmp_path / "news.jsonl").write_text(json.dumps({"id": "a", "text": TEXT, "title": "Bridge falls"}))
    assert batch_entry.run([str(tmp_path / "news.jsonl"), "-o", str(tmp_path / "out.jsonl")]) == 0
    row = valid(json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8")), "row")
    report = batch_entry.make_detector().check(TEXT, headline="Bridge falls")

    assert {"row": 1, "id": "a", **report.to_dict(text=False)} == row
    assert row["headline"] == "Bridge falls" and row["contradictions"]


def test_datasets() -> None:
    """The column of contradictions holds the pairs of the report."""
    detector = Detector(FakeScorer(TABLE))
    (found,) = annotator(detector)({"text": [TEXT]})["inconsistency_contradictions"]

    assert [valid(pair, "pair") for pair in json.loads(found)] == detector.check(TEXT).to_dict()["contradictions"]


def test_serve() -> None:
    """`POST /api/check` answers with the form, and with a reason where there is no report."""
    pytest.importorskip("starlette", reason="the extra [serve] is not installed")
    from inconsistency.serve.app import create_app
    from test_serve import call

    app = create_app(Detector(FakeScorer(TABLE)))
    status, headers, body = call(app, "POST", b"text=14+people.+41+people.", "/api/check")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert valid(json.loads(body))["flagged"]

    for fields, origin, expected in ((b"text=", "http://127.0.0.1:8765", 422), (b"text=a", "http://evil.example", 403)):
        status, _, body = call(app, "POST", fields, "/api/check", origin=origin)
        assert status == expected and set(json.loads(body)) == {"error"}
