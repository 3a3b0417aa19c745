"""Kinds, clashing words and explanations of flagged pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import evidence
from corpora.clashes import Judged
from inconsistency.evidence import KINDS, Clash, Evidence, explain_all
from inconsistency.evidence.explain import WORDS_ASKED
from inconsistency.evidence.types import MOST_READ
from inconsistency.nli.loading import DEFAULT, load_scorer
from inconsistency.sentences import Sentence
from inconsistency.testing import FakeScorer


def sentence(text: str, index: int, start: int = 0, headline: bool = False) -> Sentence:
    role = "headline" if headline else "text"
    return Sentence(index, text, start, start + len(text), role=role)  # type: ignore[arg-type]


def explained(first: str, second: str) -> Evidence:
    return explain_all([(sentence(first, 2), sentence(second, 8, 500))], None).evidence[0]


def words(first: str, second: str) -> tuple[str, str]:
    clash = explained(first, second).clashes[0]
    return (
        first[clash.first_start : clash.first_end],
        second[clash.second_start - 500 : clash.second_end - 500],
    )


@pytest.mark.parametrize(
    ("first", "second", "kind", "left", "right"),
    [
        ("The blast killed 14 people.", "The blast killed 41 people.", "number", "14", "41"),
        (
            "Fourteen soldiers were hurt in the raid.",
            "The raid left 41 soldiers hurt, a doctor said.",
            "number",
            "Fourteen",
            "41",
        ),
        ("Sales rose by 6 per cent.", "Sales rose by 9%.", "number", "6 per cent", "9%"),
        (
            "The house was sold for $2.5 million in May.",
            "The house was sold for $3 million in May.",
            "number",
            "$2.5 million",
            "$3 million",
        ),
        (
            "The talks ended in Geneva on Tuesday.",
            "The talks ended in Geneva on Friday.",
            "date_time",
            "Tuesday",
            "Friday",
        ),
        (
            "The shop opened on 3 March 2019.",
            "The shop opened on 3 March 2021.",
            "date_time",
            "3 March 2019",
            "3 March 2021",
        ),
        ("She was born in Lyon in 1950.", "She was born in Oslo in 1950.", "place", "Lyon", "Oslo"),
        (
            "Prices are higher than last year.",
            "Prices are lower than last year.",
            "antonym",
            "higher",
            "lower",
        ),
    ],
)
def test_edited_word_is_named(first: str, second: str, kind: str, left: str, right: str) -> None:
    """Words that differ are found, and a rule says what kind of conflict they are."""
    found = explained(first, second)
    one, two = words(first, second)

    assert (found.kind, found.source) == (kind, "rule")
    assert left.split()[0] in one or one in left
    assert right.split()[0] in two or two in right


def test_offsets_point_into_the_part() -> None:
    """Offsets of clashes count from the beginning of the text, not of the sentence."""
    first = sentence("The blast killed 14 people.", 2, start=100)
    second = sentence("The blast killed 41 people.", 8, start=900)
    (found,) = explain_all([(first, second)], None).evidence

    assert found.clashes[0] == Clash(117, 126, 917, 926)


def test_explanation_quotes_both_sentences() -> None:
    """The explanation numbers sentences from 1 and quotes the clashing words with what they count."""
    found = explained("The blast killed 14 people.", "The blast killed 41 people.")

    assert found.explanation == 'Sentence 3 says "14 people", sentence 9 says "41 people".'


def test_unsure_words_are_offered_for_comparison() -> None:
    """Where nothing is known to make two words exclude each other, the reader is asked to compare them."""
    found = explained("The old bridge was painted by sailors.", "The old bridge was painted by farmers.")

    assert found.explanation == 'Compare "sailors" in sentence 3 with "farmers" in sentence 9.'


def test_explanation_never_denies_what_stands_there() -> None:
    """A sentence is not said to lack words that it has."""
    found = explained("He ran home at night and ran.", "He ran home at night.")

    assert "does not" not in found.explanation


def test_explanation_names_the_headline() -> None:
    """A headline is called a headline."""
    first = sentence("Fire kills 14 people in Lyon hotel", 0, headline=True)
    second = sentence("The fire in the hotel killed 41 people, police said.", 4)
    (found,) = explain_all([(first, second)], None).evidence

    assert found.explanation == 'The headline says "14 people", sentence 5 says "41 people".'


@pytest.mark.parametrize(
    ("here", "there", "kind"),
    [("first", "sixth", "number"), ("third", "12th", "number"), ("third", "3rd", "other"), ("third", "last", "other")],
)
def test_ordinals_are_numbers(here: str, there: str, kind: str) -> None:
    """Ordinals in words and figures differ or agree by their value."""
    found = explained(f"She kept her {here} trophy in the attic.", f"She kept her {there} trophy in the attic.")

    assert (found.kind if found.kind_source == "rule" else "other") == kind


def test_negative_prefix_is_an_opposite() -> None:
    """A word and the same word with a negative prefix exclude each other."""
    found = explained("The drug is soluble in oil.", "The drug is insoluble in oil.")

    assert found.kind == "antonym"
    assert found.explanation == 'Sentence 3 says "soluble", sentence 9 says "insoluble".'


def test_told_verbs_matter_less_than_what_is_told() -> None:
    """Among several differences, values come before the verb of telling."""
    first = "The firm reported a profit of 6 million dollars for the year."
    second = "The firm announced a profit of 9 million dollars for the year."

    assert words(first, second) == ("6 million dollars", "9 million dollars")


def test_names_that_share_a_word_may_differ() -> None:
    """Two full names with one given name are two people; a surname alone is the same one."""
    assert words("The prize went to Anna Holm in Oslo.", "The prize went to Anna Berg in Oslo.") == (
        "Anna Holm",
        "Anna Berg",
    )
    found = explained("The prize went to Anna Holm in Oslo.", "The prize went to Holm, never to others in Oslo.")

    assert "Holm" not in found.explanation


def test_kind_says_how_it_was_found() -> None:
    """A kind comes from the words that differ, or from nobody."""
    by_rule = explained("The blast killed 14 people.", "The blast killed 41 people.")
    by_nobody = explained("Xylo frum.", "Brava nunt quell.")

    assert [(e.kind, e.kind_source) for e in (by_rule, by_nobody)] == [("number", "rule"), ("other", "none")]


def test_model_that_tells_kinds_is_heard() -> None:
    """Where no rule sees what differs, the model's own head decides, and the evidence says so."""
    first = Sentence(0, "The elder of the two was flown to Lima on Friday.", 0, 49)
    second = Sentence(1, "Both spent the weekend at home.", 50, 81)

    def found(told: dict[str, float]) -> Evidence:
        return explain_all([(first, second)], None, [told]).evidence[0]

    assert (found({"place": 0.97, "number": 0.03}).kind, found({"place": 0.97}).kind_source) == ("place", "model")
    assert found({"world_fact": 0.99, "place": 0.01}).kind == "other"
    assert (found({}).kind, found({}).kind_source) == ("other", "none")


