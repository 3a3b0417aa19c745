"""What a desk does on the local page, and programs at its addresses, by requests as a browser sends them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from inconsistency import Detector as RealDetector
from inconsistency.errors import InputError
from inconsistency.feedback import answered_articles
from inconsistency.serve import add_arguments, run
from inconsistency.serve.app import create_app
from inconsistency.testing import FakeScorer
from test_serve import Detector, call, post

TEXT = "The mill was closed on Monday.\n\nThe mill was open on Monday.\n\nNobody was hurt."
POSTS = ["/", "/check", "/api/check", "/api/article", "/api/feedback"]
JSON = {"content_type": "application/json"}


def desk(**options: Any) -> Any:
    """The page with a real detector on a fake model, which flags the mill."""
    return create_app(RealDetector(FakeScorer({("was closed", "was open"): 0.99}), threshold=0.5), **options)


def ask(app: Any, path: str, body: bytes | dict[str, Any], **headers: str | None) -> tuple[int, dict[str, Any]]:
    """Ask an address for its JSON."""
    if isinstance(body, dict):
        body, headers = json.dumps(body).encode(), JSON | headers
    status, _, text = call(app, "POST", body, path, **headers)
    return status, json.loads(text)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": None},
        {"sec_fetch_site": "cross-site"},
        {"origin": "http://evil.example", "content_type": "application/json"},
    ],
)
def test_every_address_is_the_page_s_own(tmp_path: Path, path: str, headers: dict[str, str | None]) -> None:
    """Whatever is sent from elsewhere is refused before it is read: no article, no file, no answer."""
    detector = Detector()
    app = create_app(detector, feedback=tmp_path / "desk.jsonl")

    assert call(app, "POST", b"text=One.", path, **headers)[0] == 403
    assert call(app, "POST", b"text=One.", path, host="evil.example")[0] == 400
    assert detector.asked == []
    assert not (tmp_path / "desk.jsonl").exists()


@pytest.mark.parametrize("path", [*POSTS, "/api/health"])
def test_headers_of_every_answer(path: str) -> None:
    """No answer is cached, sniffed or framed, refusals included."""
    method = "GET" if path == "/api/health" else "POST"
    _, headers, _ = call(create_app(Detector()), method, b"", path)

    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_an_answer_has_cards_and_everything_to_take_along() -> None:
    """The page gets the cards, and the report as data, as a page and as Markdown."""
    status, answer = ask(desk(), "/check", {"text": TEXT, "headline": "<b>At the mill</b>"})

    assert status == 200
    assert 'data-first="1" data-second="2"' in answer["cards"]
    assert "<b>" not in answer["cards"]
    assert answer["report"]["contradictions"][0]["first"]["text"] == "The mill was closed on Monday."
    assert answer["html"].startswith("<!doctype html>")
    assert answer["markdown"].startswith("# ")


def test_programs_send_a_form_or_json() -> None:
    """POST /api/check gives the same report for both."""
    status, by_json = ask(desk(), "/api/check", {"text": TEXT, "headline": "Mill"})
    _, _, by_form = call(desk(), "POST", b"headline=Mill&text=" + TEXT.replace(" ", "+").encode(), "/api/check")

    assert status == 200
    assert by_json == json.loads(by_form)
    assert by_json["flagged"]


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"text": 3}', b"\xff", b"[" * 100_000, b'{"text": "\\ud800 One."}'])
def test_unreadable_json_is_refused(body: bytes) -> None:
    """What is no JSON object of texts is the sender's mistake."""
    assert ask(desk(), "/api/check", body, **JSON)[0] == 400


def test_a_field_that_does_not_exist_is_refused() -> None:
    """A misspelt option would be lost without a word; the answer names those there are."""
    status, refused = ask(desk(), "/api/check", {"text": TEXT, "false_flags": "strict"})

    assert status == 422
    assert refused["error"] == (
        "there is no field 'false_flags'; accepted are text, headline, preset, text_kind, verify"
    )


def test_presets() -> None:
    """An article is checked at the preset that is chosen, else as the page was started; others are named."""
    loose = RealDetector(FakeScorer({("was closed", "was open"): 0.6}), threshold=0.5)
    app = create_app(loose, setting="flagged from 50 %")

    assert ask(app, "/api/check", {"text": TEXT})[1]["flagged"]
    assert not ask(app, "/api/check", {"text": TEXT, "preset": "strict"})[1]["flagged"]
    status, refused = ask(app, "/api/check", {"text": TEXT, "preset": "lax"})
    assert (status, "accepted are strict, default, broad" in refused["error"]) == (422, True)
    _, _, page = call(app)
    assert '<option value="" selected>As started: flagged from 50 %</option>' in page
    _, _, page = call(create_app(loose))
    assert '<option value="default" selected>Default: about 1 clean article in 10 gets a flag</option>' in page


