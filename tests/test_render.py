"""Reports as terminal text, Markdown, pages and fragments."""

from __future__ import annotations

import html.parser
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from inconsistency.errors import InputError
from inconsistency.evidence import Clash, Evidence
from inconsistency.nli import NliScores
from inconsistency.render.html import to_html, to_html_fragment
from inconsistency.render.index import Totals, index_html, row_of
from inconsistency.render.markdown import to_markdown
from inconsistency.render.terminal import to_terminal
from inconsistency.report import Contradiction, Counts, Report
from inconsistency.sentences import Sentence

Render = Callable[[Report], str]
SCORES = NliScores(entailment=0.01, neutral=0.04, contradiction=0.95)
TEXTS = ("Fire killed 14 people.", "It broke out at night.", "The fire killed 41 people.")
HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "&lt;script&gt;document.title='owned'&lt;/script&gt;",
    "\"><svg onload=document.title='owned'>",
    "</style><style>*{display:none}</style>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "[click](javascript:document.title='owned')",
    "<!-- <b>bold</b> --> ]]>",
    "\x1b[31mred\x1b[0m \x07",
)


def report(texts: tuple[str, ...] = TEXTS, headline: str | None = None) -> Report:
    """A report of one article that flags its first and last sentence."""
    sentences, position = [], 0
    if headline is not None:
        sentences.append(Sentence(0, headline, 0, len(headline), "headline", "headline"))
    for text in texts:
        sentences.append(Sentence(len(sentences), text, position, position + len(text)))
        position += len(text) + 2
    first, second = sentences[-len(texts)], sentences[-1]
    clash = Clash(first.start + 2, first.start + 6, second.start + 2, second.start + 6)
    evidence = Evidence("number", (clash,), "rule", f"It says {first.text} and {second.text}")
    pair = Contradiction(first, second, 0.93, SCORES, SCORES, evidence, "caveat: " + texts[0])
    return Report(
        text="\n\n".join(texts),
        headline=headline,
        sentences=tuple(sentences),
        contradictions=(pair,),
        score=0.93,
        threshold=0.5,
        expected_false_flags=0.1,
        counts=Counts(
            sentences=len(sentences),
            pairs=3,
            left_out={"no shared words": 1},
            scored=2,
            truncated=1,
        ),
        model="fake",
    )


def clean() -> Report:
    """The same with its pair below the threshold, at a preset of which is known how much it misses."""
    (pair,) = report().contradictions
    near = replace(pair, probability=0.1, evidence=None, caveat=None)
    return replace(report(), contradictions=(), ranked=(near,), score=0.1, missed=0.62)


class Elements(html.parser.HTMLParser):
    """Collects tags and attributes, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("render", [to_html, to_html_fragment])
def test_hostile_article_adds_no_markup(render: object, hostile: str) -> None:
    """Whatever an article contains, the page has the same elements and no event handlers."""
    harmless = Elements(render(report(("Some words here.",) * 3, "Words")))  # type: ignore[operator]
    attacked = Elements(render(report((hostile,) * 3, hostile)))  # type: ignore[operator]

    assert set(attacked.tags) == set(harmless.tags)
    assert attacked.tags.count("script") == harmless.tags.count("script")
    assert not [name for name, _ in attacked.attributes if name.startswith("on")]
    assert not [v for n, v in attacked.attributes if n in ("href", "src") and ":" in (v or "")]


def test_page_needs_nothing_from_outside() -> None:
    """The page has no address in it and a policy that allows its own script and style only."""
    page = to_html(report())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)

    assert not re.search(r"https?://|url\(|@import", page)
    assert policy
    assert "default-src &#39;none&#39;" in policy.group(1)
    assert "unsafe" not in policy.group(1)


def test_page_keeps_the_whole_article() -> None:
    """Every character of the article stands on the page, in order."""
    found = report(("One here.", "Two.", "Three here."), "Headline")
    page = re.sub(r'<span class="marks">.*?</span>', "", to_html(found))
    story = re.sub(r"<[^>]+>", "", page.split('class="story"')[1].split("</article>")[0])

    assert "".join(story.split(">", 1)[1].split()) == "".join(found.text.split())


def test_a_headline_on_top_of_the_text_stands_once() -> None:
    """A headline that is the text's first line is the page's title and not repeated; in a terminal it is a line."""
    body = report(("Mill fire kills many", *TEXTS))
    first = replace(body.sentences[0], role="headline")
    found = replace(body, headline=first.text, sentences=(first, *body.sentences[1:]), contradictions=())
    page, text = to_html(found), found.to_text(article=True)

    assert page.split("<h1")[1].split("</h1>")[0].endswith(first.text)
    assert first.text not in page.split('class="story"')[1].split("</article>")[0]
    assert text.partition("The article")[2].count(first.text) == 1


def test_fragment_has_no_script_and_scoped_style() -> None:
    """A notebook gets no script, and no style rule that could reach beyond the fragment."""
    fragment = report()._repr_html_()
    style = fragment.split("<style>")[1].split("</style>")[0]

    assert "<script" not in fragment
    assert "<html" not in fragment
    for selectors in re.findall(r"([^{}]+)\{", style):
        assert all(s.strip().startswith(".inconsistency-report") for s in selectors.split(","))


def test_probability_never_reads_as_certain() -> None:
    """0.9999 is shown as 99 %, not as 100 %."""
    pair = replace(report().contradictions[0], probability=0.9999)

    assert "99 %" in to_terminal(replace(report(), contradictions=(pair,)), width=80, color=False)


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_terminal_keeps_to_its_width(width: int) -> None:
    """No line is wider than the terminal, and no wider than 120 columns."""
    text = to_terminal(report(), width=width, color=False)

    assert max(map(len, text.splitlines())) <= min(width, 120)


def test_terminal_puts_pairs_side_by_side_when_wide() -> None:
    """The two sentences share a line in a wide terminal and are stacked in a narrow one."""
    wide = to_terminal(report(), width=110, color=False).splitlines()
    narrow = to_terminal(report(), width=60, color=False).splitlines()

    assert any("Sentence 1" in line and "Sentence 3" in line for line in wide)
    assert not any("Sentence 1" in line and "Sentence 3" in line for line in narrow)


def test_terminal_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no escape sequence is written and clashing words stand in brackets."""
    monkeypatch.setenv("NO_COLOR", "1")
    text = to_terminal(report(), width=80)

    assert "\x1b" not in text
    assert "[re k]" in text


