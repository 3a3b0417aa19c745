"""ContraDoc (Li et al. 2023, arXiv 2311.09182): news, stories and Wikipedia that contradict themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from corpora.cases import Case
from corpora.files import read_rows
from corpora.news import split


def contradoc_full(path: Path) -> Iterator[Case]:
    """Full ContraDoc documents: negatives, and positives of which both sides are indexed."""
    for row in read_rows(path):
        group, sentences = row["id"].split("_")[0], tuple(row["sentences"])
        if row["label"] == "no_contradiction":
            yield Case(row["id"], group, sentences)
            continue
        e, refs = row["evidence"], row["refs"] or []
        gold = frozenset((min(e, r), max(e, r)) for r in refs if e is not None and r != e)
        if gold:
            yield Case(row["id"], group, sentences, gold, kind=row["contra_type"] or "")


def contradoc_2000(path: Path) -> Iterator[Case]:
    """ContraDoc cut at 2,000 characters; only the evidence sentence of a positive is known.

    The release glues some evidence sentences to their neighbours, so the evidence is cut out as it
    is stated and the text before and after it is split.
    """
    for row in read_rows(path):
        group = row["id"].split("_")[0]
        if row["label"] == "no_contradiction":
            yield Case(row["id"], group, tuple(split(row["text"])))
            continue
        evidence, text = row["evidence"].strip(), row["text"]
        at = text.find(evidence)
        if not row["evidence_in_text"] or at < 0:
            continue
        before, after = split(text[:at]), split(text[at + len(evidence) :])
        where, total = len(before), len(before) + 1 + len(after)
        gold = frozenset((min(where, i), max(where, i)) for i in range(total) if i != where)
        sentences = (*before, evidence, *after)
        kind = "/".join(row["scope"]) if isinstance(row["scope"], list) else row["scope"] or ""
        yield Case(row["id"], group, sentences, gold, kind=kind, pivot=where)


def contradoc_clean(path: Path) -> Iterator[Case]:
    """The negatives among the full ContraDoc documents."""
    return (case for case in contradoc_full(path) if not case.gold)