def test_kinds_of_text() -> None:
    """Where the calibration knows more than one kind, an article is checked as the one that is chosen."""
    edited, unedited = Detector(), Detector()
    app = create_app(edited, kinds={"published": edited, "generated": unedited})

    assert ask(app, "/api/check", {"text": "One.", "text_kind": "generated"})[0] == 200
    assert ask(app, "/api/check", {"text": "Two."})[0] == 200
    assert ([text for text, _ in edited.asked], [text for text, _ in unedited.asked]) == (["Two.\n"], ["One.\n"])
    status, refused = ask(app, "/api/check", {"text": "One.", "text_kind": "spoken"})
    assert (status, "accepted are published, generated" in refused["error"]) == (422, True)
    assert "Unedited text of a machine" in call(app)[2]
    assert "Unedited text of a machine" not in call(create_app(edited))[2]


def test_files_become_text() -> None:
    """A file's article is given back to be checked; one that cannot be read says why."""
    status, article = ask(desk(), "/api/article", TEXT.encode("utf-16"))
    refused, said = ask(desk(), "/api/article", b"{\\rtf1 One.}")

    assert (status, article) == (200, {"text": TEXT, "headline": None})
    assert refused == 422
    assert "RTF document; save it as .docx" in said["error"]


def test_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the limit is not read to its end."""
    monkeypatch.setattr("inconsistency.serve.app.MAX_FILE", 10_240)

    status, said = ask(desk(), "/api/article", b"x" * 20_000)
    assert (status, said["error"]) == (413, "The file is larger than 10 KiB.")


def test_answers_are_kept(tmp_path: Path) -> None:
    """A pair that is called right or wrong is kept with its article, as `calibrate` reads it."""
    path = tmp_path / "desk.jsonl"
    app = desk(feedback=path)
    report = ask(app, "/check", {"text": TEXT, "headline": "Mill"})[1]["report"]

    for right in (False, True):
        said = {"report": report, "first": 1, "second": 2, "right": right}
        assert ask(app, "/api/feedback", said) == (200, {"kept": True})

    (article,) = answered_articles(path)
    assert article.sentences[0].text == "Mill"
    assert article.gold == [(1, 2)]
    assert str(path) in call(app)[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first": 2, "second": 3}, "does not show a pair"),
        ({"first": True}, "first is True"),
        ({"right": "yes"}, "right is 'yes'"),
        ({"report": None}, "not a report"),
        ({"report": {"format": 99}}, "its format is 99"),
        ({"sentences": []}, "report is none that a check gave"),
        ({"sentences": [{"index": 9, "text": "One.", "start": 0, "end": 4}]}, "report is none that a check gave"),
    ],
)
def test_what_is_no_answer_is_not_kept(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """Only an answer to a pair of a report is kept; anything else is named."""
    app = desk(feedback=tmp_path / "desk.jsonl")
    report = ask(app, "/api/check", {"text": TEXT, "headline": "Mill"})[1]
    if "sentences" in change:
        change = {"report": report | change}
    status, answer = ask(app, "/api/feedback", {"report": report, "first": 1, "second": 2, "right": True} | change)

    assert status == 422
    assert said in answer["error"]
    assert not (tmp_path / "desk.jsonl").exists()


def test_without_a_file_nothing_is_kept() -> None:
    """Answers are neither asked for nor taken, and the page says that nothing is stored."""
    app = desk()

    assert ask(app, "/api/feedback", {})[0] == 404
    assert "Not one" not in ask(app, "/check", {"text": TEXT})[1]["cards"]
    assert "Nothing is stored." in call(app)[2]


def test_a_file_that_cannot_be_written_is_named_at_once(tmp_path: Path) -> None:
    """Nobody marks pairs for an hour into a folder that is not there, and no model is loaded for it."""
    pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    with pytest.raises(InputError, match=r"cannot write .*desk\.jsonl: No such file"):
        run(parser.parse_args(["--feedback", str(tmp_path / "none" / "desk.jsonl"), "--port", "0"]), Detector)


def test_health() -> None:
    """Whoever watches the page is told that it runs, and whether an article is in hand."""
    from inconsistency.version import __version__

    status, _, text = call(desk(), path="/api/health")

    assert status == 200
    assert json.loads(text) == {"status": "ok", "version": __version__, "busy": False}
    assert call(desk(), path="/api/health", host="evil.example")[0] == 400


def test_the_page_says_where_texts_go() -> None:
    """On this computer alone nothing leaves it; opened to others, the text goes to the computer that serves it."""
    assert "The text stays on this computer." in call(desk())[2]
    assert "goes to the computer that serves this page and no further" in call(desk(local=False))[2]


def test_the_sample_is_the_example() -> None:
    """The sample article is the one that the documentation checks."""
    from inconsistency.render.html import asset

    example = Path(__file__).parent.parent / "examples" / "toll.txt"
    assert asset("sample.txt") == example.read_text(encoding="utf-8")


def test_the_form_comes_back_as_it_was() -> None:
    """Without script, a refused article keeps its text, its first line break and its preset."""
    _, _, page = post(create_app(Detector(error=InputError("no"))), {"text": "\nOne.", "preset": "broad"})

    assert ">\n\nOne.</textarea>" in page
    assert '<option value="broad" selected>' in page