def test_terminal_shows_colour_when_asked() -> None:
    """Colour can be forced, and then the brackets are not needed."""
    text = to_terminal(report(), width=80, color=True)

    assert "\x1b[" in text
    assert "[re k]" not in text


def test_terminal_is_safe_from_the_article() -> None:
    """Escape sequences and rich markup of an article are shown, not obeyed."""
    text = to_terminal(
        report(("\x1b]0;owned\x07[bold]x[/bold] y", "b", "c")), width=80, color=False
    )

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]" in text


@pytest.mark.parametrize("render", [to_terminal, to_markdown, to_html, to_html_fragment])
def test_counts_and_omissions_are_told(render: object) -> None:
    """Every output says what was left out and what was cut."""
    text = " ".join(render(report()).split())  # type: ignore[operator]

    assert "1 pair not compared: no shared words" in text
    assert "1 pair read with a sentence cut short, too long for the model" in text


@pytest.mark.parametrize("render", [to_terminal, to_markdown])
def test_line_breaks_of_windows(render: object) -> None:
    """A line that ends with a carriage return, too, is a line like others."""
    text = render(report(("Fire\r\nkilled 14.", "b", "c")))  # type: ignore[operator]

    assert "\ufffd" not in text
    assert "\r" not in text


ALL = pytest.mark.parametrize("render", [to_terminal, to_markdown, to_html, to_html_fragment])


def words(text: str) -> str:
    """What a reader sees, on one line."""
    body = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>|[>*]", " ", body)).split())


@ALL
def test_silence_is_honest(render: Render) -> None:
    """Where nothing is flagged, every output says how much is missed at this setting, and what came closest."""
    told = "At this setting about 6 in 10 such contradictions are missed (in labelled articles); closest: sentence 1 and sentence 3, 10 %."

    assert "Nothing flagged." in words(render(clean())) and told in words(render(clean()))
    assert "Closest: sentence 1 and sentence 3, 10 %." in words(render(replace(clean(), missed=None)))
    unknown = words(render(replace(clean(), missed=None, ranked=())))
    assert "Nothing flagged." in unknown and "missed" not in unknown and "losest" not in unknown
    assert "missed" not in words(render(report()))
    assert "There was nothing to compare: 1 sentence." in words(render(replace(clean(), counts=Counts(1))))


@ALL
@pytest.mark.parametrize(
    ("probability", "threshold", "told"),
    [
        (0.7452, 0.7458, ("74 %", "74.6 %")),
        (0.7504, 0.7505, ("74 %", "75 %")),
        (0.7441, 0.7439, ("75 %", "74.4 %")),
        (0.07, 0.07, ("7 %", "7 %")),
        (0.999, 0.99996, ("99 %", "99.9 %")),
    ],
)
def test_percents_stand_on_their_side_of_the_threshold(
    render: Render, probability: float, threshold: float, told: tuple[str, str]
) -> None:
    """A pair below the threshold never seems to reach it, nor does a flagged one seem to stay below it."""
    flagged = probability >= threshold
    of = report() if flagged else clean()
    pair = replace((*of.contradictions, *of.ranked)[0], probability=probability)
    pairs = {"contradictions": (pair,)} if flagged else {"ranked": (pair,)}
    shown = words(render(replace(of, **pairs, score=probability, threshold=threshold)))

    assert re.findall(r"(?<![\d.])[\d.]+\s%", shown.replace("\xa0", " ")) == [*[told[0]] * (2 if flagged else 3), told[1]]


