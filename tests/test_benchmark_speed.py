"""The speed benchmark compares like with like: on cases small enough to check by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks import speed, speed_articles, speed_rows, speed_worker
from benchmarks import speed_figures as figures
from benchmarks.figures import render

MAIN, BROAD, FULL = speed_rows.MAIN, speed_rows.BROAD, speed_rows.FULL
RIVAL = speed_rows.CROSS_ENCODER


def article(length, name="a", **more):
    """An article of so many sentences."""
    return figures.Article(name, "bbc", tuple(f"{name} {k}" for k in range(length)), **more)


def reading(row, name, seconds, length=10, **more):
    """One article read once."""
    return figures.Reading(row, name, length, seconds, **more)


class Clock:
    """Time that passes only when a worker reads."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Reader:
    """A row whose time is the pairs of an article times its pace; it may die after some articles."""

    def __init__(self, name, pace, clock, lives=99):
        self.row, self.pace, self.clock, self.lives = speed_rows.BY_NAME[name], pace, clock, lives
        self.why_not = None

    def estimate(self, pairs):
        return pairs * self.pace

    def read(self, sentences, headline):
        if not self.lives:
            self.why_not = "dead"
            return None
        self.lives -= 1
        seconds = self.estimate(figures.pairs_of(len(sentences)))
        self.clock.now += seconds
        return {"seconds": seconds}


def turns(articles, seconds, *paces, lives=99, **more):
    """Articles read by row, of rows with these paces."""
    clock = Clock()
    names = [MAIN, RIVAL, FULL]
    workers = [Reader(n, p, clock, lives if n == RIVAL else 99) for n, p in zip(names, paces, strict=False)]
    found = speed.take_turns(workers, articles, seconds, clock=clock, **more)
    return {n: [r.article for r in found if r.row == n] for n in names[: len(paces)]}, clock.now, found


# --- articles


def test_the_sample_keeps_to_the_shares_of_lengths_and_begins_mixed():
    """Of ten articles three are short, three a little longer, and the first five are of four bands."""
    news = [article(n, f"{n}/{k}") for n in (12, 25, 35, 60, 100) for k in range(20)]
    lengths = [len(a.sentences) for a in speed_articles.chosen(news, 20)]

    assert sorted(lengths) == [12] * 6 + [25] * 6 + [35] * 4 + [60] * 3 + [100]
    assert set(lengths[:6]) >= {12, 25, 35}
    assert [a.id for a in speed_articles.chosen(news, 20)] == [a.id for a in speed_articles.chosen(news[::-1], 20)]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 200])
def test_quotas_add_up(count):
    """No article is lost to rounding."""
    assert sum(speed_articles.quotas(count, [0.3, 0.3, 0.2, 0.15, 0.05])) == count


def test_made_articles_have_the_exact_length_and_say_how():
    """A long article is cut before short ones are joined, and no article is used twice."""
    news = [article(30, "long"), article(12, "b"), article(12, "c"), article(12, "d")]
    cut, joined = speed_articles.made(news, 20, 5)

    assert (cut.id, cut.made, len(cut.sentences)) == ("long[:20]", "cut", 20)
    assert (joined.made, len(joined.sentences), len(set(joined.sentences))) == ("joined", 20, 20)


# --- taking turns


def test_every_row_reads_everything_when_there_is_time():
    """Each article is read once by each row, and the run ends before its time."""
    read, spent, _ = turns([article(10, "a"), article(10, "b")], 1000, 0.1, 1.0)

    assert read == {MAIN: ["a", "b"], RIVAL: ["a", "b"]}
    assert spent == pytest.approx(2 * 45 * 1.1)


def test_a_slow_row_reads_fewer_and_the_time_is_kept():
    """Ten articles of 45 s for the slow row do not fit into 200 s; the quick row reads all of them."""
    read, spent, _ = turns([article(10, f"{k}") for k in range(10)], 200, 0.01, 1.0, most=1.0)

    assert len(read[MAIN]) == 10
    assert 1 <= len(read[RIVAL]) < 10
    assert spent <= 200


def test_rivals_may_have_more_time_than_our_rows():
    """With nine parts of ten the rival reads what half of the time is too little for."""
    articles = [article(10, f"{k}") for k in range(4)]
    alike, _, _ = turns(articles, 200, 0.5, 1.0, most=1.0)
    favoured, _, _ = turns(articles, 200, 0.5, 1.0, most=1.0, rivals=9.0)

    assert len(alike[RIVAL]) == 2
    assert len(favoured[RIVAL]) == 4 and len(favoured[MAIN]) < 4


