"""The local page in a real browser."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import demo
import pytest


class _Demo:
    """Answers every article with the report of the demonstration article; remembers the articles.

    With `near` the last two pairs are below the threshold.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.near = False

    def check(self, text: str, headline: str | None = None, false_flags: Any = None, verify: bool = True) -> Any:
        self.asked.append(text)
        report, flagged = demo.report(), 2 if self.near else 4
        return replace(report, contradictions=report.contradictions[:flagged], ranked=report.contradictions[flagged:])


@contextmanager
def running(app: Any) -> Iterator[int]:
    """Serve an application of this computer; gives the port."""
    uvicorn = pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def detector() -> _Demo:
    return _Demo()


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """The file that answers are kept in."""
    return tmp_path / "desk.jsonl"


@pytest.fixture
def port(detector: _Demo, answers: Path) -> Iterator[int]:
    """The port of a running page that answers under any name, as with `--host 0.0.0.0`."""
    serve = pytest.importorskip("inconsistency.serve.app")
    pytest.importorskip("starlette", reason="the extra [serve] is not installed")
    with running(serve.create_app(detector, hosts=("*",), feedback=answers)) as found:
        yield found


@pytest.fixture
def address(port: int) -> str:
    """The address of that page on this computer."""
    return f"http://127.0.0.1:{port}/"


ARTICLE = "\n\n".join(" ".join(sentences) for sentences in demo.PARAGRAPHS)


@pytest.fixture
def desk(browser: Any, address: str) -> Iterator[Any]:
    """The open page; a script error, a refusal by its policy or a request to elsewhere fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, troubles = context.new_page(), []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if r.url.startswith((address, "blob:")) else troubles.append(r.url))
    page.goto(address)
    yield page
    context.close()
    assert [t for t in troubles if "favicon" not in t and "status of 422" not in t] == []


def check(page: Any) -> None:
    """Paste the demonstration article and check it."""
    page.locator("#headline").fill(demo.HEADLINE)
    page.locator("#text").fill(ARTICLE)
    page.keyboard.press("Control+Enter")
    page.locator(".card").first.wait_for()


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_edit_and_check_again(desk: Any, detector: _Demo) -> None:
    """Ctrl-Enter checks what is pasted; the text stays to be mended, and the cursor where it is."""
    check(desk)
    desk.locator("#text").evaluate("e => { e.focus(); e.setSelectionRange(23, 23); }")
    desk.keyboard.type("old ")

    assert desk.locator("#old").is_visible()
    assert desk.locator("mark[data-sentence='1']").count() == 0  # the sentence that was edited
    moved = desk.locator("mark[data-sentence='9']").inner_text()
    assert moved == demo.report().sentences[9].text

    desk.keyboard.press("Control+Enter")
    desk.locator("#old").wait_for(state="hidden")

    assert focused(desk) == "text"
    assert desk.locator("#text").evaluate("e => [e.selectionStart, e.selectionEnd]") == [27, 27]
    assert "old " in detector.asked[1]
    assert desk.locator("#submit").inner_text() == "Check"


def test_the_first_pair_is_in_view(desk: Any) -> None:
    """Whoever checks with the button, which stands below a long text, sees the first pair, not the last ones."""
    desk.locator("#text").fill("\n\n".join([ARTICLE] * 3))
    desk.locator("#submit").click()
    desk.locator(".card").first.wait_for()

    assert 0 <= desk.locator(".card").first.bounding_box()["y"] <= 400


def test_marks_lie_under_their_sentences(desk: Any) -> None:
    """Marked sentences are those of the report, also behind characters that take two units of a string."""
    desk.locator("#text").fill(ARTICLE)
    height = desk.locator("#text").bounding_box()["height"]
    check(desk)

    assert desk.locator("mark").all_inner_texts() == [demo.report().sentences[n].text for n in (1, 9, 11, 12, 13, 14)]
    assert desk.locator("mark").first.get_attribute("data-numbers") == "1 4"
    assert desk.locator("#marks").bounding_box() == desk.locator("#text").bounding_box()
    assert desk.locator("#text").bounding_box()["height"] >= height
    assert desk.locator("#text").evaluate("e => e.scrollHeight <= e.clientHeight")


def test_keys_walk_through_the_pairs(desk: Any, tmp_path: Any) -> None:
    """F8 goes to the next pair out of the text, Enter shows its sentences, Escape goes back to the cursor."""
    check(desk)
    desk.locator("#text").evaluate("e => { e.focus(); e.setSelectionRange(5, 5); }")
    seen = []
    for key in ("F8", "j", "F8", "Shift+F8", "k", "k"):
        desk.keyboard.press(key)
        seen.append(focused(desk))
    assert seen == [f"contradictions-{n}" for n in (1, 2, 3, 2, 1, 1)]

    desk.keyboard.press("Enter")
    assert desk.locator("mark.active").count() == 2
    desk.keyboard.press("Escape")
    assert focused(desk) == "text"
    assert desk.locator("#text").evaluate("e => e.selectionStart") == 5

    desk.locator("#contradictions-3 a.where").nth(1).click()
    start = desk.locator("#text").evaluate("e => e.selectionStart")
    assert ARTICLE[start:].startswith("Investigators found")


def test_both_sentences_of_every_pair_are_shown(desk: Any) -> None:
    """Enter shows a pair's sentence in the text wherever its card stands, and the text does not stay behind."""
    check(desk)
    for number in (4, 1, 3):
        card = desk.locator(f"#contradictions-{number}")
        card.focus()
        for side in ("first", "second"):
            desk.keyboard.press("Enter")
            mark = desk.locator(f"mark[data-sentence='{card.get_attribute(f'data-{side}')}']").bounding_box()
            assert 0 <= mark["y"] <= 800 - 20

    desk.evaluate("scrollTo(0, document.querySelector('.downloads').getBoundingClientRect().top + scrollY - 700)")
    text = desk.locator("#text").bounding_box()
    assert text["y"] + text["height"] > 400


