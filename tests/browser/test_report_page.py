"""The report page in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

OpenHtml = Callable[..., Any]

HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg/onload=document.title='owned'>",
    "\"' onmouseover=\"document.title='owned'\" x='",
    "&lt;img src=x onerror=document.title='owned'&gt;",
    "<a href=\"javascript:document.title='owned'\">click</a>",
    "javascript:document.title='owned'",
    "</style></title><style>body{display:none}</style>",
    "<iframe srcdoc=\"<script>top.document.title='owned'</script>\"></iframe>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//elsewhere.example/><link rel=stylesheet href=//elsewhere.example/x.css>",
    "{{ cycler.__init__.__globals__ }} {% include 'x' %}",
    "--><script>alert(1)</script><!--",
    "\u202e\u2066<script>alert(1)</script>",
)


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


def in_view(page: Any, selector: str) -> bool:
    box, height = page.locator(selector).bounding_box(), page.viewport_size["height"]
    return box["y"] >= 0 and box["y"] + min(box["height"], 40) <= height


def test_enter_jumps_between_the_two_sentences(open_html: OpenHtml, demo_html: str) -> None:
    """Enter on a card shows its first sentence, Enter again the second, Escape the card."""
    page = open_html(demo_html)
    page.locator("#pair-1").focus()
    seen = []
    for key in ("Enter", "Enter", "Enter", "Escape"):
        page.keyboard.press(key)
        seen.append(focused(page))

    assert seen == ["s2", "s10", "s2", "pair-1"]
    assert page.locator(".marked.active").count() == 2


def test_j_and_k_walk_through_the_cards(open_html: OpenHtml, demo_html: str) -> None:
    """J and k, and the arrows on a card, move from card to card and stop at the ends."""
    page = open_html(demo_html)
    seen = []
    for key in ("j", "j", "ArrowDown", "j", "j", "k", "ArrowUp"):
        page.keyboard.press(key)
        seen.append(focused(page))

    assert seen == ["pair-1", "pair-2", "pair-3", "pair-4", "pair-4", "pair-3", "pair-2"]
    assert in_view(page, "#pair-2")


@pytest.mark.parametrize("width", [1200, 390])
def test_clicks_jump_both_ways(open_html: OpenHtml, demo_html: str, width: int) -> None:
    """A click on a card or a sentence's name shows the sentence; one on a mark shows the card."""
    page = open_html(demo_html, width=width)
    page.locator("#pair-3 .quote").nth(1).locator("a").click()

    assert focused(page) == "s14"
    assert in_view(page, "#s14")

    page.locator("#s14 a.mark").click()

    assert focused(page) == "pair-3"

    page.locator("#pair-4 h3").click()

    assert focused(page) == "s2"


def test_pairs_worth_a_look_lead_to_their_sentences(open_html: OpenHtml) -> None:
    """Below the flags stand the best other pairs; each of their sentences can be reached, and no filter hides them."""
    import demo

    from inconsistency.render.html import to_html

    report = demo.report()
    first, *others = report.contradictions
    page = open_html(to_html(replace(report, contradictions=(first,), ranked=tuple(others))))
    page.locator(".near a").nth(1).click()

    assert page.url.endswith("#s12")
    assert in_view(page, "#s12")
    assert page.locator("#filters").count() == 0
    assert page.locator(".near li").count() == 3


def test_the_answer_stands_before_the_article(open_html: OpenHtml, demo_html: str) -> None:
    """On a phone, too, verdict and cards come before the article; nothing scrolls within the page."""
    page = open_html(demo_html, width=390)

    top = {name: page.locator(name).bounding_box()["y"] for name in (".summary", "#pair-1", ".story")}
    assert top[".summary"] < top["#pair-1"] < top[".story"]
    assert page.locator(".masthead").bounding_box()["height"] < 60
    assert page.evaluate("(e => e.scrollHeight - e.clientHeight)(document.querySelector('.side'))") == 0