def test_time_left_by_a_quick_row_goes_to_the_slow_one():
    """Half of 200 s is too little for four articles of 45 s, but the other row needs nearly nothing."""
    read, _, _ = turns([article(10, f"{k}") for k in range(4)], 200, 0.001, 1.0, most=1.0)

    assert len(read[RIVAL]) == 4


def test_an_article_that_takes_too_much_of_a_share_is_left_to_the_others():
    """The long article is read by the quick row alone, and the short ones by both."""
    articles = [article(40, "long"), article(5, "x"), article(5, "y")]
    read, _, _ = turns(articles, 400, 0.001, 1.0)

    assert read == {MAIN: ["long", "x", "y"], RIVAL: ["x", "y"]}


def test_time_that_would_be_left_over_goes_to_what_is_too_long():
    """An article of 190 s is more than a quarter of 200 s, but nothing else is left to read."""
    read, spent, _ = turns([article(20, "long"), article(3, "x")], 400, 0.001, 1.0)

    assert read[RIVAL] == ["x", "long"]
    assert spent < 400


def test_a_row_that_dies_does_not_stop_the_others():
    """The rival ends after one article; the library reads on."""
    read, _, _ = turns([article(10, f"{k}") for k in range(4)], 1e6, 0.1, 0.1, lives=1)

    assert (len(read[MAIN]), len(read[RIVAL])) == (4, 1)


# --- figures


def test_rows_are_compared_over_what_both_read():
    """The article that only the library read does not enter the ratio."""
    found = [reading(MAIN, "a", 1.0), reading(MAIN, "b", 100.0, 50), reading(RIVAL, "a", 12.0)]
    against = figures.ratio(found, RIVAL)

    assert (against["times"], against["articles"], against["longest"]) == (12.0, 1, 10)


def test_an_articles_time_is_the_median_of_its_repeats_and_the_ends_are_kept():
    """Three repeats of 10, 12 and 20 s against 1 s each: 12 times, between 10 and 20."""
    found = [reading(MAIN, "a", 1.0, repeat=n) for n in range(3)]
    found += [reading(RIVAL, "a", s, repeat=n) for n, s in enumerate((10.0, 20.0, 12.0))]
    against = figures.ratio(found, RIVAL)

    assert (against["times"], against["low"], against["high"]) == (12.0, 10.0, 20.0)
    assert figures.spread(found, RIVAL) == pytest.approx(10 / 12)
    assert figures.spread(found[:1], MAIN) is None


def test_a_repeat_that_only_one_row_read_does_not_count():
    """The library's slow second repeat has no partner, so the ratio is that of the first."""
    found = [reading(MAIN, "a", 1.0), reading(MAIN, "a", 9.0, repeat=1), reading(RIVAL, "a", 4.0)]

    assert figures.ratio(found, RIVAL)["times"] == 4.0


def test_pace_is_over_the_articles_that_all_rows_read():
    """A row's pace in the table leaves out what another row has not read."""
    found = [reading(MAIN, "a", 0.5), reading(MAIN, "b", 9.5), reading(RIVAL, "a", 5.0)]
    row = figures.row_figures(found, MAIN, figures.common(found, (MAIN, RIVAL)))

    assert row["shared"]["articles_per_s"] == 2.0
    assert row["shared"]["pairs_per_s"] == 90.0
    assert row["all_read"]["articles_per_s"] == 0.2


def test_real_articles_are_binned_and_made_ones_keep_their_length():
    """Articles of 20 and 29 sentences share a band; a made one of 25 stands alone."""
    found = [reading(MAIN, "a", 1.0, 20), reading(MAIN, "b", 3.0, 29), reading(MAIN, "c", 5.0, 25, made="cut")]
    real, made = figures.by_length(found)

    assert (real["low"], real["high"], real["articles"], real["p50_s"]) == (20, 29, 2, 2.0)
    assert (made["low"], made["high"], made["made"], made["p50_s"]) == (25, 25, True, 5.0)


def flags(row, name, preset, *pairs):
    """What a row flags in an article."""
    return reading(row, name, 1.0, flags={preset: frozenset(pairs)})


