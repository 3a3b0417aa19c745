"""The local page in a real browser."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest


class _Demo:
    """Answers every article with the report of the demonstration article."""

    def check(self, text: str, headline: str | None = None) -> Any:
        import demo

        return demo.report()


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a running page."""
    uvicorn = pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    from inconsistency.serve import create_app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_app(_Demo()), host="127.0.0.1", port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)


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
