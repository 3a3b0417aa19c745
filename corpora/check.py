"""Check labelled articles against `corpora/FORMAT.md`.

    python -m corpora.check corpora/data/{features,outcomes}/*.jsonl

Prints one line a fault (file, group, what is wrong) and a summary; exit 1 when there was a fault.
"""

import argparse
import collections
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inconsistency import evidence

# What the library does not name, labels tell apart.
KINDS = (frozenset(evidence.KINDS) - {"other"}) | {"capability", "world_fact"}
SHAPES = frozenset(
    "different_subject different_speakers background conditional_or_hedged part_of_whole "
    "event_sequence update_over_time refinement approximate_number list_valued".split()
)


def faults(group: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one group, in words."""
    for field in ("id", "topic", "headline", "sentences", "contradictions", "restatements", "compatible"):
        if field not in group:
            yield f"no field {field!r}"
            return
    count = len(group["sentences"])
    texts = [group["headline"], *group["sentences"]]
    extra = [e["sentence"] for f in ("contradictions", "restatements", "compatible") for e in group[f]]
    for text, times in collections.Counter(texts + extra).items():
        if times > 1:
            yield f"a sentence stands twice: {text!r}"
        if not text.strip() or text != text.strip():
            yield f"empty or padded sentence: {text!r}"

    def bad(index: object, *, headline: bool) -> bool:
        return not isinstance(index, int) or not (-1 if headline else 0) <= index < count

    for c in group["contradictions"]:
        if c["kind"] not in KINDS:
            yield f"unknown kind {c['kind']!r}"
        if not c["conflicts_with"] or any(bad(i, headline=True) for i in c["conflicts_with"]):
            yield f"conflicts_with out of range: {c['conflicts_with']}"
        if not c.get("why"):
            yield f"no reason: {c['sentence']!r}"
        if c["replaces"] is not None and bad(c["replaces"], headline=False):
            yield f"replaces out of range: {c['replaces']}"
        if c["replaces"] is not None and not set(c["conflicts_with"]) - {c["replaces"]}:
            yield f"conflicts only with the sentence it replaces: {c['sentence']!r}"
    for r in group["restatements"]:
        if bad(r["restates"], headline=True):
            yield f"restates out of range: {r['restates']}"
    for c in group["compatible"]:
        if c["shape"] not in SHAPES:
            yield f"unknown shape {c['shape']!r}"
        if bad(c["about"], headline=True):
            yield f"about out of range: {c['about']}"
        if c.get("replaces") is not None and bad(c["replaces"], headline=False):
            yield f"replaces out of range: {c['replaces']}"


def edit_faults(line: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the edits of one real article, in words; `edits.group` checks the indexes."""
    for edit in line["edits"]:
        named = repr(edit["sentence"])
        if (edit.get("after") is None) == (edit.get("replaces") is None):
            yield f"either after or replaces: {named}"
        if not edit["conflicts_with"] or edit.get("replaces") in edit["conflicts_with"]:
            yield f"conflicts with nothing, or with what it replaces: {named}"
        if edit["kind"] not in KINDS:
            yield f"unknown kind {edit['kind']!r}"
        if edit["twin_shape"] not in SHAPES | {"restatement"}:
            yield f"unknown shape {edit['twin_shape']!r}"
        if any(not edit[text].strip() or edit[text] != edit[text].strip() for text in ("sentence", "twin", "why")):
            yield f"empty or padded text: {named}"


def main(argv: list[str] | None = None) -> int:
    """Check every file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    args = parser.parse_args(argv)
    bad = groups = contradictions = swaps = subtle = 0
    ids: set[str] = set()
    for path in args.files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                group = json.loads(line)
                found = list(edit_faults(group) if "edits" in group else faults(group))
            except (ValueError, KeyError, TypeError) as error:
                group, found = {}, [f"unreadable: {error!r}"]
            name = group.get("id", "?")
            if name in ids:
                found.append("id is used twice")
            ids.add(name)
            for fault in found:
                bad += 1
                print(f"{path}:{number}: {name}: {fault}")
            groups += 1
            for c in group.get("contradictions", group.get("edits", ())):
                contradictions += 1
                swaps += c.get("replaces") is not None
                subtle += bool(c.get("subtle"))
    print(f"{groups} groups, {contradictions} contradictions ({swaps} swaps, {subtle} subtle), {bad} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
