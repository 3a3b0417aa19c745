"""Pairs of which it is known, from outside the pair, which words clash.

Truth never comes from the library's own alignment: words are compared here by a plain diff, and in all sets
but the single edits it is taken from texts that the tool is not shown.

- `single_edits`: two sentences that one edit tells apart. Truth and tool both see the same two sentences, so
  this only says whether the tool finds the one place where they differ.
- `paraphrased`: SummEdits. From one seed summary come an inconsistent edit and a consistent paraphrase. The tool
  sees a sentence of the edit beside the paraphrase's sentence; the truth is how the edit differs from the
  seed, which it does not see. What the paraphrase words differently is there to mislead.
- `revised`: counterfactual NLI. People revised a true hypothesis into a contradicting one. The tool sees the
  premise and the revision; the truth, in the revision, is what they changed.
- `annotated`: summaries of news articles in which people marked what is wrong. The tool sees the summary beside
  the article's sentence that shares most words with it; the truth is the mark.
- `judged`: contradicting pairs of articles, each read once by somebody who had not seen what the tool says of it,
  and who noted which words clash and which kinds of conflict it may be called.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

from corpora import registry
from corpora.files import MEASURED, DataFolder, read_rows
from inconsistency.sentences import split

WORD = re.compile(r"\w+(?:[.,'’\-]\w+)*|[$€£%]")
SINGLE_EDIT_SETS = {"wikifactcheck_neg": "train", "breaking_nli": "test", "summedits": "tune"}
JUDGED = MEASURED / "evidence.jsonl"
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Known:
    """Two sentences and the characters of each that clash; None where that side's truth is not known."""

    first: str
    second: str
    in_first: frozenset[int] | None
    in_second: frozenset[int] | None


def word_ranges(text: str) -> list[Range]:
    """Where a text's words are."""
    return [m.span() for m in WORD.finditer(text)]


def edits(first: str, second: str) -> list[tuple[list[Range], list[Range]]]:
    """Words in which two texts differ, edit by edit."""
    one, two = word_ranges(first), word_ranges(second)
    mine, other = ([t[a:b].lower() for a, b in ranges] for t, ranges in ((first, one), (second, two)))
    opcodes = SequenceMatcher(None, mine, other, autojunk=False).get_opcodes()
    return [(one[a:b], two[c:d]) for tag, a, b, c, d in opcodes if tag != "equal"]


def characters(ranges: Iterable[Range]) -> frozenset[int]:
    """Word characters of some ranges."""
    return frozenset(n for a, b in ranges for n in range(a, b))


def single_edits(data: DataFolder, name: str, limit: int) -> list[Known]:
    """Contradictions among a set's first `limit` ones that one edit makes."""
    role = SINGLE_EDIT_SETS[name]
    rows = (r for r in data.pairs(name) if r["role"] == role and r["label"] == "contradiction")
    found = []
    for row in islice(rows, limit):
        first, second = row["premise"], row["hypothesis"]
        changed = edits(first, second)
        if len(changed) == 1 and len(changed[0][0]) + len(changed[0][1]) <= len(word_ranges(first)):
            one, two = changed[0]
            found.append(Known(first, second, characters(one), characters(two)))
    return found


def paraphrased(data: DataFolder, half: int, seed: int = 0) -> list[Known]:
    """SummEdits: sentences of inconsistent edits beside those of consistent paraphrases of the same seed.

    Args:
        data: the folder of the sets.
        half: 0 for the seeds that settings were chosen on, 1 for those that are measured.
        seed: draws the paraphrase.
    """
    of_seed: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in data.pairs("summedits"):
        of_seed[row["premise"]][row["label"]].append(row["hypothesis"])
    rng = random.Random(seed)
    found = []
    for number, (original, texts) in enumerate(sorted(of_seed.items())):
        if number % 2 != half or not texts["entailment"]:
            continue
        for edited in texts["contradiction"]:
            known = _beside(original, edited, rng.choice(texts["entailment"]))
            found += [known] if known else []
    return found


def _beside(original: str, edited: str, paraphrase: str) -> Known | None:
    """The edited sentence beside the paraphrase's, when the paraphrase kept the words that the edit replaced."""
    changed = edits(original, edited)
    removed = [r for part, _ in changed for r in part]
    added = [r for _, part in changed for r in part]
    kept = _carried(original, paraphrase, removed)
    if not added or kept is None or paraphrase == original:
        return None
    mine = _sentence_with(edited, added)
    if mine is None:
        return None
    theirs = _closest(edited[slice(*mine)], paraphrase, kept)
    if theirs is None:
        return None
    one = characters((a - theirs[0], b - theirs[0]) for a, b in kept)
    two = characters((a - mine[0], b - mine[0]) for a, b in added)
    first, second = paraphrase[slice(*theirs)], edited[slice(*mine)]
    # Without other differences the pair would be a single edit again.
    apart = len(edits(first, second)) > len(changed)
    return Known(first, second, one, two) if apart else None


