"""Take the screenshots of the documentation: a made-up report in four shapes, and what `check` gives for an example.

PYTHONPATH=src:tests/browser python tests/browser/screenshots.py docs/screenshots
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import demo
from playwright.sync_api import Browser, sync_playwright

from inconsistency import Detector
from inconsistency.render import to_html

SHAPES = {"desktop": (1200, 760), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


EXAMPLE = Path(__file__).parents[2] / "examples" / "toll.txt"


def picture(browser: Browser, page_file: Path, picture_file: Path, shape: str, scheme: str) -> None:
    """One page, its first card chosen."""
    width, height = SHAPES[shape]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.goto(page_file.as_uri())
    page.keyboard.press("j")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(400)
    page.screenshot(path=picture_file)
    page.close()


def main(folder: Path) -> int:
    """One picture per width and colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        path = Path(work) / "report.html"
        path.write_text(to_html(demo.report()), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for shape in SHAPES:
            for scheme in ("light", "dark"):
                picture(browser, path, folder / f"report-{shape}-{scheme}.png", shape, scheme)
        real = Path(work) / "example.html"
        real.write_text(to_html(Detector().check(EXAMPLE.read_text(encoding="utf-8"))), encoding="utf-8")
        picture(browser, real, folder / "example-toll.png", "desktop", "light")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
