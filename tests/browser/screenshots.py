"""Take the screenshots of the documentation.

PYTHONPATH=src:tests/browser python tests/browser/screenshots.py docs/screenshots
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import demo
from playwright.sync_api import sync_playwright

from inconsistency.render import to_html

SHAPES = {"desktop": (1200, 760), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def main(folder: Path) -> int:
    """One picture per width and colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        path = Path(work) / "report.html"
        path.write_text(to_html(demo.report()), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for shape, (width, height) in SHAPES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,  # type: ignore[arg-type]
                )
                page.goto(path.as_uri())
                page.keyboard.press("j")
                page.evaluate("scrollTo(0, 0)")
                page.wait_for_timeout(400)
                page.screenshot(path=folder / f"report-{shape}-{scheme}.png")
                page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