def _carried(original: str, paraphrase: str, ranges: list[Range]) -> list[Range] | None:
    """Where the paraphrase has some words of the original; None when it changed one of them."""
    one, two = word_ranges(original), word_ranges(paraphrase)
    mine, other = ([t[a:b].lower() for a, b in r] for t, r in ((original, one), (paraphrase, two)))
    blocks = SequenceMatcher(None, mine, other, autojunk=False).get_matching_blocks()
    place = {one[b.a + n]: two[b.b + n] for b in blocks for n in range(b.size)}
    return [place[r] for r in ranges] if all(r in place for r in ranges) else None


def _sentence_with(text: str, ranges: list[Range]) -> Range | None:
    """The one sentence that holds all ranges."""
    for sentence in split(text):
        if all(sentence.start <= a and b <= sentence.end for a, b in ranges):
            return sentence.start, sentence.end
    return None


def _closest(sentence: str, text: str, needed: list[Range]) -> Range | None:
    """The sentence of a text that shares most words with another; None when it lacks a needed range."""
    wanted = {w.lower() for w in WORD.findall(sentence)}
    options = [(s.start, s.end) for s in split(text)]
    if not options:
        return None
    best = max(options, key=lambda o: overlap(wanted, text[slice(*o)]))
    return best if all(best[0] <= a and b <= best[1] for a, b in needed) else None


def overlap(words: set[str], text: str) -> float:
    """Share of words in common (Jaccard)."""
    other = {w.lower() for w in WORD.findall(text)}
    return len(words & other) / max(1, len(words | other))


def revised(data: DataFolder, role: str, limit: int) -> list[Known]:
    """Counterfactual NLI: premises beside hypotheses that a small revision turned from true to contradicting."""
    true: dict[str, list[str]] = defaultdict(list)
    false: dict[str, list[str]] = defaultdict(list)
    for row in data.pairs("cad_nli"):
        if row["role"] == role:
            kept = {"entailment": true, "contradiction": false}.get(row["label"])
            if kept is not None:
                kept[row["premise"]].append(row["hypothesis"])
    found = []
    for premise, contradicting in false.items():
        for second in contradicting:
            options = [edits(before, second) for before in true[premise]]
            options = [o for o in options if len(o) == 1 and 0 < len(o[0][1]) <= 4 and len(o[0][0]) <= 4]
            if options:
                found.append(Known(premise, second, None, characters(options[0][0][1])))
    return found[:limit]


def _marks(released: str) -> list[str]:
    """The release writes lists of spans as Python literals, and single spans as they are."""
    try:
        value = ast.literal_eval(released)
    except (SyntaxError, ValueError):
        value = released
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def annotated(data: DataFolder) -> list[Known]:
    """Wrong summaries of news articles with the annotators' marks, beside the article's closest sentence."""
    found = []
    for row in data.documents("cliff_goyal"):
        summary, marks = row["summary"], _marks(row["annotated_span"])
        at = [(summary.find(m), summary.find(m) + len(m)) for m in marks if m and m in summary]
        truth = characters(at)
        options = [s.text for s in split(row["text"])]
        if row["label"] != "inconsistent" or not truth or len(truth) > len(summary) / 2 or not options:
            continue
        wanted = {w.lower() for w in WORD.findall(summary)}
        found.append(Known(max(options, key=lambda o: overlap(wanted, o)), summary, None, truth))
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    """A contradicting pair of an article of the measured half, and what its reader says of it.

    Attributes:
        source: the set it is from.
        first: the earlier sentence.
        second: the later one.
        headline: whether the earlier one is the headline.
        kinds: every kind of conflict that it may be called, one at least.
        in_first: where words of the first clash, any of which will do.
        in_second: the same of the second.
    """

    source: str
    first: str
    second: str
    headline: bool
    kinds: frozenset[str]
    in_first: tuple[Range, ...]
    in_second: tuple[Range, ...]


def judged(data: DataFolder, path: Path = JUDGED) -> tuple[list[Judged], int]:
    """The judged pairs, and how many cannot be had here, since the article is absent or reads otherwise now.

    The file holds offsets and no text: many of the articles belong to others.
    """
    rows = list(read_rows(path))
    articles = {
        (name, case.id): case
        for name in dict.fromkeys(row["set"] for row in rows)
        for case in registry.articles(registry.SETS[name], data.path, "measure")
    }
    found = []
    for row in rows:
        case = articles.get((row["set"], row["id"]))
        one, two = row["pair"]
        if case is None or two >= len(case.sentences):
            continue
        texts = case.sentences[one], case.sentences[two]
        if fingerprint(*texts) == row["text"]:
            spans = (tuple((a, b) for a, b in row[side]) for side in ("first", "second"))
            headline = case.headline and one == 0
            found.append(Judged(row["set"], *texts, headline, frozenset(row["kinds"]), *spans))
    return found, len(rows) - len(found)


def fingerprint(first: str, second: str) -> str:
    """Eight hexadecimal digits that tell whether a pair still reads as it was judged."""
    return hashlib.sha256(f"{first}\n{second}".encode()).hexdigest()[:8]