def test_a_card_is_copied_and_a_report_is_taken_along(desk: Any, tmp_path: Any) -> None:
    """A card goes to the clipboard as plain text; the report can be had as a page, as Markdown and as JSON."""
    check(desk)
    desk.keyboard.press("F8")
    desk.keyboard.press("c")
    desk.get_by_text("Copied.").wait_for()
    copied = desk.evaluate("navigator.clipboard.readText()").splitlines()

    assert copied[0] == "Number, 97 %"
    assert copied[1].startswith("Sentence 2: A car ferry ran on to rocks")
    assert copied[2].startswith("Sentence 10: Hospitals in Lervik")

    for kind, ending in (("html", ".html"), ("markdown", ".md"), ("json", ".json")):
        with desk.expect_download() as saved:
            desk.locator(f"[data-save={kind}]").click()
        assert saved.value.suggested_filename == f"consistency-ferry-captain-arrested-after-14-are-hurt-in-tuesday-s-ground{ending}"
        text = Path(saved.value.path()).read_text(encoding="utf-8")
        assert "Hospitals in Lervik" in text
    assert json.loads(text)["contradictions"][0]["probability"] == 0.97


def test_worth_a_look(desk: Any, detector: _Demo, answers: Path) -> None:
    """Pairs below the threshold come after those that are flagged, and can be walked to, copied and answered."""
    detector.near = True
    check(desk)
    for _ in range(3):
        desk.keyboard.press("F8")
    assert focused(desk) == "ranked-1"
    desk.keyboard.press("c")
    desk.get_by_text("Copied.").wait_for()
    assert desk.evaluate("navigator.clipboard.readText()").startswith("Worth a look, 88 %\nSentence 13: She told")
    desk.keyboard.press("r")
    desk.locator("#ranked-1 [data-do=right][aria-pressed=true]").wait_for()
    assert json.loads(answers.read_text())["probability"] == 0.88


