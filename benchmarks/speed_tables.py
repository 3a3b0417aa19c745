"""Markdown of a speed run, from its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.speed_rows import FULL, MAIN, ROWS

FEW = 5  # articles or pairs below which a target is not said to be met or missed outright


def readme(record: Mapping[str, Any], plot: str) -> str:
    """What goes into the main README."""
    parts = [comparison_table(record), f"![Seconds an article against its sentences, one line a row]({plot})"]
    parts += [target_table(record), closing(record)]
    return "\n\n".join(p for p in parts if p)


def details(record: Mapping[str, Any]) -> str:
    """What goes into the benchmarks' README."""
    parts = [comparison_table(record), row_list(record), step_table(record), recall_table(record)]
    parts += [length_table(record), long_table(record), profile_table(record), startup_line(record)]
    return "\n\n".join(p for p in [*parts, target_table(record), closing(record)] if p)


def comparison_table(record: Mapping[str, Any]) -> str:
    """Every row over the articles that all rows read, and against the library."""
    part = record["comparison"]
    lines = [
        f"{part['sample']} Articles/s to p95 are over the {part['shared']['articles']} articles that every "
        f"row read (up to {part['shared']['longest']} sentences). Times slower is over all articles that the row "
        f"and `{MAIN}` both read in the same repeat, which the next column counts; in brackets the same of single "
        "repeats. Spread is (slowest - fastest) / median of an article's repeats.",
        "",
        "| row | articles/s | pairs/s | p50 s | p95 s | spread | times slower | over articles (longest) "
        "| peak MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, row in part["rows"].items():
        pace_, against = row["shared"] or {}, row["against_main"] or {}
        bold = "**" if name == MAIN else ""
        cells = [
            f"{bold}{name}{bold}",
            number(pace_.get("articles_per_s")),
            number(pace_.get("pairs_per_s"), 0),
            number(pace_.get("p50_s")),
            number(pace_.get("p95_s")),
            percent(row["spread"], 0),
            "" if name == MAIN else times_cell(against),
            f"{against.get('articles', row['articles'])} ({against.get('longest', row['longest'])})",
            number(row["peak_rss_mb"], 0),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def row_list(record: Mapping[str, Any]) -> str:
    """What each row is."""
    return "\n".join(f"- **{name}**: {about}." for name, about in record["about"]["rows"].items())


def step_table(record: Mapping[str, Any]) -> str:
    """Each step of the engine: with and without it."""
    lines = [
        "Each step of the engine, switched off and on, over the articles that both rows read:",
        "",
        "| step | s/article without | with | times slower without (single repeats) | articles |",
        "|---|--:|--:|--:|--:|",
    ]
    for step in record["comparison"]["steps"]:
        cells = [step["step"], number(step["without_s"], 3), number(step["with_s"], 3)]
        cells += [times_cell(step), str(step["articles"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) if len(lines) > 4 else ""


def recall_table(record: Mapping[str, Any]) -> str:
    """What the gate and the cascade lose."""
    lines = [
        "Flagged pairs that gate, glance and early head keep, of those that the same decision flags when every "
        f"pair is read up to the exit head, whose veto is a part of it (the flags of `{FULL}`); 95 % Wilson "
        "interval, pairs taken for independent:",
        "",
        "| articles | setting | read | flagged exhaustively | of them flagged | recall | flagged only with "
        "the cascade | labelled ones |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for r in record["recall"]:
        ends = "" if r["low"] is None else f" ({percent(r['low'])} to {percent(r['high'])})"
        cells = [r["of"], r["preset"], str(r["articles"]), str(r["flagged_exhaustively"])]
        cells += [str(r["flagged_too"]), percent(r["recall"]) + ends, str(r["only_with_cascade"])]
        cells.append(f"{r['gold_flagged_too']} of {r['gold_flagged_exhaustively']}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) if record["recall"] else ""


def length_table(record: Mapping[str, Any]) -> str:
    """Seconds by sentences, a column a row."""
    found = record["by_length"]
    rows = [r.name for r in ROWS if any(b["row"] == r.name for b in found)]
    cell = {}
    for b in found:
        cell[b["low"], b["made"], b["row"]] = f"{b['p50_s']:.2f} / {b['p95_s']:.2f} ({b['articles']})"
    lines = [
        "Seconds an article, p50 / p95 (articles), by sentences. Made articles are real ones cut to their first "
        "sentences, or joined where none is long enough:",
        "",
        "| sentences | articles | " + " | ".join(rows) + " |",
        "|---|---|" + "--:|" * len(rows),
    ]
    for low, high, made in dict.fromkeys((b["low"], b["high"], b["made"]) for b in found):
        cells = [str(low) if low == high else f"{low}-{high}", "made" if made else "real"]
        cells += [cell.get((low, made, row), "-") for row in rows]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) if found else ""


def long_table(record: Mapping[str, Any]) -> str:
    """Growth of the library alone."""
    if not record.get("long"):
        return ""
    lines = [
        "Very long articles (joined), each in a fresh process:",
        "",
        "| sentences | row | seconds | ms a sentence | pairs scored or screened | peak MB |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    for r in record["long"]:
        if "not_run" in r:
            lines.append(f"| {r['sentences']} | {r['row']} | not run: {r['not_run']} | | | |")
            continue
        cells = [str(r["sentences"]), r["row"], number(r["seconds"], 1)]
        cells += [number(1000 * r["seconds"] / r["sentences"], 0), f"{r['scored'] + r['screened_out']:,}"]
        lines.append("| " + " | ".join([*cells, number(r["peak_rss_mb"], 0)]) + " |")
    return "\n".join(lines)


def profile_table(record: Mapping[str, Any]) -> str:
    """Where the time of `check` goes."""
    profile = record.get("profile")
    if not profile:
        return ""
    lines = [
        f"Where the time of `Detector().check` goes, over {profile['articles']} of the articles (median "
        f"{profile['median_sentences']:.0f} sentences), with one thread, so that no two stages run at once:",
        "",
        "| stage | ms/article | share |",
        "|---|--:|--:|",
    ]
    for stage in profile["stages"]:
        cells = [stage["stage"], number(1000 * stage["seconds"], 1), percent(stage["share"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def startup_line(record: Mapping[str, Any]) -> str:
    """Cold start and memory of the command."""
    if not record.get("startup"):
        return ""
    found = record["startup"]["results"]
    check = found["check"]
    return (
        f"Cold start, a whole `inconsistency check` of an example in a fresh process: {check['median_s']:.2f} s "
        f"({check['min_s']:.2f} to {check['max_s']:.2f}), peak memory {found['check_peak_rss_mb']} MB, threads as "
        "the command chooses them (`benchmarks/startup.py`)."
    )


def target_table(record: Mapping[str, Any]) -> str:
    """Targets, met or missed."""
    lines = ["| target | wanted | measured | | over |", "|---|--:|--:|---|---|"]
    for t in record["targets"]:
        sign = "at least" if t["at_least"] else "at most"
        met = "not measured" if t["met"] is None else "met" if t["met"] else "**missed**"
        if t["over"] and int(t["over"].split()[0].replace(",", "")) < FEW:
            met += ", of too few to tell"
        measured = number(t["measured"], 0 if t["target"] >= 100 else 2)
        lines.append(f"| {t['what']} | {sign} {t['target']:g} | {measured} | {met} | {t['over']} |")
    return "\n".join(lines)


def closing(record: Mapping[str, Any]) -> str:
    """How it was made, and what was not run."""
    about = record["about"]
    lines = [
        f"{run_of(about)} The rivals run a stock MPNet of the same size ({about['warm']}): our own "
        "weights have lower layers that read each sentence alone, which no stock class can load."
    ]
    own = "of a run of their own"
    rows = f"The rows, the steps and the lengths of real articles are {own}"
    parts = {"comparison": rows, "recall": f"Recall is {own}", "profile": f"The stages of `check` are {own}"}
    lines += [f"{parts[name]}: {run_of(again)}" for name, again in record.get("again", {}).items()]
    lines += [f"Not run: {name}: {why}." for name, why in record["not_run"].items()]
    silent = record["comparison"]["read_nothing"]
    lines += [f"Read nothing: {name}: no article fitted into the time." for name in silent]
    return "\n".join(lines)


def run_of(about: Mapping[str, Any]) -> str:
    """How a run was made, where and when."""
    machine = about["machine"]
    return (
        f"`{about['command']}`: {machine['threads']} threads for torch and ONNX Runtime, {machine['cores']} cores "
        f"of {machine['processor']} (load average {machine['load_before']:.1f} before the run), {about['date']}, "
        f"commit {about['commit']}."
    )


def times_cell(found: Mapping[str, Any]) -> str:
    """A ratio with the ends of its repeats."""
    if found.get("times") is None:
        return "-"
    low, high = found.get("low"), found.get("high")
    # Repeats that read other articles than each other can both lie on one side.
    told = low is not None and low != high and low <= found["times"] <= high
    ends = f" ({low:.2f}-{high:.2f})" if told else ""
    return f"{found['times']:.2f}{ends}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share in percent."""
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def number(value: float | None, digits: int = 2) -> str:
    """A number with so many decimals."""
    return "-" if value is None else f"{value:.{digits}f}"
