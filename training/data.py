"""Build a training mixture: general NLI pairs and pairs of labelled articles, cleaned and counted.

    python -m training.data training/configs/shared.toml --local ../shared/data --out runs/shared_rows

Reads sets by name from a local folder of `pairs/NAME.jsonl.gz` files, or from the hub with `datasets`
where SOURCES knows the hub name. Removes duplicates, pairs that stand in any set marked `test`, and
pairs that are too long; every removal is counted in `manifest.json`, with the hash of the result.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import random
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from corpora import edits, grades, groups, lists, long_pairs, real
from corpora.cases import half
from corpora.files import DataFolder, read_rows
from corpora.groups import Group, Row, Side

LABELS = ("entailment", "neutral", "contradiction")
ARTICLES = ("newsroom", "features", "outcomes", "real", "edits", "suspects", "long")  # tables of in-article pairs
Role = Literal["train", "tune"]
FEWEST = 3  # pairs of a list of suspects

# name: (hub data set, configuration, label names in the hub's order, licence)
SOURCES: dict[str, tuple[str | None, str | None, tuple[str, ...], str]] = {
    "mnli_subset": ("nyu-mll/multi_nli", None, LABELS, "OANC and CC BY(-SA) parts"),
    "snli_subset": ("stanfordnlp/snli", None, LABELS, "CC BY-SA 4.0"),
    "snli_extra": (None, None, LABELS, "CC BY-SA 4.0"),
    "lingnli": ("alisawuffles/lingnli", None, LABELS, "none stated"),
    "wanli_subset": ("alisawuffles/WANLI", None, LABELS, "CC BY 4.0"),
    "cad_nli": (None, None, LABELS, "Apache-2.0"),
    "fever_nli": ("pietrolesci/nli_fever", None, LABELS, "CC BY-SA 3.0"),
    "fever_nei_paired": (None, None, LABELS, "CC BY-SA 3.0"),
    "wikifactcheck_neg": (None, None, LABELS, "CC BY-SA"),
    "conjnli": (None, None, LABELS, "MIT"),
    "inli": (None, None, LABELS, "CC BY-SA 4.0"),
    "commitmentbank": (None, None, LABELS, "none stated"),
    "help": (None, None, LABELS, "CC BY-SA 4.0"),
    "monli": (None, None, LABELS, "none stated"),
}


def normal(text: str) -> str:
    """Text with case, spacing and punctuation folded, for comparing across releases."""
    return " ".join(re.findall(r"\w+", text.lower()))


def hub_rows(name: str) -> Iterator[dict[str, Any]]:
    """The train split of a hub data set, with our label names and role."""
    import datasets

    hub, configuration, labels, _ = SOURCES[name]
    if hub is None:
        raise SystemExit(f"{name} has no hub name: give --local, a folder with pairs/{name}.jsonl.gz")
    for row in datasets.load_dataset(hub, configuration, split="train"):
        label = row["label"]
        if isinstance(label, int):
            if not 0 <= label < len(labels):
                continue
            label = labels[label]
        yield {"premise": row["premise"], "hypothesis": row["hypothesis"], "label": label, "role": "train"}


def test_keys(folder: Path | None) -> set[str]:
    """Normalised pairs, and longer hypotheses, of every local set marked `test`."""
    keys: set[str] = set()
    for path in sorted((folder / "pairs").glob("*.jsonl.gz")) if folder else ():
        for row in read_rows(path):
            if row["role"] == "test":
                premise, hypothesis = normal(row["premise"]), normal(row["hypothesis"])
                keys.add(f"{premise}|{hypothesis}")
                if len(hypothesis.split()) >= 7:
                    keys.add(hypothesis)
    return keys


def general(
    name: str,
    wanted: dict[str, int],
    folder: Path | None,
    banned: set[str],
    rng: random.Random,
    role: str = "train",
) -> tuple[list[Row], dict[str, int]]:
    """Sample `wanted` rows a label from one set; give them and the counts of what was left out."""
    counts: collections.Counter[str] = collections.Counter()
    by_label: dict[str, list[Row]] = collections.defaultdict(list)
    seen: set[str] = set()
    for row in DataFolder(folder).pairs(name) if folder else hub_rows(name):
        if row["role"] != role:
            continue
        if row["label"] not in LABELS:
            raise SystemExit(f"{name}: label {row['label']!r}; known are {', '.join(LABELS)}")
        premise, hypothesis = normal(row["premise"]), normal(row["hypothesis"])
        key = f"{premise}|{hypothesis}"
        if key in seen:
            counts["duplicate"] += 1
        elif key in banned or hypothesis in banned:
            counts["in a test set"] += 1
        elif len(premise.split()) + len(hypothesis.split()) > 90:
            counts["over 90 words"] += 1
        else:
            by_label[row["label"]].append(
                Row(Side(row["premise"]), Side(row["hypothesis"]), row["label"], name)
            )
        seen.add(key)
    rows: list[Row] = []
    for label, count in wanted.items():
        pool = by_label[label]
        taken = rng.sample(pool, min(count, len(pool)))
        counts[f"taken {label}"] = len(taken)
        rows += taken
    return rows, dict(counts)


def articles(name: str, role: Role, folder: Path | None) -> list[Group]:
    """Labelled articles of one making; the real ones lie in the data folder."""
    if name in ("real", "edits"):
        if folder is None:
            raise SystemExit(f"[data.{name}] reads articles that are not on the hub: give --local")
        if name == "edits":
            return edits.groups(folder, role)
        return real.gum(folder) if role == "train" else real.news(folder)
    makings = {"newsroom": groups.newsroom, "features": groups.features, "outcomes": groups.outcomes}
    found = makings[name](role)
    if name == "outcomes":
        found = [g for g in groups.features(role) if g["id"].startswith("l")] + found
    # What a run is judged by chooses weights, so it keeps to the half that the benchmark does not measure.
    return found if role == "train" else [g for g in found if half(g["id"]) == "fit"]


def article_rows(
    name: str, table: dict[str, Any], role: Role, folder: Path | None, rng: random.Random
) -> list[Row]:
    """The pairs that a table of the config asks for, of labelled articles, suspects or long pairs."""
    repeats = table.get("repeats", 0)
    if name == "suspects":
        if repeats and folder is None:
            raise SystemExit("[data.suspects] reads pairs that are not on the hub: give --local")
        return edits.suspects(folder, role) * repeats if repeats and folder else []
    if name == "long":
        return long_pairs.rows(role) * int(repeats)
    pairs = edits.rows if name == "edits" else groups.rows
    amounts = (table.get("neutrals", 10), table.get("bystanders", 3))
    whole = articles(name, role, folder) * repeats if repeats else []
    return [row for group in whole for row in pairs(group, rng, *amounts)]


def mined_rows(path: Path) -> Iterator[Row]:
    """Rows that `mine.py` has written."""
    for article in read_rows(path):
        yield from _suspects(article)


def list_rows(
    wanted: dict[str, int], folder: Path | None, mined: Sequence[Path], rng: random.Random
) -> Iterator[tuple[str, list[Row]]]:
    """Pairs of articles as lists; what is mined stands in lists of its own, and in those of edited articles.

    Args:
        wanted: number of lists of `newsroom`, `features`, `outcomes`, `edits` and `mined`.
        folder: the data folder.
        mined: files that `mine.py` has written.
        rng: for the draws.
    """
    suspected = {a["article"]: list(_suspects(a)) for path in mined for a in read_rows(path)}
    hot = [lists.of_suspects(name, rows) for name, rows in suspected.items() if len(rows) >= FEWEST]
    for name, count in wanted.items():
        if name == "mined":
            found = hot
        elif name == "edits":
            edited = articles(name, "train", folder)
            found = [some for g in edited for some in lists.of_edited(g, suspected.get(g["id"], ()), rng)]
        else:
            found = [some for g in articles(name, "train", folder) for some in lists.of_made(g, name, rng)]
        yield f"lists of {name}", [row for some in rng.sample(found, min(count, len(found))) for row in some]


def _suspects(article: dict[str, Any]) -> Iterator[Row]:
    for row in article["rows"]:
        yield Row(Side(**row["first"]), Side(**row["second"]), row["label"], row["source"])


def mixture(
    config: dict[str, Any], folder: Path | None, mined: Sequence[Path]
) -> tuple[list[Row], dict[str, Any]]:
    """All rows of a config, shuffled, and the manifest's counts."""
    rng = random.Random(config["seed"])
    banned = test_keys(folder)
    rows: list[Row] = []
    counts: dict[str, Any] = {}

    def add(name: str, own: list[Row]) -> None:
        counts[name] = dict(collections.Counter(f"taken {r.label}" for r in own))
        rows.extend(own)

    for name, wanted in config.get("general", {}).items():
        per_label = wanted if isinstance(wanted, dict) else dict.fromkeys(LABELS, wanted // 3)
        found, told = general(name, per_label, folder, banned, rng)
        add(name, found)
        counts[name] = told
    for name in ARTICLES:
        table = config.get(name, {})
        own = article_rows(name, table, "train", folder, rng)
        add(name, rng.sample(own, int(table.get("share", 1.0) * len(own))))
    if config.get("unrelated"):
        add("unrelated", list(groups.unrelated_rows(groups.all_groups("train"), rng, config["unrelated"])))
    if config.get("lists"):
        for name, own in list_rows(config["lists"], folder, mined, rng):
            add(name, own)
    else:
        for path in mined:
            add(path.stem, list(mined_rows(path)))
    if config.get("graded"):
        if folder is None:
            raise SystemExit("`graded` reads articles that are not on the hub: give --local")
        add("graded", list(grades.rows(folder)))
    rng.shuffle(rows)
    return rows, counts


def tune_rows(config: dict[str, Any], folder: Path) -> list[Row]:
    """Rows to judge a run by: of sets with a local `tune` part, and of the articles marked `tune`."""
    rng = random.Random(config["seed"])
    rows: list[Row] = []
    for name, wanted in config["tune"].items():
        if name in ARTICLES:
            own = article_rows(name, {"repeats": 1, "neutrals": 6}, "tune", folder, rng)
            rows += rng.sample(own, min(wanted, len(own)))
        else:
            rows += general(name, dict.fromkeys(LABELS, wanted // 3), folder, set(), rng, "tune")[0]
    return rows


def as_lines(rows: list[Row]) -> str:
    """Rows as JSON lines."""
    return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


def main(argv: list[str] | None = None) -> int:
    """Write `rows.jsonl`, `tune.jsonl` and `manifest.json` under --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path, help="TOML file; its [data] table is read")
    parser.add_argument("--local", type=Path, help="folder with pairs/NAME.jsonl.gz; without it, the hub")
    parser.add_argument("--mined", type=Path, nargs="*", default=[], help="hard pairs written by mine.py")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    config = tomllib.loads(args.config.read_text())["data"]
    rows, counts = mixture(config, args.local, args.mined)
    args.out.mkdir(parents=True, exist_ok=True)
    text = as_lines(rows)
    (args.out / "rows.jsonl").write_text(text, encoding="utf-8")
    if args.local and "tune" in config:
        (args.out / "tune.jsonl").write_text(as_lines(tune_rows(config, args.local)), encoding="utf-8")
    licences = {name: SOURCES[name][3] for name in config.get("general", {})}
    manifest = {
        "config": args.config.name,
        "rows": len(rows),
        "labels": dict(collections.Counter(r.label for r in rows)),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "sets": counts,
        "licences": licences,
    }
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(json.dumps(manifest, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
