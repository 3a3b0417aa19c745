"""What is answered: the form, a report as a page or in pieces, JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inconsistency.decision import PRESETS
from inconsistency.render import html
from inconsistency.render._view import view
from inconsistency.serve.requests import MAX_FILE

if TYPE_CHECKING:
    from starlette.responses import Response

    from inconsistency.report import Report

_STYLES = ("tokens.css", "report.css", "form.css")
_SCRIPTS = ("form.js",)
_KINDS = {"published": "Text that somebody edited", "generated": "Unedited text of a machine"}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer", browsers send our own form with "Origin: null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Pages:
    """The pages of one application.

    Attributes:
        setting: how strict the detector is: a preset's name, or words for something else.
        answers: file that answers to pairs are kept in; None keeps none.
        local: whether this computer alone reaches the page.
        max_body: bytes of an article that are accepted.
        kinds: kinds of text that can be chosen.
        second: what the second reader is called; None for none.
    """

    setting: str
    answers: Path | None
    local: bool
    max_body: int
    kinds: tuple[str, ...]
    second: str | None

    def form(self, status: int = 200, error: str = "", fields: Mapping[str, str] | None = None) -> Response:
        """The page to work on, or back with a reason."""
        fields = fields or {}
        values = {
            "error": error,
            "headline": fields.get("headline", ""),
            "text": fields.get("text", ""),
            "presets": self._presets(),
            "chosen": fields.get("preset") or (self.setting if self.setting in PRESETS else ""),
            "kinds": [(kind, _KINDS.get(kind, kind)) for kind in self.kinds],
            "kind": fields.get("text_kind"),
            "second": self.second,
            "verify": fields.get("verify") == "1",
            "sample": html.asset("sample.txt"),
            "answers": self.answers,
            "local": self.local,
            "max_text": f"{self.max_body // 1024:,} KiB",
            "max_file": MAX_FILE,
        }
        policy = html.content_policy(html.joined(_STYLES), html.joined(_SCRIPTS), form_action="'self'")
        return _respond(html.page("form.html", _STYLES, _SCRIPTS, values), f"{policy}; connect-src 'self'", status)

    def report(self, report: Report) -> Response:
        """A report as a page of its own."""
        policy = html.content_policy(html.joined(html.REPORT_STYLES), html.joined(html.REPORT_SCRIPTS))
        return _respond(html.to_html(report, back=("/", "Check another article")), policy, 200)

    def answer(self, report: Report) -> Response:
        """A report for the page's script: its cards, and the whole as data, as a page and as Markdown."""
        values = {"view": view(report), "answers": self.answers}
        return json_answer({
            "cards": html.page("form_answer.html", (), (), values),
            "report": report.to_dict(),
            "html": report.to_html(),
            "markdown": report.to_markdown(),
        })  # fmt: skip

    def _presets(self) -> list[tuple[str, str]]:
        """What can be chosen: a value and its words. "" is what the detector was started with."""
        others = [] if self.setting in PRESETS else [("", f"As started: {self.setting}")]
        return others + [
            (name, f"{name.capitalize()}: about 1 clean article in {round(1 / flags)} gets a flag")
            for name, flags in PRESETS.items()
        ]


def json_answer(data: Mapping[str, Any], status: int = 200) -> Response:
    """Data as JSON."""
    from starlette.responses import JSONResponse

    return JSONResponse(data, status_code=status, headers=_HEADERS)


def _respond(content: str, policy: str, status: int) -> Response:
    from starlette.responses import HTMLResponse

    headers = {**_HEADERS, "Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}
    return HTMLResponse(content, status_code=status, headers=headers)
