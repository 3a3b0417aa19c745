"""Take the pictures of the documentation, of an example article and the embedded model.

    PYTHONPATH=src:tests/browser python tests/browser/screenshots.py docs/screenshots

`example-toll.png` is the HTML report, `desk.png` and `desk-phone.png` are the local page, light and dark.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from test_serve_page import running

from inconsistency import Detector
from inconsistency.serve.app import create_app

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
EXAMPLE = Path(__file__).parents[2] / "examples" / "toll.txt"


def opened(browser: Browser, address: str, width: int, height: int, scheme: str) -> Page:
    """A page of a size and colour scheme."""
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address)
    return page


def report(browser: Browser, detector: Detector, file: Path) -> None:
    """The HTML report with its first card chosen."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(detector.check(EXAMPLE.read_text(encoding="utf-8")).to_html(), encoding="utf-8")
        page = opened(browser, path.as_uri(), 1200, 760, "light")
    page.keyboard.press("j")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(400)
    page.screenshot(path=file)
    page.close()


def desk(browser: Browser, port: int, file: Path, width: int, height: int, scheme: str) -> None:
    """The local page with the example checked."""
    page = opened(browser, f"http://127.0.0.1:{port}/", width, height, scheme)
    page.fill("#text", EXAMPLE.read_text(encoding="utf-8"))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".card", timeout=60_000)
    page.wait_for_timeout(600)
    page.screenshot(path=file)
    page.close()


def main(folder: Path) -> int:
    """Write the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    detector = Detector()
    with sync_playwright() as playwright, running(create_app(detector, hosts=("*",))) as port:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        report(browser, detector, folder / "example-toll.png")
        desk(browser, port, folder / "desk.png", 1280, 860, "light")
        desk(browser, port, folder / "desk-phone.png", 390, 844, "dark")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
