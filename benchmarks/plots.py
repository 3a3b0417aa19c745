"""Plots of a quality run and of a speed run, from their figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # before pyplot: no screen is needed
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

# Colours that stay apart for colour-blind readers; dash patterns tell rows apart in grey print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444")
DASHES = ("-", "--", "-.", ":")
MAIN = "inconsistency"


def hit_rates(results: dict[str, Any], name: str, path: Path, most: float = 1.0) -> None:
    """Evidence hit rate against false flags per clean article, one step line a row."""
    figures = [f for f in results["side_by_side"] if f["set"] == name]
    figure, axes = plt.subplots(figsize=(9, 4.8), layout="constrained")
    others = [f for f in figures if f["row"] != MAIN]
    for f in figures:
        number = others.index(f) if f in others else -1
        axes.step(
            *closed(f["curve"]["flags"], f["curve"]["hits"], most),
            where="post",
            label=f["row"],
            color="black" if number < 0 else COLOURS[number % len(COLOURS)],
            linestyle="-" if number < 0 else DASHES[1 + number // len(COLOURS)],
            # Thinner from row to row, so that rows which coincide stay visible.
            linewidth=2.8 if number < 0 else max(1.0, 2.4 - 0.13 * number),
            zorder=3 if number < 0 else 2,
        )
    for budget in (0.1, 0.5):
        axes.axvline(budget, color="#bbbbbb", linewidth=0.8, zorder=1)
    axes.set(
        xlim=(0, most),
        ylim=(0, 1.02),
        xlabel="false flags per clean article",
        ylabel="evidence hit rate",
    )
    sizes = figures[0]["articles"] if figures else {"positive": 0, "clean": 0}
    axes.set_title(
        f"{name}: {sizes['positive']} contradicting and {sizes['clean']} clean articles",
        loc="left",
        fontsize=11,
    )
    axes.grid(alpha=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8, frameon=False, handlelength=3.5)
    save(figure, path)


def closed(flags: list[float], hits: list[float], most: float) -> tuple[list[float], list[float]]:
    """A step line's points up to `most`, drawn on to the edge of the plot."""
    kept = [(x, y) for x, y in zip(flags, hits, strict=True) if x <= most] or [(0.0, 0.0)]
    return [x for x, _ in kept] + [most], [y for _, y in kept] + [kept[-1][1]]


def reliability(results: dict[str, Any], path: Path) -> None:
    """Stated against observed share of contradictions, and how many pairs stand in each bin."""
    rows = [f for f in results["articles"] if f["row"] == MAIN and f["bins"]]
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(6, 6.5), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    top.plot((0, 1), (0, 1), color="#999999", linewidth=1, linestyle=":")
    for number, f in enumerate(rows):
        look = {
            "color": COLOURS[number % len(COLOURS)],
            "marker": "osD^v"[number % 5],
            "markersize": 4,
            "linestyle": DASHES[number // len(COLOURS)],
        }
        label = f"{f['set']} (ECE {f['ece']:.3f})"
        top.plot([b["stated"] for b in f["bins"]], [b["observed"] for b in f["bins"]], label=label,
                 **look)  # fmt: skip
        bottom.plot([b["stated"] for b in f["bins"]], [b["count"] for b in f["bins"]], **look)
    top.set(xlim=(0, 1), ylim=(0, 1), ylabel="share that contradicts")
    title = "Reliability of the stated probability (pairs in articles)"
    top.set_title(title, loc="left", fontsize=11)
    top.legend(fontsize=8, frameon=False, loc="upper left")
    bottom.set(xlabel="stated probability", ylabel="pairs", yscale="log")
    for axes in (top, bottom):
        axes.grid(alpha=0.25)
    save(figure, path)


def seconds_by_sentences(record: Mapping[str, Any], path: Path) -> None:
    """Seconds an article against its sentences, from a record of `speed.py`: one line a row, both axes log.

    Small dots are single articles, the line joins medians: filled marks for real articles in bands of
    length, hollow ones for those cut or joined to an exact length.
    """
    figure, axes = plt.subplots(figsize=(9, 4.8), layout="constrained")
    rows = list(dict.fromkeys(b["row"] for b in record["by_length"]))
    others = [r for r in rows if r != MAIN]
    for row in rows:
        number = others.index(row) if row in others else -1
        colour = "black" if number < 0 else COLOURS[number % len(COLOURS)]
        dash = "-" if number < 0 else DASHES[(1 + number) % len(DASHES)]
        dots = [r for r in record["comparison"]["readings"] if r[0] == row]
        axes.scatter([r[2] for r in dots], [r[4] for r in dots], s=5, color=colour, alpha=0.3, linewidths=0)
        points = sorted(((b["low"] + b["high"]) / 2, b["p50_s"], b["made"]) for b in record["by_length"]
                        if b["row"] == row)  # fmt: skip
        axes.plot([p[0] for p in points], [p[1] for p in points], color=colour, linestyle=dash, label=row,
                  linewidth=2.4 if number < 0 else 1.4)  # fmt: skip
        for made in (False, True):
            marks = [p for p in points if p[2] == made]
            axes.plot([p[0] for p in marks], [p[1] for p in marks], linestyle="", marker="o", markersize=4.5,
                      color=colour, markerfacecolor="white" if made else colour)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="sentences of the article", ylabel="seconds an article")
    ticks = (10, 25, 50, 100, 200, 400)
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.minorticks_off()
    threads = record["about"]["machine"]["threads"]
    axes.set_title(f"One article, {threads} CPU threads", loc="left", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8, frameon=False, handlelength=3.5)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a figure, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def draw(results: dict[str, Any], folder: Path) -> list[Path]:
    """Every plot of a run; gives the files written."""
    written = []
    for name in dict.fromkeys(f["set"] for f in results["side_by_side"]):
        written.append(folder / f"hit_rate_{name}.png")
        hit_rates(results, name, written[-1])
    if any(f["row"] == MAIN and f["bins"] for f in results["articles"]):
        written.append(folder / "reliability.png")
        reliability(results, written[-1])
    return written
