"""How often the kind of conflict and the clashing words are right.

    python -m benchmarks.evidence --output benchmarks/results/evidence.json
    python -m benchmarks.evidence --parts words --output ...              # the rest of the file is kept
    python -m benchmarks.evidence --kind-model none --output ...          # kinds by rules alone

Kinds are measured on contradictions of the tune groups (newsroom and full-length articles apart), and on pairs
of other sources that tell what differs. Clashing words are measured on the sets of `corpora/clashes.py`, which
says where each truth comes from; of SummEdits only the half of the seeds that no setting was chosen on.
What the plain pairs of `tests/evidence_plain.jsonl` are shown as is told too, and caveats are counted on the tune
groups.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from benchmarks import provenance
from benchmarks.speed_figures import wilson
from corpora import clashes as sets
from corpora import groups
from corpora.files import DataFolder
from inconsistency.evidence import KINDS, Evidence, caveat, explain_all
from inconsistency.nli import KindScorer, Scorer
from inconsistency.nli.loading import load_scorer
from inconsistency.sentences import Sentence

PLAIN = Path(__file__).parents[1] / "tests" / "evidence_plain.jsonl"
TARGET_KINDS = ("number", "date_time", "place", "negation", "status_alive_dead")
# What other sources call the difference, and our name for it.
ELSEWHERE = {
    "breaking_nli/cardinals": "number",
    "breaking_nli/ordinals": "number",
    "breaking_nli/countries": "place",
    "breaking_nli/nationalities": "place",
    "breaking_nli/rooms": "place",
    "breaking_nli/antonyms": "antonym",
    "breaking_nli/antonyms_wordnet": "antonym",
    "real_contradiction/numeric": "number",
    "real_contradiction/negation": "negation",
    "real_contradiction/antonym": "antonym",
}


class Labelled(NamedTuple):
    """Two contradicting sentences and the kind of conflict."""

    first: str
    second: str
    kind: str
    source: str


def labelled(found: Iterable[groups.Group], first_only: bool) -> list[Labelled]:
    """Contradictions of groups with the first, or each, sentence they conflict with."""
    pairs = []
    for group in found:
        for row in group["contradictions"]:
            kind = row["kind"] if row["kind"] in KINDS else "other"
            for at in row["conflicts_with"][: 1 if first_only else None]:
                pairs.append(Labelled(groups.text_of(group, at), row["sentence"], kind, row["kind"]))
    return pairs


def elsewhere(data: DataFolder, limit: int) -> list[Labelled]:
    """Pairs of other sources whose difference has a name, at most `limit` of each."""
    taken: Counter[str] = Counter()
    pairs = []
    rows = itertools.chain(data.pairs("breaking_nli"), data.pairs("stanford_contradiction_rte3way"))
    for row in rows:
        source = f"real_contradiction/{row['type']}" if row.get("type") else row["source"]
        if row["label"] == "contradiction" and source in ELSEWHERE and taken[source] < limit:
            taken[source] += 1
            pairs.append(Labelled(row["premise"], row["hypothesis"], ELSEWHERE[source], source))
    return pairs


def explained(
    pairs: list[tuple[str, str]], scorer: Scorer | None = None, teller: Scorer | None = None
) -> list[Evidence]:
    """Evidence of pairs, each by itself, as the one pair of an article that is flagged.

    Args:
        pairs: two sentences each.
        scorer: asked about the words.
        teller: asked for kinds.
    """
    flagged = [(Sentence(0, a, 0, len(a)), Sentence(1, b, 0, len(b))) for a, b in pairs]
    told = teller.kinds(pairs) if isinstance(teller, KindScorer) else [None] * len(pairs)
    return [explain_all([pair], scorer, [said]).evidence[0] for pair, said in zip(flagged, told, strict=True)]


def kinds(pairs: list[Labelled], scorer: Scorer | None) -> dict[str, Any]:
    """Accuracy of kinds, with the confusion matrix, and by how the kind was found."""
    began = time.perf_counter()
    evidence = explained([(p.first, p.second) for p in pairs], teller=scorer)
    seconds = time.perf_counter() - began
    matrix: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    ways: dict[str, list[bool]] = {}
    for pair, found in zip(pairs, evidence, strict=True):
        matrix[pair.kind][found.kind] += 1
        ways.setdefault(found.kind_source, []).append(found.kind == pair.kind)
    hits = {k: row[k] for k, row in matrix.items()}
    given: Counter[str] = Counter(e.kind for e in evidence)
    sizes = {k: sum(row.values()) for k, row in matrix.items()}
    target = sum(sizes[k] for k in TARGET_KINDS)
    said = sum(given[k] for k in TARGET_KINDS)
    right = sum(hits[k] for k in TARGET_KINDS)
    named = [e.kind == p.kind for e, p in zip(evidence, pairs, strict=True) if e.kind_source != "none"]
    return {
        "pairs": len(pairs),
        "accuracy": share(sum(hits.values()), len(pairs)),
        "accuracy_target_kinds": share(right, target),
        "precision_target_kinds": share(right, said),
        "share_given_a_kind": share(len(named), len(pairs)),
        "accuracy_where_given": share(sum(named), len(named)),
        "by_source": {w: {"pairs": len(r), "accuracy": share(sum(r), len(r))} for w, r in sorted(ways.items())},
        "recall": {k: share(hits[k], sizes[k]) for k in KINDS if sizes[k]},
        "precision": {k: share(hits[k], given[k]) for k in KINDS if given[k]},
        "with_clashing_words": share(sum(bool(e.clashes) for e in evidence), len(pairs)),
        "milliseconds_a_pair": round(1000 * seconds / len(pairs), 2),
        "confusion": {k: dict(row.most_common()) for k, row in matrix.items() if row},
    }


def share(part: int, whole: int) -> float | None:
    """A share, None of nothing."""
    return round(part / whole, 3) if whole else None


def by_source(pairs: list[Labelled], scorer: Scorer | None) -> dict[str, Any]:
    """Of each other source: how many pairs, how many got the right kind, what the others were called."""
    evidence = explained([(p.first, p.second) for p in pairs], teller=scorer)
    outcome: dict[str, Any] = {}
    for source in dict.fromkeys(p.source for p in pairs):
        kinds = (e.kind for e, p in zip(evidence, pairs, strict=True) if p.source == source)
        called: Counter[str] = Counter(kinds)
        total = sum(called.values())
        outcome[source] = {
            "kind": ELSEWHERE[source],
            "pairs": total,
            "accuracy": share(called[ELSEWHERE[source]], total),
            "called": dict(called.most_common(4)),
        }
    return outcome


def span_sets(data: DataFolder, limit: int) -> dict[str, list[sets.Known]]:
    """The sets of clashing words, the honest ones last."""
    found = {f"single_edit/{name}": sets.single_edits(data, name, limit) for name in sets.SINGLE_EDIT_SETS}
    found["paraphrased/summedits"] = sets.paraphrased(data, half=1)
    found["revised/cad_nli"] = sets.revised(data, "test", limit)
    found["annotated/cliff_goyal"] = sets.annotated(data)
    return found


def marks_of(evidence: Evidence) -> tuple[set[int], set[int]]:
    """Characters shown as clashing in each sentence."""
    one: set[int] = set()
    two: set[int] = set()
    for clash in evidence.clashes:
        one |= set(range(clash.first_start, clash.first_end))
        two |= set(range(clash.second_start, clash.second_end))
    return one, two


def unshared(known: sets.Known) -> tuple[set[int], set[int]]:
    """The simplest method there is, for comparison: mark every word that the other sentence has not."""
    words = [{w.lower() for w in sets.WORD.findall(t)} for t in (known.first, known.second)]
    one, two = (
        set(sets.characters(r for r in sets.word_ranges(text) if text[slice(*r)].lower() not in other))
        for text, other in ((known.first, words[1]), (known.second, words[0]))
    )
    return one, two


def overlap_f1(known: sets.Known, marked: tuple[set[int], set[int]]) -> float:
    """F1 of marked characters, in the sentences of which the truth is known; spaces do not count."""
    hit = total = 0
    for truth, text, marks in (
        (known.in_first, known.first, marked[0]),
        (known.in_second, known.second, marked[1]),
    ):
        if truth is not None:
            gold, ours = ({n for n in chosen if not text[n].isspace()} for chosen in (truth, marks))
            hit, total = hit + len(gold & ours), total + len(gold) + len(ours)
    return 2 * hit / total if total else 0.0


def touches(known: sets.Known, evidence: Evidence) -> bool:
    """Whether the first clash shown overlaps the truth."""
    if not evidence.clashes:
        return False
    clash = evidence.clashes[0]
    one = set(range(clash.first_start, clash.first_end)) & (known.in_first or frozenset())
    two = set(range(clash.second_start, clash.second_end)) & (known.in_second or frozenset())
    return bool(one or two)


def span_figures(pairs: list[sets.Known], scorer: Scorer | None = None) -> dict[str, Any]:
    """Mean F1 over pairs, of the library and of the simplest method."""
    evidence = explained([(k.first, k.second) for k in pairs], scorer)
    return {
        "pairs": len(pairs),
        "f1": mean(overlap_f1(k, marks_of(e)) for k, e in zip(pairs, evidence, strict=True)),
        "first_clash_right": mean(touches(k, e) for k, e in zip(pairs, evidence, strict=True)),
        "without_marks": mean(not e.clashes for e in evidence),
        "f1_every_unshared_word": mean(overlap_f1(k, unshared(k)) for k in pairs),
    }


def mean(values: Iterable[float]) -> float:
    """Mean, three digits; 0 of nothing."""
    kept = list(values)
    return round(sum(kept) / max(1, len(kept)), 3)


class Plain(NamedTuple):
    """A plain contradiction, its kind, and the words of each sentence that clash."""

    first: str
    second: str
    kind: str
    first_clash: str
    second_clash: str


def read_plain(path: Path) -> list[Plain]:
    """The pairs of `tests/evidence_plain.jsonl`."""
    return [Plain(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def plain(pairs: list[Plain], scorer: Scorer | None) -> dict[str, Any]:
    """How often the first clash shown overlaps the clashing words of both sentences, and the kind is right.

    Each pair is explained by itself, as the one pair of an article that is flagged.
    """
    right: list[bool] = []
    kinds_right: list[bool] = []
    f1: list[float] = []
    for pair, found in zip(pairs, explained([(p.first, p.second) for p in pairs], scorer, scorer), strict=True):
        spans = [(c, t.index(c)) for t, c in ((pair.first, pair.first_clash), (pair.second, pair.second_clash))]
        gold = [frozenset(range(at, at + len(words))) for words, at in spans]
        shown = [(c.first_start, c.first_end) for c in found.clashes[:1]]
        shown += [(c.second_start, c.second_end) for c in found.clashes[:1]]
        right.append(bool(shown) and all(g & set(range(*s)) for g, s in zip(gold, shown, strict=True)))
        kinds_right.append(found.kind == pair.kind)
        f1.append(overlap_f1(sets.Known(pair.first, pair.second, *gold), marks_of(found)))
    return {
        "pairs": len(pairs),
        "clashing_words_right": mean(right),
        "f1": mean(f1),
        "kind_right": mean(kinds_right),
        "with_caveat": mean(caveat(p.first, p.second) is not None for p in pairs),
    }


def cards(pairs: list[sets.Judged], scorer: Scorer | None) -> dict[str, Any]:
    """What a card says of each pair, beside what its reader says: shares with their 95 % intervals.

    The first clash shown is right if it overlaps words that clash in both sentences. Words as many, marked
    anywhere, are right by chance.
    """
    told = explained([(pair.first, pair.second) for pair in pairs], scorer, scorer)
    shown = [bool(evidence.clashes) for evidence in told]
    right = [marks_right(pair, evidence) for pair, evidence in zip(pairs, told, strict=True)]
    kind = [evidence.kind in pair.kinds for pair, evidence in zip(pairs, told, strict=True)]
    by_set = {
        name: {
            "pairs": sum(p.source == name for p in pairs),
            "marks_right": mean(r for p, r in zip(pairs, right, strict=True) if p.source == name),
            "kind_right": mean(k for p, k in zip(pairs, kind, strict=True) if p.source == name),
        }
        for name in dict.fromkeys(p.source for p in pairs)
    }
    sides = [side for pair, evidence in zip(pairs, told, strict=True) for side in first_marks(pair, evidence)]
    return {
        "pairs": len(pairs),
        "with_marks": interval(shown),
        "marks_right": interval(right),
        "marks_right_where_shown": interval([r for r, s in zip(right, shown, strict=True) if s]),
        "right_by_chance_where_shown": mean(
            by_chance(p, e) for p, e in zip(pairs, told, strict=True) if e.clashes
        ),
        "marked_share_of_sentence": mean((end - start) / len(text) for text, start, end, _ in sides),
        "kind_right": interval(kind),
        "kind_by_source": dict(Counter(evidence.kind_source for evidence in told)),
        "with_caveat": interval([caveat(pair.first, pair.second) is not None for pair in pairs]),
        "by_set": by_set,
    }


Marks: TypeAlias = tuple[str, int, int, tuple[sets.Range, ...]]
"""A sentence, where its marks begin and end, and where its words clash."""


def first_marks(pair: sets.Judged, evidence: Evidence) -> list[Marks]:
    """Both sentences with the first clash shown; none where nothing is shown."""
    return [
        mark
        for c in evidence.clashes[:1]
        for mark in (
            (pair.first, c.first_start, c.first_end, pair.in_first),
            (pair.second, c.second_start, c.second_end, pair.in_second),
        )
    ]


def marks_right(pair: sets.Judged, evidence: Evidence) -> bool:
    """Whether the first clash shown overlaps words that clash, in both sentences."""
    sides = first_marks(pair, evidence)
    return bool(sides) and all(any(start < b and a < end for a, b in spans) for _, start, end, spans in sides)


def by_chance(pair: sets.Judged, evidence: Evidence) -> float:
    """How probable it is that marks of the same length, wherever they stand in the sentences, are right."""
    probability = 1.0
    for text, start, end, spans in first_marks(pair, evidence):
        places = range(max(1, len(text) - (end - start) + 1))
        touching = sum(any(at < b and a < at + end - start for a, b in spans) for at in places)
        probability *= touching / len(places)
    return probability


def interval(outcomes: Sequence[bool]) -> dict[str, Any]:
    """A share and its Wilson interval."""
    low, high = wilson(sum(outcomes), len(outcomes))
    ends = None if low is None or high is None else [round(low, 3), round(high, 3)]
    return {"share": share(sum(outcomes), len(outcomes)), "of": len(outcomes), "interval_95": ends}


def caveats(found: list[groups.Group]) -> dict[str, Any]:
    """Shares of contradictions, and of sentences that only seem to clash, that carry a caveat, and which."""
    true = [(p.first, p.second) for p in labelled(found, first_only=True)]
    seeming = [(groups.text_of(g, c["about"]), c["sentence"]) for g in found for c in g["compatible"]]
    outcome: dict[str, Any] = {}
    for name, pairs in (("contradictions", true), ("compatible", seeming)):
        told = Counter(caveat(*pair) for pair in pairs)
        told.pop(None, None)
        which = {reading: share(count, len(pairs)) for reading, count in told.most_common()}
        outcome[name] = {"pairs": len(pairs), "with_caveat": share(told.total(), len(pairs)), "which": which}
    return outcome


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="data folder")
    parser.add_argument("--limit", type=int, default=400, help="pairs of each set of clashing words or kinds")
    parser.add_argument("--kind-model", default="default", help="model whose head tells kinds, or none")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS),
                        help="what to measure; the rest of --output is kept")  # fmt: skip
    parser.add_argument("--output", type=Path, help="where to write the results as JSON")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure."""
    args = parse_args(argv)
    data = DataFolder(args.data)
    scorer = None if args.kind_model == "none" else load_scorer(args.kind_model)
    about = provenance.about("evidence", sys.argv[1:] if argv is None else argv, args.kind_model)
    about["model"] = scorer.name if scorer else None
    kept = args.output and args.output.exists() and json.loads(args.output.read_text(encoding="utf-8"))
    results: dict[str, Any] = kept or {}
    for part in args.parts:
        results[part] = about | PARTS[part](data, scorer, args.limit)
    text = json.dumps(results, indent=2) + "\n"
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def kinds_part(data: DataFolder, scorer: Scorer | None, limit: int) -> dict[str, Any]:
    """Kinds of the tune groups and of other sources."""
    newsroom, features = groups.newsroom("tune"), groups.features("tune")
    return {
        "newsroom": kinds(labelled(newsroom, first_only=True), scorer),
        "newsroom_every_sentence": kinds(labelled(newsroom, first_only=False), scorer),
        "features": kinds(labelled(features, first_only=True), scorer),
        "elsewhere": by_source(elsewhere(data, limit), scorer),
    }


def cards_part(data: DataFolder, scorer: Scorer | None, limit: int) -> dict[str, Any]:
    """Cards of the judged pairs, and of those written to be plain."""
    judged, gone = sets.judged(data)
    return {"not_here": gone, **cards(judged, scorer), "plain": plain(read_plain(PLAIN), scorer)}


def words_part(data: DataFolder, scorer: Scorer | None, limit: int) -> dict[str, Any]:
    """What the words alone tell: clashing words of the other sets, and caveats."""
    told = {name: caveats(getattr(groups, name)("tune")) for name in ("newsroom", "features")}
    spans = {name: span_figures(pairs) for name, pairs in span_sets(data, limit).items()}
    return {"spans": spans, "caveats": told}


PARTS = {"kinds": kinds_part, "cards": cards_part, "words": words_part}


if __name__ == "__main__":
    raise SystemExit(main())
