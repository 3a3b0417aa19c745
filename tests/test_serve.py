"""The local page: what it accepts, what it refuses, what it sends."""

from __future__ import annotations

import argparse
import asyncio
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from inconsistency.addresses import listen
from inconsistency.errors import CalibrationError, InputError, ModelError
from inconsistency.report import Counts, Report
from inconsistency.sentences import Sentence
from inconsistency.serve import add_arguments, run
from inconsistency.serve.app import create_app

pytest.importorskip("starlette", reason="the extra [serve] is not installed")


class Detector:
    """Flags nothing; remembers what it was asked."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self._seconds, self._error = seconds, error

    def check(
        self, text: str, headline: str | None = None, false_flags: Any = None, verify: bool = True
    ) -> Report:
        self.asked.append((text, headline))
        time.sleep(self._seconds)
        if self._error:
            raise self._error
        sentence = Sentence(0, text, 0, len(text))
        return Report(text, headline, (sentence,), (), 0.0, 0.5, None, Counts(1), "fake")


async def _call(
    app: Any, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], str]:
    sent: list[dict[str, Any]] = []
    chunks = [body[i : i + 4096] for i in range(0, len(body), 4096)] or [b""]

    async def receive() -> dict[str, Any]:
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 8765),
        "client": ("127.0.0.1", 1),
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }
    await app(scope, receive, send)
    text = b"".join(m.get("body", b"") for m in sent[1:]).decode()
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, text


def call(
    app: Any, method: str = "GET", body: bytes = b"", path: str = "/", **headers: str | None
) -> tuple[int, dict[str, str], str]:
    """Ask as a browser does that has the page open; None leaves a header out."""
    host = headers.get("host", "127.0.0.1:8765")
    own = {"host": host, "origin": f"http://{host}"}
    given = own | {k.replace("_", "-"): v for k, v in headers.items()}
    named = {name: value for name, value in given.items() if value is not None}
    # In a thread of its own: the browser tests keep an event loop running in the main one.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, _call(app, method, path, body, named)).result()


def post(app: Any, fields: Mapping[str, str], **headers: str | None) -> tuple[int, dict[str, str], str]:
    return call(app, "POST", urlencode(fields).encode(), **headers)


def test_form_then_report() -> None:
    """The form is shown, and what is pasted into it is checked and shown as a report."""
    detector = Detector()
    status, _, form = call(create_app(detector))
    answered, _, report = post(create_app(detector), {"text": "One.\r\nTwo.", "headline": " H "})

    assert (status, answered) == (200, 200)
    assert "<form" in form
    assert detector.asked == [("One.\nTwo.", "H")]
    assert "Nothing flagged." in report


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_security_headers(method: str) -> None:
    """Every answer forbids framing, sniffing, referrers to others, caching and whatever is not its own."""
    _, headers, _ = call(create_app(Detector()), method, b"text=One.")

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_large_articles_are_refused() -> None:
    """A request above the limit is refused before the detector sees it."""
    detector = Detector()
    status, _, text = post(create_app(detector, max_body=10_000), {"text": "x" * 20_000})

    assert status == 413
    assert "larger than" in text
    assert detector.asked == []


@pytest.mark.parametrize("body", [b"", b"text=", b"text=++%0A", b"headline=x"])
def test_empty_article_is_refused(body: bytes) -> None:
    """Without an article, the form comes back with a reason."""
    status, _, text = call(create_app(Detector()), "POST", body)

    assert status == 422
    assert "Paste an article first." in text


@pytest.mark.parametrize("body", [b"text=%ff%fe", b"\xff\xfe", b"&".join([b"a=1"] * 50)])
def test_unreadable_form_is_refused(body: bytes) -> None:
    """Bytes that are no UTF-8 form are the sender's mistake."""
    assert call(create_app(Detector()), "POST", body)[0] == 400


def test_slow_checks_are_given_up() -> None:
    """The reader gets an answer when the check takes too long, and the text back."""
    status, _, text = post(create_app(Detector(seconds=0.3), timeout=0.05), {"text": "Keep me."})

    assert status == 503
    assert "Keep me." in text


def test_input_errors_are_shown_escaped() -> None:
    """What the library says about the input is shown, never as markup."""
    app = create_app(Detector(error=InputError("not text: <b>")))
    status, _, text = post(app, {"text": "</textarea><script>alert(1)</script>"})

    assert status == 422
    assert "not text: &lt;b&gt;" in text
    assert "<script>alert" not in text


OWN = "http://127.0.0.1:8765"