def test_copying_without_a_clipboard(browser: Any, port: int) -> None:
    """Under a name that is not this computer's own, browsers give no clipboard to a script; a card is copied still."""
    page = browser.new_page()
    page.goto(f"http://desk.test:{port}/")
    check(page)
    page.locator("#contradictions-1 [data-do=copy]").click()
    page.get_by_text("Copied.").wait_for()
    page.locator("#headline").fill("")
    page.locator("#headline").press("Control+v")

    assert page.locator("#headline").input_value().startswith("Number, 97 %")
    page.close()


def test_right_and_wrong(desk: Any, answers: Path) -> None:
    """An answer is kept and shown, changed by the other button, and taken back by the same one."""
    check(desk)
    first = desk.locator("#contradictions-1")
    for button in ("right", "wrong", "wrong"):
        with desk.expect_response("**/api/feedback") as kept:
            first.locator(f"[data-do={button}]").click()
        assert kept.value.status == 200
    desk.get_by_text("Answer taken back.").wait_for()

    assert [json.loads(line)["right"] for line in answers.read_text().splitlines()] == [True, False, None]
    assert first.locator("[aria-pressed=true]").count() == 0

    desk.keyboard.press("F8")
    desk.keyboard.press("w")
    desk.locator("#contradictions-2 [data-do=wrong][aria-pressed=true]").wait_for()


def test_files_are_opened_and_dropped(desk: Any, tmp_path: Any) -> None:
    """A file's text is put into the field, and can be undone; what cannot be read says why."""
    path = tmp_path / "article.txt"
    path.write_text("From a file.", encoding="utf-8")
    desk.locator("#text").fill("Mine.")
    desk.locator("#file").set_input_files(str(path))
    desk.get_by_text("article.txt is open.").wait_for()
    assert desk.locator("#text").input_value() == "From a file."
    desk.keyboard.press("Control+z")
    assert desk.locator("#text").input_value() == "Mine."

    drop = """(text) => {
      const carried = new DataTransfer();
      carried.items.add(new File([text], "dropped.txt"));
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
    }"""
    desk.evaluate(drop, "Dropped here.")
    desk.get_by_text("dropped.txt is open.").wait_for()
    assert desk.locator("#text").input_value() == "Dropped here."
    desk.evaluate(drop, "{\\rtf1 no}")
    desk.get_by_text("RTF document").wait_for()
    assert desk.locator("#text").input_value() == "Dropped here."


def test_the_sample_and_an_empty_text(desk: Any) -> None:
    """The sample fills the text; nothing at all is told in words, and the cursor waits in the text."""
    desk.locator("#submit").click()
    desk.get_by_text("Paste an article first.").wait_for()
    assert focused(desk) == "text"
    desk.locator("#sample").click()
    assert desk.locator("#text").input_value().startswith("Fourteen hurt")
    desk.locator("#clear").click()
    assert desk.locator("#text").input_value() == ""


def test_a_busy_page_says_so(browser: Any) -> None:
    """While an article is checked the button says so, and a second click asks nothing."""
    serve = pytest.importorskip("inconsistency.serve.app")

    clicked = threading.Event()

    class Slow(_Demo):
        def check(self, *args: Any, **options: Any) -> Any:
            clicked.wait(60)  # however slow the machine is, both clicks fall into the check
            return super().check(*args, **options)

    slow = Slow()
    with running(serve.create_app(slow)) as port:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator("#text").fill(ARTICLE)
        page.locator("#submit").click()
        assert page.locator("#submit").inner_text() == "Checking…"
        page.keyboard.press("Control+Enter")
        clicked.set()
        page.locator(".card").first.wait_for()
        page.close()

    assert len(slow.asked) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_axe_finds_nothing_serious(
    browser: Any, address: str, detector: _Demo, width: int, scheme: str
) -> None:
    """Before and after a check, axe-core finds nothing serious, nothing overflows, and results stand first."""
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core is missing")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    detector.near = True
    page.goto(address)
    found = axe.Axe().run(page)["violations"]
    check(page)
    page.keyboard.press("F8")
    found += axe.Axe().run(page)["violations"]

    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    card, text = page.locator(".card").first.bounding_box(), page.locator("#text").bounding_box()
    assert card["y"] < text["y"] if width < 960 else card["x"] < text["x"]
    page.close()