def test_recall_counts_what_exhaustive_scoring_flags():
    """Of three pairs one is lost; a pair that only the cascade flags does not make up for it."""
    found = [
        flags(FULL, "a", "broad", (0, 1), (0, 2)),
        flags(FULL, "b", "broad", (3, 4)),
        flags(FULL, "c", "broad", (5, 6)),  # not read by the other row
        flags(BROAD, "a", "broad", (0, 1), (7, 8)),
        flags(BROAD, "b", "broad", (3, 4)),
    ]
    told = figures.recall(found, {"a": frozenset({(0, 2)})}, "broad", BROAD)

    assert (told["flagged_exhaustively"], told["flagged_too"], told["only_with_cascade"]) == (3, 2, 1)
    assert (told["gold_flagged_exhaustively"], told["gold_flagged_too"]) == (1, 0)
    assert told["low"] < 2 / 3 < told["high"]
    assert figures.recall(found, {}, "default", MAIN) is None


def test_wilson_interval():
    """Nothing known without trials; 98 of 100 lies between 93 % and 99.4 %."""
    assert figures.wilson(0, 0) == (None, None)
    assert figures.wilson(98, 100) == pytest.approx((0.930, 0.994), abs=1e-3)


# --- rows


def test_the_library_row_tells_flags_and_counts(monkeypatch):
    """A row's answer names the flagged pairs at its own setting; the exhaustive one at every setting."""
    import inconsistency
    from inconsistency.testing import FakeScorer

    whole = inconsistency.Detector
    scorer = FakeScorer({("14 people", "41 people"): 0.99})
    monkeypatch.setattr(inconsistency, "Detector", lambda _, **options: whole(scorer, **options))
    sentences = ["Police said 14 people were hurt.", "The road was closed.", "Later it was 41 people."]
    told = []
    for options in ({}, {"exhaustive": True}):
        read, tell = speed_rows.ours(speed_rows.Settings(), **options)
        told.append(tell(read(sentences, False)))

    assert told[0]["flags"] == {"default": [[0, 2]]}
    assert told[1]["flags"] == {"default": [[0, 2]], "broad": [[0, 2]]}
    assert told[1]["scored"] == 3


def test_reading_everything_reads_every_pair():
    """What recall is measured against scores each pair in both directions and makes no promise."""
    read, tell = speed_rows.BY_NAME[FULL].make(speed_rows.Settings(threads=2))
    sentences = [f"{who} {what}" for who in ("The bridge", "The old mill", "A man of 41")
                 for what in ("was closed on Monday.", "stayed open on Monday.", "died in 1968.")]  # fmt: skip
    told = tell(read(sentences, False))

    assert told["flags"]["broad"]
    assert (told["scored"], told["screened_out"]) == (36, 0)


def test_a_rival_without_a_model_folder_says_why_it_is_not_run(tmp_path):
    """A row that cannot run answers in words, in its own process, instead of failing the run."""
    pytest.importorskip("transformers", reason="the rival is transformers' pipeline")
    settings = speed_rows.Settings(warm=str(tmp_path / "absent"))
    worker = speed_worker.Worker(speed_rows.BY_NAME[speed_rows.PIPELINE], settings)
    worker.close()

    assert "no model folder" in worker.why_not


@pytest.mark.slow
def test_the_pipeline_row_reads_every_ordered_pair(tiny_model):
    """A worker loads a stock model, reads an article, and tells seconds, memory and unordered pairs."""
    pytest.importorskip("transformers", reason="the rival is transformers' pipeline")
    settings = speed_rows.Settings(warm=str(tiny_model("contradiction last")), threads=1)
    worker = speed_worker.Worker(speed_rows.BY_NAME[speed_rows.PIPELINE], settings)
    answer = worker.read(["the mill is open", "the mill is closed", "a town"], False)
    worker.close()

    assert worker.why_not is None
    assert answer["scored"] == 3
    assert answer["seconds"] > 0 and worker.peak_rss_mb > 1
    assert worker.estimate(6) == pytest.approx(2 * worker.estimate(3))


# --- tables