@pytest.mark.parametrize(
    ("origin", "site", "status"),
    [
        (OWN, "same-origin", 200),
        (OWN, None, 200),  # browsers leave Sec-Fetch-Site out for plain http, but for this computer
        (None, "same-origin", 200),
        ("https://desk.example", "same-origin", 200),  # a server before this one has changed Host
        ("https://desk.example", None, 403),
        (OWN, "cross-site", 403),
        (OWN, "same-site", 403),
        (None, "cross-site", 403),
        (None, "none", 403),
        (None, None, 403),
        ("null", None, 403),  # a page without referrer, a sandboxed frame
        ("null", "same-origin", 403),
        ("", None, 403),
        ("http://evil.example", None, 403),
        ("http://127.0.0.1:8766", None, 403),
        ("http://127.0.0.1", None, 403),
        ("https://127.0.0.1:8765", None, 403),
    ],
)
def test_only_forms_of_the_page_itself_are_taken(origin: str | None, site: str | None, status: int) -> None:
    """A form is taken only if Sec-Fetch-Site, or without it Origin, says that this page sent it."""
    detector = Detector()
    answered, _, _ = post(create_app(detector), {"text": "One."}, origin=origin, sec_fetch_site=site)

    assert answered == status
    assert len(detector.asked) == (status == 200)


def test_a_program_learns_how_to_ask() -> None:
    """A request with neither header, as curl sends it, is told which one a program sends."""
    _, _, said = post(create_app(Detector()), {"text": "One."}, origin=None)

    assert "a program says Sec-Fetch-Site: same-origin" in said


def test_other_names_are_refused() -> None:
    """A form sent to another host name reaches nobody, even if it agrees with itself."""
    detector = Detector()

    assert post(create_app(detector), {"text": "One."}, host="evil.example")[0] == 400
    assert detector.asked == []


def test_nobody_learns_which_files_there_are(tmp_path: Path) -> None:
    """A line that names a file of this computer is checked as any other line is."""
    from inconsistency import Detector as RealDetector
    from inconsistency.testing import FakeScorer

    (tmp_path / "there.txt").write_text("One.")
    app = create_app(RealDetector(FakeScorer()))
    answers = [post(app, {"text": str(tmp_path / name)}) for name in ("there.txt", "gone1.txt")]

    assert [status for status, _, _ in answers] == [200, 200]
    assert answers[0][2].replace("there.txt", "gone1.txt") == answers[1][2]


def test_a_port_in_use_is_said_first(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is told to open a page that is not there, and no model is loaded for it."""
    pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    loaded: list[Detector] = []

    def load() -> Detector:
        loaded.append(Detector())
        return loaded[-1]

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"^port {port} is in use; try --port "):
            run(parser.parse_args(["--port", str(port)]), load)

    assert loaded == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "--port is 70000; accepted are 0 to 65535"),
        (["--port", "-1"], "--port is -1"),
        (["--host", "203.0.113.7"], "cannot listen on 203.0.113.7, port 8765: "),
        (["--timeout", "0"], "--timeout is 0; accepted are seconds above 0"),
        (["--timeout", "nan"], "--timeout is nan"),
    ],
)
def test_where_nothing_can_listen(arguments: list[str], said: str) -> None:
    """A port or an address that cannot be listened on, and a time in which nothing can be checked, are named."""
    pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    with pytest.raises(InputError, match=said):
        run(parser.parse_args(arguments), Detector)


def test_unknown_addresses() -> None:
    """There is one page and nothing else."""
    assert call(create_app(Detector()), path="/etc/passwd")[0] == 404
    assert call(create_app(Detector()), "DELETE")[0] == 405


def test_listens_on_this_computer_by_default() -> None:
    """Others cannot reach the page unless it is asked for."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    assert parser.parse_args([]).host == "127.0.0.1"


def test_the_options_choose_the_detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another calibration is the page's too, so a damaged one is said at once."""
    pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    (tmp_path / "house.json").write_text("{}")
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    with pytest.raises(CalibrationError, match=r"house\.json is not a calibration file"):
        run(parser.parse_args(["--calibration", str(tmp_path / "house.json"), "--port", "0"]))
    with pytest.raises(ModelError, match=r"no model folder '\./none'"):
        run(parser.parse_args(["--model", "./none", "--port", "0"]))
    with pytest.raises(InputError, match="accepted are strict, default, broad"):
        run(parser.parse_args(["--false-flags", "lax", "--port", "0"]))


def listening(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Any, str]:
    """The page as `inconsistency serve` hands it to the server, and the address that it listens on."""
    uvicorn = pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    given: list[tuple[Any, str]] = []

    class Listening(socket.socket):
        """Stands for addresses that this computer may not have."""

        def getsockname(self) -> Any:
            return self.address

    def listen(address: Any, family: int, dualstack_ipv6: bool) -> Listening:
        made = Listening(family)
        made.address = address
        return made

    def serve(server: Any, sockets: Any) -> None:
        given.append((server.config.app, sockets[0].getsockname()[0]))

    monkeypatch.setattr(socket, "create_server", listen)
    monkeypatch.setattr(uvicorn.Server, "run", serve)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(arguments), Detector)
    return given[0]