def test_pairs_of_which_the_model_was_not_asked_are_counted() -> None:
    """A pair counts whose words are left open by rules and which comes after those put to the model."""
    unlike = (sentence("The mayor is fond of music.", 0), sentence("The mayor dislikes noise.", 1))
    clear = (sentence("The blast killed 14 people.", 4), sentence("The blast killed 41 people.", 5))
    many = [clear, *[unlike] * (WORDS_ASKED + 2), clear]

    assert explain_all(many, FakeScorer()).unasked == 2
    assert explain_all(many, None).unasked == 0


def test_bounds_and_ranges_allow_what_they_include() -> None:
    """ "More than 40" does not clash with 41, nor "between 10 and 20" with 14."""
    for first, second in (
        ("More than 40 people came to the vigil.", "At the vigil, 41 people lit candles."),
        ("Between 10 and 20 boats sank in the harbour.", "In the harbour 14 boats were lost."),
    ):
        assert explained(first, second).kind != "number"


def test_numbers_of_different_things_are_not_compared() -> None:
    """A count of people is not compared with a number of years."""
    first = "The accident injured 14 passengers on Tuesday evening."
    second = "The accident on Friday was the third in ten years."

    assert words(first, second) == ("Tuesday", "Friday")


def test_the_model_is_asked_only_where_words_leave_something_open() -> None:
    """Reading the parts costs one batch, and only for pairs that rules leave open."""
    scorer = FakeScorer({("velvet", "marble"): 0.95})
    known = (
        sentence("The blast killed 14 people.", 0),
        sentence("The blast killed 41 people.", 1),
    )
    unknown = (
        sentence("Odd velvet things sat quietly around.", 2, 60),
        sentence("Those were carved marble pieces.", 3, 120),
    )
    explain_all([known, known], scorer)

    assert scorer.calls == []

    _, found = explain_all([known, unknown], scorer).evidence

    assert len(scorer.calls) == 1
    assert sum(scorer.calls) <= 25
    assert found.source == "model"
    assert "velvet" in found.explanation
    assert "marble" in found.explanation


def test_the_model_votes_between_differences() -> None:
    """Of several words that differ, the one on which the model's verdict hangs is shown first."""
    first = "The choir praised sailors from Nantes near Lyon and visited farmers."
    second = "The choir painted sailors from Nantes near Lyon and visited bakers."
    pair = (sentence(first, 0), sentence(second, 1, 100))
    scorer = FakeScorer({("farmers", "bakers"): 0.95})
    found = explain_all([pair], scorer).evidence[0]

    assert "farmers" in found.explanation
    assert len(scorer.calls) == 1