def record():
    """A small run, as its JSON gives it back."""
    found = [reading(MAIN, "a", 0.1), reading(RIVAL, "a", 2.0), reading(FULL, "a", 0.4)]
    found += [flags(FULL, "b", "default", (0, 1)), flags(MAIN, "b", "default", (0, 1))]
    made = [reading(MAIN, "m", 0.5, 25, made="cut")]
    names = (MAIN, FULL, RIVAL)
    shared = figures.common(found, names)
    whole = {
        "about": {
            "command": "python -m benchmarks.speed", "date": "today", "commit": "c", "warm": "runs/warm",
            "machine": {"threads": 2, "cores": 2, "processor": "P", "load_before": 0.1},
            "rows": {r.name: r.about for r in speed_rows.ROWS},
        },
        "not_run": {speed_rows.CROSS_ENCODER_ONNX: "not installed"},
        "comparison": {
            "sample": "Two real articles.",
            "shared": {"articles": 1, "longest": 10},
            "rows": {n: {**figures.row_figures(found, n, shared), "peak_rss_mb": 500.0} for n in names},
            "steps": figures.steps(found),
            "read_nothing": [],
            "readings": [[f.row, f.article, f.sentences, f.repeat, f.seconds] for f in found],
        },
        "by_length": figures.by_length([*found, *made]),
        "recall": figures.recalls(found, {}, "clean news"),
        "again": {},
    }  # fmt: skip
    whole["targets"] = figures.targets(whole)
    return json.loads(json.dumps(whole))


def test_a_part_measured_anew_says_so_and_keeps_the_rest(tmp_path, monkeypatch):
    """The other parts stay, the targets are worked out again, and both runs stand under the tables."""
    out = tmp_path / "speed.json"
    out.write_text(json.dumps(record()), encoding="utf-8")
    asked = []

    def turns(self, rows, articles, minutes, **options):
        asked.append(minutes)
        self.peak = {MAIN: 1.0, RIVAL: 2.0}
        return [reading(MAIN, "z", 0.2, 12), reading(RIVAL, "z", 8.0, 12)]

    monkeypatch.setattr(speed, "pool", lambda *_: [])
    monkeypatch.setattr(speed.Run, "turns", turns)
    speed.main(["--out", str(out), "--parts", "comparison", "--minutes", "2", "--repeats", "1"])
    found = json.loads(out.read_text(encoding="utf-8"))

    assert asked == [2.0]
    assert found["recall"] == record()["recall"]
    assert found["comparison"]["rows"][RIVAL]["against_main"]["times"] == pytest.approx(40)
    assert {(row["low"], row["made"]) for row in found["by_length"]} == {(10, False), (25, True)}
    assert next(t for t in found["targets"] if "CrossEncoder" in t["what"])["measured"] == pytest.approx(40)
    assert "run of their own: `python -m benchmarks.speed --out" in render("speed_details.md.jinja", found)


def test_a_look_leaves_what_is_published_alone(tmp_path, capsys):
    """Without --out a run goes below runs/; a part of a run needs the file whose other parts it keeps."""
    assert speed.parse_args([]).out.parts[-3:] == ("runs", "speed", "speed.json")
    with pytest.raises(SystemExit):
        speed.parse_args(["--parts", "recall", "--out", str(tmp_path / "gone.json")])
    assert "gone.json is not there" in capsys.readouterr().err


def test_recall_is_of_articles_whose_every_pair_can_be_read():
    """Neither too short nor too long, and no source waits until another one is used up."""
    many = [article(length, f"{source}{length}") for source in "ab" for length in (5, 10, 20, 30, 31)]
    many = [replace(a, source=a.id[0]) for a in many]
    chosen = speed_articles.for_recall(many, 5)
    assert [len(a.sentences) for a in chosen if not 10 <= len(a.sentences) <= speed_articles.RECALL_MOST] == []
    assert len(chosen) == 5
    assert chosen[0].source != chosen[1].source
    assert chosen[2].source != chosen[3].source
    assert speed_articles.for_recall(many[::-1], 5) == chosen, "the order of reading them in changes nothing"


def test_targets_are_judged_by_what_was_measured():
    """Twenty times and one second are met, and a rival that was not run is not measured."""
    met = {t["what"]: t["met"] for t in record()["targets"]}

    assert list(met.values()) == [True, None, True, None, True]


def test_tables_say_what_was_run_and_what_was_not():
    """Tables name what was not run and by which command they were made, and have the engine's steps."""
    text = render("speed_details.md.jinja", record())

    assert f"| {RIVAL} | 0.50 |" in text and "| 20.00 |" in text
    assert "Not run: CrossEncoder, ONNX backend: not installed." in text
    assert "`python -m benchmarks.speed`" in text and "plots/speed.png" in text
    assert "quick opinions choose the pairs" in text


def test_the_plot_is_drawn(tmp_path):
    """A record gives a picture."""
    pytest.importorskip("matplotlib", reason="plots need it")
    from benchmarks import plots

    plots.seconds_by_sentences(record(), tmp_path / "plot.png")

    assert (tmp_path / "plot.png").stat().st_size > 1000
