"""Questions out to a reader who sees nothing else, answers back into a recording that holds no article."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.verifier_samples import WAYS, Drawn, Library, Sizes, cases, fingerprint
from inconsistency.verify import Verdict, prompt
from inconsistency.verify.answers import read_entries

HEADER = """\
Each part below that begins with a line "QUESTION <code>" is a question of its own: an article and what is asked
of it. Read each for itself, by these instructions:

{instructions}

Write the answers to the file {answers}, one JSON object a line and for each question, in which the code stands
before the rest: {{"question": "<code>", {rest}}}
"""


def render(
    library: Library, data: Path, sizes: Sizes, real: int, ways: Sequence[str], out: Path, per: int
) -> None:
    """Let the model choose candidates, and write files of questions in an order that tells nothing.

    `out/questions` is what a reader gets to see: no set, no label, no two versions of one article in a file.
    """
    found = list(cases(data, sizes, real))
    drawn = [library.draw(name, case) for name, case in tqdm(found, disable=None)]
    told = {"sizes": {name: list(counts) for name, counts in sizes.items()}, "real": real, "ways": list(ways)}
    told["weights"] = library.weights
    kept = [{"set": d.data, "id": d.case.id, "candidates": d.candidates, "flagged": d.flagged} for d in drawn]
    (out / "questions").mkdir(parents=True, exist_ok=True)
    (out / "answers").mkdir(exist_ok=True)
    write_lines(out / "samples.jsonl", [told, *kept])
    for way in ways:
        asked = {fingerprint(words): (words, d.case.group) for d in drawn for words in d.questions(way)}
        files = deal({code: group for code, (_, group) in asked.items()}, per)
        for number, codes in enumerate(files, 1):
            name = f"{way}-{number:03d}"
            text = _file(name, way, {code: asked[code][0] for code in codes})
            (out / "questions" / f"{name}.txt").write_text(text, encoding="utf-8")
        size = sum(len(m["content"]) for words, _ in asked.values() for m in words)
        print(f"{way}: {len(asked)} questions in {len(files)} files, about {size // 4:,} tokens")
    print(f"{len(drawn)} articles; questions: {out / 'questions'}, answers go to: {out / 'answers'}")


def deal(groups: Mapping[str, str], per: int) -> list[list[str]]:
    """Questions in files of so many; an article and its twin, of one group, go to different ones if they can."""
    order = sorted(groups)
    random.Random(0).shuffle(order)
    files: list[list[str]] = [[] for _ in range(-(-len(order) // per))]
    for code in order:
        twins = [sum(groups[other] == groups[code] for other in file) for file in files]
        files[min(range(len(files)), key=lambda k: (len(files[k]) >= per, twins[k], len(files[k])))].append(code)
    return files


def _file(name: str, way: str, asked: Mapping[str, list[dict[str, str]]]) -> str:
    """A file of questions: the instructions once, since they are the same for all."""
    rest = '"pairs": [...], "others": [...]' if WAYS[way][1] else '"pairs": [...]'
    instructions = prompt.instructions(WAYS[way][1])
    head = HEADER.format(instructions=instructions, answers=f"{name}.jsonl", rest=rest)
    return "\n".join([head, *(f"QUESTION {code}\n\n{words[-1]['content']}\n" for code, words in asked.items())])


def answer_import(folder: Path, data: Path, out: Path, reader: str, date: str) -> None:
    """Put candidates and answers into one file, numbers and verdicts alone: reasons quote from the articles.

    Raises:
        SystemExit: an answer is to a question that was not rendered, or none can be read.
    """
    told, *samples = read_lines(folder / "samples.jsonl")
    drawn = matched(samples, cases(data, told["sizes"], told["real"]))
    asked = {code for d in drawn for way in told["ways"] for code in d.fingerprints(way)}
    given = {}
    for path in sorted((folder / "answers").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if line.strip():
                code, answer = _answer(f"{path.name}:{number}", line)
                given[code] = answer
    if unknown := sorted(set(given) - asked):
        raise SystemExit(f"{folder}: {len(unknown)} answers to questions nobody asked, such as {unknown[0]}")
    for d, sampled in zip(drawn, samples, strict=True):
        sampled["ways"] = [way for way in told["ways"] if given.keys() >= set(d.fingerprints(way))]
    about = {"reader": reader, "recorded": date, "questions": len(asked), "answered": len(given)} | told
    about["prompts"] = {way: prompt.version(WAYS[way][1]) for way in told["ways"]}
    write_lines(out, [about, *samples, *({"question": code, **given[code]} for code in sorted(given))])
    print(f"{len(given)} of {len(asked)} questions are answered: {out}")


def _answer(place: str, line: str) -> tuple[str, dict[str, list[list[Any]]]]:
    """Code and verdicts of a line; an entry that the library would refuse is told and left out."""
    try:
        whole = json.loads(line)
        code = whole["question"]
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{place}: no answer: {error!r}") from error
    found = {}
    for name in ("pairs", "others"):
        entries = whole.get(name) or []
        accepted, refused = read_entries(entries)
        if refused:
            print(f"{place}: {refused} of {len(entries)} entries in {name!r} are refused", file=sys.stderr)
        found[name] = [[*numbers, *_kept(verdict)] for numbers, verdict in accepted.items()]
    return code, {name: rows for name, rows in found.items() if rows or name == "pairs"}


def _kept(verdict: Verdict) -> list[Any]:
    """What is kept of a verdict, as it stands after the library's own checks."""
    return [verdict.verdict, verdict.confidence, *([verdict.shape] if verdict.shape else [])]


def as_answer(kept: Mapping[str, Any]) -> str:
    """The words of an answer again, without reasons; what the library has overruled stays so."""
    lists = {}
    for name in ("pairs", "others"):
        lists[name] = [
            {"first": a, "second": b, "verdict": verdict, "confidence": sure, "reason": "", "same_subject": True,
             "compatible_reading": shape[0] if shape and shape[0] in prompt.READINGS else prompt.NONE}
            for a, b, verdict, sure, *shape in kept.get(name, [])
        ]  # fmt: skip
    return json.dumps(lists)


def recorded(path: Path, data: Path) -> tuple[dict[str, Any], list[Drawn], dict[str, str]]:
    """What is told of the recording, its articles as they are now, and its answers."""
    about, *lines = read_lines(path)
    drawn = matched([line for line in lines if "set" in line], cases(data, about["sizes"], about["real"]))
    return about, drawn, {line["question"]: as_answer(line) for line in lines if "question" in line}


def matched(lines: Sequence[Mapping[str, Any]], found: Iterable[Any]) -> list[Drawn]:
    """The sample articles of these lines; those that are gone are told."""
    now = {(name, case.id): case for name, case in found}
    drawn = []
    for line in lines:
        if case := now.get((line["set"], line["id"])):
            candidates, flagged = (tuple((a, b) for a, b in line[key]) for key in ("candidates", "flagged"))
            drawn.append(Drawn(line["set"], case, candidates, flagged, tuple(line.get("ways", WAYS))))
    if len(drawn) < len(lines):
        gone = len(lines) - len(drawn)
        print(f"SKIPPED {gone} recorded articles that are not among the samples any more", file=sys.stderr)
    return drawn


def read_lines(path: Path) -> list[dict[str, Any]]:
    """A JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """A JSONL file."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