def test_nothing_known_is_said() -> None:
    """Without clashing words the explanation claims none."""
    found = explained("Xylo frum.", "Brava nunt quell.")

    assert found.clashes == ()
    assert found.explanation.endswith("which words clash is not known.")


@pytest.mark.parametrize("text", ["", "...", "1,,2", "’s", "\x00", "—" * 50, "1" * 400, "½ 3/4"])
def test_odd_text_is_no_error(text: str) -> None:
    """Whatever stands in an article, evidence is given without an error."""
    found = explained(text, "The blast killed 41 people.")

    assert found.kind in KINDS


def test_only_what_a_model_reads_is_looked_at() -> None:
    """Of a table that passes for a sentence its first 2,000 characters are compared, which are more than a model reads."""
    first, second = ("It says " + ", ".join(f"{start + 2 * n} cars" for n in range(5000)) for start in (0, 1))
    found = explained(first, second)

    assert found.kind == "number"
    assert all(c.first_end <= MOST_READ and c.second_end <= 500 + MOST_READ for c in found.clashes)


@pytest.mark.parametrize(
    ("first", "second", "left", "right"),
    [
        ("The mayor attended the ceremony.", "The mayor did not attend the ceremony.", "attended", "not attend"),
        ("He has apologised to them.", "He has never apologised to them.", "apologised", "never apologised"),
        ("Residents were warned.", "No warning reached the residents of the valley.", "warned", "No warning"),
    ],
)
def test_a_denial_stands_against_what_is_denied(first: str, second: str, left: str, right: str) -> None:
    """A negator is shown with the word that it denies, against that word in the other sentence."""
    assert words(first, second) == (left, right)


PLAIN = Path(__file__).with_name("evidence_plain.jsonl")


@pytest.mark.slow
@pytest.mark.skipif(not (DEFAULT / "lower.onnx").is_file(), reason="the embedded model is not in this checkout")
def test_plain_conflicts_are_explained() -> None:
    """Of 60 plain contradictions at least 85 % show the words that clash, and 75 % the kind, with the embedded model."""
    figures = evidence.plain(evidence.read_plain(PLAIN), load_scorer("default"))

    assert figures["clashing_words_right"] >= 0.85
    assert figures["kind_right"] >= 0.75


def test_cards_are_judged() -> None:
    """A card is right if its first clash is among the judged words on both sides, and its kind among the judged ones."""
    texts = "The blast killed 14 people.", "The blast killed 41 people."
    right = Judged("own", *texts, False, frozenset({"number"}), ((17, 26),), ((17, 19),))
    wrong = Judged("own", *texts, False, frozenset({"place"}), ((17, 26),), ((0, 3),))
    figures = evidence.cards([right, wrong], None)

    assert [figures[name]["share"] for name in ("with_marks", "marks_right", "kind_right", "with_caveat")] == [1, 0.5, 0.5, 0]


def test_the_part_that_contradicts_is_shown() -> None:
    """Where no rule sees a clash, the phrases that contradict the other whole sentence by themselves are shown."""
    first = "The chairman of the club, a tailor by trade, was seen at the harbour on his way to the islands."
    second = "Neighbours of the old man, who mended nets, found that he had spent the whole week in his garden."
    pair = (sentence(first, 0), sentence(second, 1, 200))
    found = explain_all([pair], FakeScorer({("harbour", "garden"): 0.9})).evidence[0]
    (clash,) = found.clashes

    assert found.source == "model"
    assert "harbour" in first[clash.first_start : clash.first_end]
    assert "garden" in second[clash.second_start - 200 : clash.second_end - 200]
    assert "tailor" not in first[clash.first_start : clash.first_end]


def test_no_words_are_shown_where_no_part_contradicts() -> None:
    """Where no part contradicts the other sentence by itself, no words are claimed to clash."""
    pair = (sentence("Odd velvet things sat quietly.", 0), sentence("Those were marble pieces.", 1, 100))

    assert explain_all([pair], FakeScorer({})).evidence[0].clashes == ()


def test_who_left_hospital_is_said_with_what_he_did() -> None:
    """The word before a sign of life is shown with it: "left hospital" against "died"."""
    assert words("The engineer died at once.", "The engineer, who left hospital on Friday, heard a bang.") == (
        "engineer died at once",
        "left hospital on Friday",
    )


def test_a_part_measured_anew_keeps_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the benchmark is measured with its own date and command, and what else the file holds stays."""
    output = tmp_path / "evidence.json"
    output.write_text('{"kinds": {"pairs": 3}}', encoding="utf-8")
    monkeypatch.setattr(evidence, "PARTS", {"words": lambda data, scorer, limit: {"limit": limit}})
    evidence.main(["--kind-model", "none", "--parts", "words", "--limit", "7", "--output", str(output)])
    found = json.loads(output.read_text(encoding="utf-8"))

    assert found["kinds"] == {"pairs": 3}
    assert found["words"]["limit"] == 7
    assert "--parts words" in found["words"]["command"]
