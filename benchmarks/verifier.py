"""What a language model as second reader finds and wrongly flags, from answers that were recorded once.

    python -m benchmarks.verifier render --out runs/verifier --per-file 25
    (readers who see nothing else answer runs/verifier/questions/*.txt into runs/verifier/answers/*.jsonl)
    python -m benchmarks.verifier answer-import runs/verifier --reader "a language model" --date 2026-12-01
    python -m benchmarks.verifier replay                    # writes benchmarks/results/verifier.json

`render` lets the embedded model choose the candidates of every sample and writes each question once, in an
order that tells nothing: no set, no label. `answer-import` puts verdicts and candidates into
`data/verifier_recorded.jsonl`, which holds no article and no reason; it may be run again as answers come. `replay`
builds the same questions again from the data folder and lets `LLMVerifier` read the recorded answers in place of a
server's: windows, guards and decision are the true ones. A way of asking is measured on the articles of which all
questions were answered. Where one of these questions has no answer any more (a word of the prompt has changed, or
the splitter) the recording is stale: that is counted, and no row is shown for a set that has such an article.

Needs the extra `[llm]` and the data. Tokens are estimated as characters divided by four.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks import metrics, provenance
from benchmarks.figures import render as render_table
from benchmarks.figures import strict
from benchmarks.verifier_recording import answer_import, recorded, render, write_lines
from benchmarks.verifier_samples import REAL, SIZES, WAYS, Drawn, Library, Pair, fingerprint
from inconsistency import LLMVerifier, Verdict
from inconsistency.verify import is_flagged
from inconsistency.verify.llm import WINDOW

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "benchmarks" / "data" / "verifier_recorded.jsonl"
RESULT = ROOT / "benchmarks" / "results" / "verifier.json"
ROWS = {
    "candidates": "NLI + second reader",
    "discover": "NLI + second reader that also discovers",
    "alone": "second reader alone",
}


class Recording:
    """Recorded answers in place of a client: `LLMVerifier` takes it for one."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.base_url, self.api_key = "recorded", ""
        self.chat = SimpleNamespace(completions=self)

    def create(self, *, messages: list[dict[str, str]], **_: Any) -> Any:
        """An answer as a server gives it."""
        message = SimpleNamespace(content=self.said(messages))
        return SimpleNamespace(choices=[SimpleNamespace(message=message, finish_reason="stop")], usage=None)

    def said(self, messages: list[dict[str, str]]) -> str:
        """The recorded words; none where a pair that an answer left out is asked for once more."""
        return self.answers.get(fingerprint(messages), "")


# --- figures ------------------------------------------------------------------------------------


def flags(verifier: LLMVerifier, drawn: Drawn, way: str) -> dict[Pair, Verdict]:
    """The pairs that are flagged with the second reader; one without a verdict keeps what the library says."""
    article = drawn.suspects(way)
    (found,) = verifier.read([article])
    said: dict[Pair, Verdict | None] = dict(zip(article.pairs, found.verdicts, strict=True))
    said |= {d.pair: d.verdict for d in found.discovered}
    kept = {pair: v for pair, v in said.items() if v is not None and is_flagged(v, 0.0, 1.0)}
    if WAYS[way][0]:
        unsure = Verdict("unsure", 0.0, "")
        kept |= {pair: unsure for pair in drawn.flagged if said.get(pair) is None and pair not in kept}
    return kept


def row(flagged: Sequence[tuple[Drawn, Iterable[Pair]]]) -> dict[str, Any]:
    """Hit rate, and false flags of the clean articles, with their intervals."""
    hits = [(d.case.group, bool(d.case.gold & set(pairs))) for d, pairs in flagged if d.case.gold]
    clean = [(d.case.group, len(set(pairs))) for d, pairs in flagged if not d.case.gold]
    names = {name: n for n, name in enumerate(dict.fromkeys(group for group, _ in hits))}
    groups, caught = (np.array(x) for x in ([names[g] for g, _ in hits], [hit for _, hit in hits]))
    rate = metrics.bootstrap(groups, lambda weights: metrics.weighted_mean(caught, weights)) if hits else None
    wrong = metrics.flag_rate([count for _, count in clean], [group for group, _ in clean]) if clean else None
    told = {"hit_rate": rate, "false_flags": wrong}
    known = {name: dataclasses.asdict(estimate) if estimate else None for name, estimate in told.items()}
    return {"contradicting": len(hits), "clean": len(clean)} | known