def test_without_script(browser: Any, address: str) -> None:
    """Without script the form is sent as a form, and its answer is a report that leads back."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.locator("#text").fill("A ferry ran aground. Nobody was hurt.")
    page.locator("#submit").click()
    page.locator(".card").first.wait_for()
    page.locator("a.back").click()

    assert page.locator("#text").is_visible()
    assert not page.locator("#sources").is_visible()
    context.close()


def other_website(target: str, head: str, frame: str) -> Any:
    """A page that sends an article to the local page as soon as it is opened."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    form = (
        f"<form method=post target=_top action='{target}'><textarea name=text>Sent unasked.</textarea></form>"
        "<script>document.forms[0].submit()</script>"
    )
    body = f'<iframe {frame} srcdoc="{form}"></iframe>' if frame else form

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><head>{head}</head><body>{body}</body>")

    return Starlette(routes=[Route("/", page)])


@pytest.mark.parametrize("name", ["127.0.0.1", "desk.test"])
@pytest.mark.parametrize(
    ("head", "frame"),
    [
        ("", ""),
        ("<meta name=referrer content=no-referrer>", ""),
        ("", "sandbox='allow-scripts allow-forms allow-top-navigation'"),
    ],
    ids=["plain", "without referrer", "sandboxed"],
)
def test_other_websites_reach_nothing(
    browser: Any, port: int, detector: _Demo, name: str, head: str, frame: str
) -> None:
    """A page on another port cannot send an article, whatever it hides, under whichever name it reaches this one.

    Under a name that is not this computer's own, browsers send no Sec-Fetch-Site, and Origin decides alone.
    """
    target = f"http://{name}:{port}/"
    with running(other_website(target, head, frame)) as other:
        page = browser.new_page()
        with page.expect_response(lambda r: r.url == target and r.request.method == "POST") as answered:
            page.goto(f"http://{name}:{other}/")
        sent = answered.value.request.all_headers()

        assert answered.value.status == 403
        assert ("sec-fetch-site" in sent) == (name == "127.0.0.1")
        assert detector.asked == []
        page.close()


@pytest.mark.parametrize("path", ["check", "api/check", "api/article", "api/feedback"])
def test_other_websites_reach_no_address_by_script(
    browser: Any, port: int, detector: _Demo, answers: Path, path: str
) -> None:
    """A script of a page on another port has nothing done at any address, and is told nothing."""
    target = f"http://127.0.0.1:{port}/{path}"
    with running(other_website(target, "", "")) as other:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{other}/nowhere")
        send = "t => fetch(t, { method: 'POST', mode: 'no-cors', body: 'text=One.' }).then(() => true, () => false)"

        assert not page.evaluate(send, target)
        page.close()

    assert detector.asked == []
    assert not answers.exists()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "desk.test"])
def test_the_page_takes_its_own_form(browser: Any, port: int, detector: _Demo, name: str) -> None:
    """Under each of its names the page's own articles are taken, also after a refusal."""
    page = browser.new_page()
    page.goto(f"http://{name}:{port}/")
    page.locator("#submit").click()
    page.get_by_text("Paste an article first.").wait_for()
    page.locator("#text").fill("One. Two.")
    page.locator("#submit").click()
    page.locator(".card").first.wait_for()
    page.close()

    assert [text.strip() for text in detector.asked] == ["One. Two."]
