"""The local page in a real browser."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class _Demo:
    """Answers every article with the report of the demonstration article; remembers the articles."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def check(self, text: str, headline: str | None = None) -> Any:
        import demo

        self.asked.append(text)
        return demo.report()


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
def port(detector: _Demo) -> Iterator[int]:
    """The port of a running page that answers under any name, as with `--host 0.0.0.0`."""
    serve = pytest.importorskip("inconsistency.serve")
    pytest.importorskip("starlette", reason="the extra [serve] is not installed")
    with running(serve.create_app(detector, hosts=("*",))) as found:
        yield found


@pytest.fixture
def address(port: int) -> str:
    """The address of that page on this computer."""
    return f"http://127.0.0.1:{port}/"


def test_paste_and_read(browser: Any, address: str) -> None:
    """An article is pasted, its report works like the file, and a link leads back."""
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core is missing")
    page = browser.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.goto(address)
    form_issues = axe.Axe().run(page)["violations"]
    page.locator("#headline").fill("Ferry aground")
    page.locator("#text").fill("A ferry ran aground. Nobody was hurt.")
    page.locator("button").click()
    page.locator(".card").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.id")
    page.locator("a.back").click()

    assert [v["id"] for v in form_issues if v["impact"] in ("serious", "critical")] == []
    assert focused == "s2"
    assert page.locator("#text").is_visible()
    assert [t for t in troubles if "favicon" not in t] == []
    page.close()


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


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "desk.test"])
def test_the_page_takes_its_own_form(browser: Any, port: int, detector: _Demo, name: str) -> None:
    """Under each of its names the form is taken, again when the report is loaded anew, and after a refusal."""
    page = browser.new_page()
    page.goto(f"http://{name}:{port}/")
    page.locator("#text").evaluate("e => e.removeAttribute('required')")
    page.locator("button").click()
    page.get_by_text("Paste an article first.").wait_for()
    page.locator("#text").fill("One. Two.")
    page.locator("button").click()
    page.locator(".card").first.wait_for()
    page.reload()
    page.locator(".card").first.wait_for()
    page.close()

    assert [text.strip() for text in detector.asked] == ["One. Two.", "One. Two."]
