"""The truths that clashing words are measured against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpora import clashes as sets
from corpora.files import DataFolder, read_rows

SEED = "The mayor opened the old bridge on Monday. Crowds cheered."
EDIT = "The mayor opened the old bridge on Friday. Crowds cheered."
PARAPHRASE = "The town's mayor inaugurated the old bridge on Monday. Crowds cheered."


class Rows:
    """A reader of sets that holds a few rows."""

    def __init__(self, *rows: dict) -> None:
        self.rows = rows

    def pairs(self, name: str) -> Iterator[dict]:
        """Rows of any set."""
        return iter(self.rows)

    documents = pairs


def row(premise: str, hypothesis: str, label: str = "contradiction", role: str = "tune") -> dict:
    return {"premise": premise, "hypothesis": hypothesis, "label": label, "role": role}


def marked(text: str, truth: frozenset[int] | None) -> str:
    return "".join(text[n] for n in sorted(truth or ()))


def test_single_edits_keep_pairs_with_one_changed_place() -> None:
    """Only pairs that differ in one place count, and the truth is that place on both sides."""
    load = Rows(row(SEED, EDIT), row(SEED, "A mayor closed the old bridge on Friday. Crowds cheered."))
    (known,) = sets.single_edits(load, "summedits", 10)

    assert marked(known.first, known.in_first) == "Monday"
    assert marked(known.second, known.in_second) == "Friday"


def test_paraphrase_hides_the_seed() -> None:
    """The tool sees paraphrase and edit; the truth is what the edit changed, not what the paraphrase did."""
    load = Rows(row(SEED, EDIT), row(SEED, PARAPHRASE, "entailment"))
    (known,) = sets.paraphrased(load, half=0)

    assert known.first == "The town's mayor inaugurated the old bridge on Monday."
    assert known.second == "The mayor opened the old bridge on Friday."
    assert marked(known.first, known.in_first) == "Monday"
    assert marked(known.second, known.in_second) == "Friday"


@pytest.mark.parametrize("paraphrase", [SEED, PARAPHRASE.replace("Monday", "the first day of the week")])
def test_paraphrases_that_show_no_place_are_left_out(paraphrase: str) -> None:
    """Without other differences the pair is a single edit; without the replaced words there is no truth."""
    load = Rows(row(SEED, EDIT), row(SEED, paraphrase, "entailment"))

    assert sets.paraphrased(load, half=0) == []


def test_revisions_are_known_in_the_statement_only() -> None:
    """A revised statement's truth is what was changed; nothing is claimed about the premise."""
    load = Rows(
        row("A man in a hat sleeps on a bench.", "A man is asleep.", "entailment"),
        row("A man in a hat sleeps on a bench.", "A man is running."),
    )
    (known,) = sets.revised(load, "tune", 10)

    assert known.in_first is None
    assert marked(known.second, known.in_second) == "running"


def test_annotated_summary_meets_its_closest_sentence() -> None:
    """The annotators' marks are found in the summary, beside the sentence that shares most words with it."""
    load = Rows(
        {
            "text": "It rained in Oslo. Two ships sank near Bergen on Sunday. Nobody was hurt.",
            "summary": "Three ships sank near Bergen on Sunday.",
            "label": "inconsistent",
            "annotated_span": "['Three']",
        }
    )
    (known,) = sets.annotated(load)

    assert known.first == "Two ships sank near Bergen on Sunday."
    assert marked(known.second, known.in_second) == "Three"


def test_judged_pairs_are_read_from_the_articles(tmp_path: Path) -> None:
    """A judged pair has the article's sentences and the words that were judged; others are counted."""
    kept = [row for row in read_rows(sets.JUDGED) if row["set"] == "plain"]
    path = tmp_path / "judged.jsonl"
    changed = kept[0] | {"text": "00000000"}
    path.write_text("\n".join(map(json.dumps, [*kept, changed])), encoding="utf-8")
    found, gone = sets.judged(DataFolder(tmp_path), path)

    assert (len(found), gone) == (len(kept), 1)
    deaths = [j for j in found if "status_alive_dead" in j.kinds]
    assert any(j.first[a:b] == "was dead" for j in deaths for a, b in j.in_first)


def test_file_of_judged_pairs_holds_no_text() -> None:
    """Ids, indexes, offsets and kinds: the articles of others are not copied."""
    rows = list(read_rows(sets.JUDGED))

    assert len(rows) >= 150
    assert all(row.keys() == {"set", "id", "pair", "text", "kinds", "first", "second"} for row in rows)
    assert all(isinstance(n, int) for row in rows for side in ("first", "second") for span in row[side] for n in span)