def measure(
    drawn: Sequence[Drawn], answers: Mapping[str, str], way: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One way of asking on one set, and what it flags in clean articles; nothing where an answer is stale."""
    asked = {d.case.id: list(d.questions(way)) for d in drawn}
    stale = sum(any(fingerprint(w) not in answers for w in words) for words in asked.values())
    calls = sum(map(len, asked.values()))
    size = sum(len(m["content"]) for words in asked.values() for question in words for m in question)
    told: dict[str, Any] = {"articles": len(drawn), "stale": stale}
    told |= {"calls": calls / len(drawn), "tokens": size / 4 / len(drawn)}
    if stale:
        return told, []
    verifier = LLMVerifier("recorded", client=Recording(answers), discover=WAYS[way][1], window=WINDOW)
    found = [(d, flags(verifier, d, way)) for d in tqdm(drawn, disable=None)]
    wrong = [
        {"set": d.data, "id": d.case.id, "way": way, "pair": pair, "confidence": verdict.confidence,
         "texts": [d.case.sentences[k] for k in pair]}
        for d, kept in found if not d.case.gold for pair, verdict in kept.items()
    ]  # fmt: skip
    return told | row([(d, kept) for d, kept in found]), wrong


def replay(path: Path, data: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Every row on every set, and the pairs flagged in clean articles, for somebody to judge."""
    about, drawn, answers = recorded(path, data)
    sets = {name: [d for d in drawn if d.data == name and d.ways] for name in SIZES}
    sets["clean news"] = [d for d in drawn if d.data not in SIZES and d.ways]
    results: dict[str, Any] = {"recording": about, "sets": {}}
    waiting = []
    for name, articles in sets.items():
        if not articles:
            continue
        rows = {"NLI alone": {"articles": len(articles), "stale": 0} | row([(d, d.flagged) for d in articles])}
        for way, title in ROWS.items():
            answered = [d for d in articles if way in d.ways]
            if answered:
                rows[title], wrong = measure(answered, answers, way)
                waiting += wrong
        results["sets"][name] = rows
    return results, waiting


def _size(text: str) -> tuple[str, tuple[int, int]]:
    """A set and how much of it, such as `features=35+20`."""
    name, _, counts = text.partition("=")
    wrong, _, clean = counts.partition("+")
    if name not in SIZES or not wrong.isdecimal() or not clean.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}; accepted is SET=CONTRADICTING+CLEAN with {', '.join(SIZES)}")
    return name, (int(wrong), int(clean))


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--data", type=Path, default=ROOT / "../shared/data", help="the data folder")
    add("--recorded", type=Path, default=RECORDED, help="the recording")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("render", help="choose candidates, write questions")
    command.add_argument("--out", type=Path, default=ROOT / "runs" / "verifier")
    command.add_argument("--per-file", type=int, default=25, metavar="N", help="questions of a file")
    command.add_argument("--model", default="default")
    command.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    sizes = "how much of a set, as SET=CONTRADICTING+CLEAN; sets that are not named are as large as by default"
    command.add_argument("--sizes", nargs="+", type=_size, default=[], metavar="SIZE", help=sizes)
    command.add_argument("--real", type=int, default=REAL, help="clean articles of all real sources together")
    command = commands.add_parser("answer-import", help="make a recording of answers")
    command.add_argument("folder", type=Path, help="what render has written, with answers in it")
    command.add_argument("--reader", required=True, help="who answered, as it is to stand in the results")
    command.add_argument("--date", required=True)
    command = commands.add_parser("replay", help="measure with recorded answers")
    command.add_argument("--out", type=Path, default=RESULT)
    command.add_argument("--flags", type=Path, help="write the pairs flagged in clean articles here, to be judged")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run a command; 1 where a recording is stale."""
    args = parse_args(argv)
    if args.command == "render":
        sizes = SIZES | dict(args.sizes)
        render(Library(args.model), args.data, sizes, args.real, args.ways, args.out, args.per_file)
        return 0
    if args.command == "answer-import":
        args.recorded.parent.mkdir(exist_ok=True)
        answer_import(args.folder, args.data, args.recorded, args.reader, args.date)
        return 0
    about = provenance.about("verifier", sys.argv[1:] if argv is None else argv)
    del about["weights"]  # those that chose the pairs are told by the recording
    results, waiting = replay(args.recorded, args.data)
    results = {"about": about} | results
    args.out.write_text(json.dumps(strict(results), indent=1) + "\n", encoding="utf-8")
    if args.flags:
        write_lines(args.flags, waiting)
    print(render_table("verifier.md.jinja", results))
    return int(any(told["stale"] for rows in results["sets"].values() for told in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