def test_filters(open_html: OpenHtml, demo_html: str) -> None:
    """Filters hide cards and their marks, say how many are left, and work together."""
    page = open_html(demo_html)
    page.locator("#kind").select_option("number")

    assert page.locator(".card:visible").count() == 1
    assert page.locator("#s2 a.mark:visible").all_inner_texts() == ["1"]

    page.locator("#kind").select_option("")
    page.locator("#least").fill("90")

    assert page.locator(".card:visible").count() == 2
    assert page.locator("#shown").inner_text() == "2 of 4 pairs shown"

    page.locator("#least").evaluate("e => e.blur()")
    seen = []
    for _ in range(3):
        page.keyboard.press("j")
        seen.append(focused(page))

    assert seen == ["pair-1", "pair-2", "pair-2"]


def test_page_works_without_script(browser: Any, demo_html: str, tmp_path: Any) -> None:
    """Without script the links still lead from card to sentence and no dead control is shown."""
    path = tmp_path / "page.html"
    path.write_text(demo_html, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    page.locator("#pair-1 a.where").first.click()

    assert page.url.endswith("#s2")
    assert not page.locator("#filters, #theme, #keys").locator("visible=true").count()
    context.close()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_article_does_nothing(open_html: OpenHtml, hostile: str) -> None:
    """Nothing in an article runs, loads, hides the page or changes what the page does."""
    import demo

    from inconsistency.render.html import to_html

    report = demo.report()
    pair = report.contradictions[0]
    attacked = replace(pair.first, text=hostile, start=0, end=len(hostile))
    evidence = replace(pair.evidence, kind=hostile, explanation=hostile)  # type: ignore[type-var]
    report = replace(
        report,
        text=hostile + report.text[report.sentences[1].end :],
        headline=hostile,
        model=hostile,
        sentences=(replace(report.sentences[0], text=hostile), attacked, *report.sentences[2:]),
        contradictions=(
            replace(pair, first=attacked, evidence=evidence, caveat=hostile),
            *report.contradictions[1:],
        ),
        counts=replace(report.counts, left_out={hostile: 1}),
    )
    page = open_html(to_html(report))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#kind").select_option(index=1)
    page.wait_for_timeout(50)

    assert not page.title().startswith("owned")
    assert page.locator("script").count() == 1
    assert page.locator(".story").is_visible()
    assert hostile.split("\u2066")[-1] in page.locator(".story").inner_text()


def test_theme_button_overrides_the_system(open_html: OpenHtml, demo_html: str) -> None:
    """The button turns a dark page light, and says what it will do."""
    page = open_html(demo_html, scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.locator("#theme").click()

    assert page.evaluate(background) != dark
    assert page.locator("#theme").inner_text() == "Dark page"


@pytest.mark.parametrize("width", [320, 390, 800, 1200])
def test_nothing_overflows(open_html: OpenHtml, demo_html: str, width: int) -> None:
    """The page never scrolls sideways, down to 320 pixels."""
    page = open_html(demo_html, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_print_shows_every_card(open_html: OpenHtml, demo_html: str) -> None:
    """Paper has no controls, and no card is lost to a filter or a scrolling column."""
    page = open_html(demo_html)
    page.locator("#least").fill("99")
    page.emulate_media(media="print")

    assert page.locator(".card:visible").count() == 4
    assert not page.locator("#filters").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("which", ["flagged", "clean", "index", "fragment"])
def test_axe_finds_nothing_serious(
    open_html: OpenHtml, scheme: str, width: int, which: str
) -> None:
    """axe-core finds no serious or critical issue on any page, width or colour scheme."""
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core is missing")
    import demo

    from inconsistency.render.html import to_html, to_html_fragment
    from inconsistency.render.index import Totals, index_html, row_of

    flagged = demo.report()
    near = tuple(replace(pair, evidence=None, caveat=None) for pair in flagged.contradictions[:3])
    clean = replace(flagged, contradictions=(), ranked=near, missed=0.6, score=0.1)
    html = {
        "flagged": lambda: to_html(flagged),
        "clean": lambda: to_html(clean),
        "index": lambda: "".join(
            index_html((row_of(flagged, "One", "", "a.html"), row_of(clean, "Two", "b", "b.html")), Totals())
        ),
        "fragment": lambda: (
            "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><h2>x</h2>"
            + to_html_fragment(flagged)
            + "</main>"
        ),
    }[which]()
    page = open_html(html, width=width, scheme=scheme)
    if which == "flagged":
        page.keyboard.press("j")
    found = axe.Axe().run(page)["violations"]
    serious = [
        (v["id"], [n["html"][:100] for n in v["nodes"]][:3])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]

    assert serious == []