@pytest.mark.parametrize(
    ("host", "url", "accepted", "refused"),
    [
        ("127.0.0.1", "http://127.0.0.1:8765/", ["127.0.0.1", "localhost"], ["192.168.1.5", "evil.example"]),
        ("localhost", "http://localhost:8765/", ["127.0.0.1", "localhost"], ["192.168.1.5", "evil.example"]),
        ("::1", "http://[::1]:8765/", ["[::1]", "localhost"], ["192.168.1.5", "evil.example"]),
        ("[0:0:0::1]", "http://[::1]:8765/", ["[::1]"], ["evil.example"]),
        ("192.168.1.5", "http://192.168.1.5:8765/", ["192.168.1.5", "127.0.0.1"], ["192.168.1.6", "evil.example"]),
        ("fd00::5", "http://[fd00::5]:8765/", ["[fd00::5]"], ["[fd00::6]", "evil.example"]),
        ("0.0.0.0", "http://127.0.0.1:8765/", ["192.168.1.5", "127.0.0.1", "desk.lan"], []),
        ("::", "http://[::1]:8765/", ["[fd00::5]", "192.168.1.5", "[::1]"], []),
    ],
)
def test_answers_under_the_names_that_it_can_be_reached_by(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    host: str,
    url: str,
    accepted: list[str],
    refused: list[str],
) -> None:
    """The printed URL is valid; only a page open to all addresses answers under names that it does not know."""
    app, bound = listening(monkeypatch, "--host", host)

    assert bound == host.strip("[]")
    assert f"Open {url} and" in capsys.readouterr().err
    assert {call(app, host=f"{name}:8765")[0] for name in accepted} == {200}
    assert {call(app, host=f"{name}:8765")[0] for name in refused} <= {400}


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("127.0.0.1", []),
        ("localhost", []),
        ("::1", []),
        ("192.168.1.5", ["192.168.1.5 is not this computer alone", "without a password"]),
        ("0.0.0.0", ["all addresses of this computer (0.0.0.0)", "under any name", "without a password"]),
        ("::", ["all addresses of this computer (::)", "under any name", "without a password"]),
    ],
)
def test_says_who_else_can_open_the_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str, said: list[str]
) -> None:
    """Whoever opens the page to others is told so, with what that means; on this computer alone nothing is said."""
    listening(monkeypatch, "--host", host)
    printed = capsys.readouterr().err

    assert all(words in printed for words in said)
    assert (printed.count("\n") == 1) == (not said)


@pytest.mark.parametrize("host", ["", " ", "[]"])
def test_an_empty_host_is_refused(host: str) -> None:
    """A variable that is not set in a script does not open the page to everybody."""
    with pytest.raises(InputError, match=r"--host is '.*'; accepted is an address or a name of this computer"):
        listen(host, 0)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this system has no sockets for both versions")
def test_all_addresses_are_those_of_both_versions() -> None:
    """What listens on :: is reached under an address of version 4, too, as the printed lines say."""
    with listen("::", 0) as listening:
        port = listening.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=10).close()


@pytest.mark.parametrize("option", [("--feedback", "desk.jsonl"), ("--verify", "tiny")])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])
def test_under_any_name_nothing_is_kept_and_nobody_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, option: tuple[str, str]
) -> None:
    """A website can get itself a name for this computer, so what it would find may not write to a file, nor cost money."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"together with {option[0]}: any website could .*one address"):
        listening(monkeypatch, "--host", host, *option)

    assert list(tmp_path.iterdir()) == []


def test_page_open_to_all_refuses_forms_of_other_websites(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that answers under any name takes forms only from the name under which it was asked."""
    app, _ = listening(monkeypatch, "--host", "0.0.0.0")

    assert post(app, {"text": "One."}, host="desk.lan:8765", origin="http://desk.lan:8765")[0] == 200
    assert post(app, {"text": "One."}, host="desk.lan:8765", origin="http://evil.example")[0] == 403
    assert post(app, {"text": "One."}, host="desk.lan:8765", origin="null")[0] == 403
    assert post(app, {"text": "One."}, host="desk.lan:8765", sec_fetch_site="cross-site")[0] == 403