@pytest.mark.parametrize(("missed", "told"), [(0.0, "less than 1 in 10"), (0.96, "more than 9 in 10"), (0.31, "about 3 in 10")])
def test_what_is_missed_is_said_in_tenths(missed: float, told: str) -> None:
    """What is missed is never said to be nothing or everything."""
    assert f"At this setting {told} such contradictions" in words(to_terminal(replace(clean(), missed=missed), width=200))


@ALL
def test_what_is_worth_a_look_comes_in_a_low_tone(render: Render) -> None:
    """The best pairs below the threshold stand in a section of their own, without a number, marks or an explanation."""
    near = clean().ranked[0]
    shown = words(render(replace(report(), ranked=(near,))))
    _, _, rest = shown.partition("Worth a look")

    assert rest.index("10 %") < rest.index(TEXTS[0]) < rest.index(TEXTS[2])
    assert "Worth a look" not in words(render(report()))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (0.1, "about 1 clean article in 10 gets a flag"),
        (0.05, "about 1 clean article in 20 gets a flag"),
        (0.5, "about 5 false flags in 10 clean articles"),
        (2.0, "about 2 false flags in a clean article"),
    ],
)
def test_a_promise_is_said_in_articles(flags: float, told: str) -> None:
    """How many false flags to expect is said in articles, not as a rate."""
    assert told in words(to_terminal(replace(report(), expected_false_flags=flags), width=120))


@ALL
def test_words_of_the_desk(render: Render) -> None:
    """Page text around the article and compatible readings are told in plain words."""
    pair = replace(report().contradictions[0], caveat="different speakers")
    counts = replace(report().counts, furniture={"byline": 1, "caption": 2, "prompt": 1})
    shown = words(render(replace(report(), contradictions=(pair,), counts=counts)))

    assert "1 byline, 2 captions, 1 “read more” line" in shown
    assert "Both can be true if two people say different things, and the article sides with neither." in shown
    assert "furniture" not in shown


def test_the_answer_comes_first() -> None:
    """In a terminal the article comes on demand, after the answer, with the number of each sentence in the margin."""
    short, whole = (to_terminal(report(), width=80, color=False, article=shown) for shown in (False, True))

    assert whole.startswith(short.rstrip())
    assert "broke out" not in short
    assert re.search(r"^2  It broke out at night\.$", whole, re.MULTILINE)
    assert re.search(r"^3  Th\[e fi\]re killed 41 people\. \(1\)$", whole, re.MULTILINE)


def test_a_report_gives_every_form_itself() -> None:
    """A report has its outputs as methods, shows itself shortly, counts its flagged pairs, and is always true."""
    found = report()

    assert (found.to_html(), found.to_markdown()) == (to_html(found), to_markdown(found))
    assert found.to_text(width=60) == to_terminal(found, width=60, color=False)
    assert "It broke out" in found.to_text(article=True)
    assert repr(found) == "<Report: 1 flagged, 0 ranked, score 0.93, 3 sentences, 3 pairs>"
    assert repr(found.contradictions[0]) == f"<Contradiction: 0.93 number, {TEXTS[0]!r} / {TEXTS[2]!r}>"
    assert (len(found), list(found)) == (1, list(found.contradictions))
    assert clean() and not clean().flagged and len(clean()) == 0
    assert (found.best, clean().best) == (found.contradictions[0], clean().ranked[0])
    assert replace(clean(), ranked=()).best is None


@pytest.mark.parametrize("width", [0, -5, 80.0])
def test_a_width_that_is_none_is_refused(width: int) -> None:
    """Text needs a column at least; more than 120 are not used."""
    with pytest.raises(InputError, match=rf"width is {width}; accepted are whole numbers from 1"):
        report().to_text(width=width)
    assert report().to_text(width=200) == report().to_text(width=120)


@pytest.mark.parametrize("render", [to_terminal, to_markdown, to_html, to_html_fragment])
def test_report_without_evidence_or_text(render: object) -> None:
    """A report without evidence, and one of an empty article, can be shown."""
    pair = replace(report().contradictions[0], evidence=None, caveat=None)

    assert "Kind not known" in render(replace(report(), contradictions=(pair,)))  # type: ignore[operator]
    assert render(Report("", None, (), (), 0.0, 0.5, None, Counts(), "fake"))  # type: ignore[operator]


def test_index_lists_articles() -> None:
    """Each article has a row, in the order given, with a link to its page."""
    rows = [row_of(report(), "bad", "1", "bad.html"), row_of(clean(), "calm <b>", "2", "calm.html")]
    page = "".join(index_html(rows, Totals()))
    names = re.findall(r'<span class="name">(.*?)</span>', page)

    assert names == ['<a href="bad.html">bad</a>', '<a href="calm.html">calm &lt;b&gt;</a>']
    assert "<script" not in page


def test_importing_the_package_is_light() -> None:
    """Neither the package nor its report and render modules import rich, jinja2 or starlette."""
    code = (
        "import sys, inconsistency.report, inconsistency.render, inconsistency.serve\n"
        "heavy = ('rich', 'jinja2', 'starlette', 'uvicorn', 'torch')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
