"""`Report` -> HTML: a self-contained page, or a fragment for a notebook.

jinja2 lays it out, because it escapes every value by default: an article is a stranger's text, and
forgetting one call of `html.escape` in a hand-made template would let it run script.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from inconsistency.render._view import view
from inconsistency.report import Report

if TYPE_CHECKING:
    from jinja2 import Environment

REPORT_STYLES = ("tokens.css", "report.css")
REPORT_SCRIPTS = ("report.js",)


def to_html(report: Report, *, title: str | None = None, back: tuple[str, str] | None = None) -> str:
    """Lay a report out as one page that needs nothing else: no network, no other file.

    Args:
        report: the report.
        title: page title; None for the headline or the article's first line.
        back: address and words of a link to where the report was asked for; None for no such link.

    Returns:
        The page. Its Content-Security-Policy allows its own style and script by their hashes and nothing else.
    """
    shown = view(report, title)
    kinds = sorted({(card.kind, card.label) for card in shown.cards}, key=lambda k: k[1])
    return page("template.html", REPORT_STYLES, REPORT_SCRIPTS, {"view": shown, "kinds": kinds, "back": back})


def to_html_fragment(report: Report) -> str:
    """Lay a report out for a notebook: no page around it, no script, no style outside it."""
    from markupsafe import Markup

    style = Markup(asset("fragment.css"))
    return _environment().get_template("fragment.html").render(view=view(report), style=style)


def page(template: str, styles: tuple[str, ...], scripts: tuple[str, ...], values: Mapping[str, Any]) -> str:
    """Render a template with its style and script inlined and allowed by their hashes."""
    return "".join(render(template, styles, scripts, values))


def render(
    template: str, styles: tuple[str, ...], scripts: tuple[str, ...], values: Mapping[str, Any]
) -> Iterator[str]:
    """`page`, piece by piece: what a template takes one at a time need not be held all at once."""
    environment = _environment()
    from markupsafe import Markup

    # Safe as they stand: our own files, nothing of the article.
    style, script = joined(styles), joined(scripts)
    return environment.get_template(template).generate(
        values,
        style=Markup(style),
        script=Markup(script),
        policy=content_policy(style, script),
    )


def joined(names: tuple[str, ...]) -> str:
    """Text of files that stand beside the templates, one after the other."""
    return "".join(asset(name) for name in names)


def content_policy(style: str, script: str, form_action: str = "'none'") -> str:
    """A Content-Security-Policy that allows this style and this script and nothing else."""
    allowed_script = f"script-src {_hash(script)}; " if script else ""
    return (
        f"default-src 'none'; style-src {_hash(style)}; {allowed_script}base-uri 'none'; form-action {form_action}"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def asset(name: str) -> str:
    """Text of a file that stands beside the templates."""
    return resources.files("inconsistency.render").joinpath("templates", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("inconsistency.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
