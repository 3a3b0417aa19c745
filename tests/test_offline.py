"""Nothing leaves this computer: what the package does, with every way to another computer closed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest

import inconsistency

TEXT = "The mill was closed on Monday.\n\nThe mill was open on Monday. It rained.\n"
# Python runs this before anything else, also in workers. An audit hook sees every call of the socket module, whoever
# makes it; what it refuses is written down first, so that an attempt counts although somebody catches the error.
GUARD = """
import ipaddress, os, sys

def at_home(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False

def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        allowed = not isinstance(address, tuple) or at_home(address[0])  # Unix sockets have a path
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
        address = arguments[0]
        allowed = at_home(address[0] if isinstance(address, tuple) else address)
    else:
        return
    if not allowed:
        with open(os.environ["ATTEMPTS"], "a") as file:
            file.write(f"{event} {arguments}\\n")
        raise OSError(f"the test forbids {event} {address}")

sys.addaudithook(guard)
"""


@pytest.fixture
def closed(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that reaches no other computer, without the switches that keep libraries offline."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    (tmp_path / "attempts").touch()
    source = Path(inconsistency.__file__).parents[1]
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_OFFLINE")}
    path = os.pathsep.join([str(tmp_path / "guard"), str(source)])
    return kept | {"PYTHONPATH": path, "ATTEMPTS": str(tmp_path / "attempts")}


def attempts(closed: dict[str, str]) -> str:
    """What was tried in spite of it."""
    return Path(closed["ATTEMPTS"]).read_text()


def run(closed: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=closed, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import socket; socket.getaddrinfo('example.com', 80)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import urllib.request as r; r.urlopen('http://192.0.2.1/', timeout=1)",
    ],
)
def test_the_guard_sees_attempts(closed: dict[str, str], attempt: str) -> None:
    """A call to another computer fails in such a Python, and is noted although it is caught."""
    done = run(closed, "-c", f"try:\n    {attempt}\nexcept OSError as error:\n    print(error)")

    assert "the test forbids" in done.stdout
    assert attempts(closed) != ""


def test_import_and_check(closed: dict[str, str]) -> None:
    """The package is imported, and an article checked, in Python."""
    script = f"import inconsistency; print(inconsistency.check({TEXT!r}, false_flags='broad').counts.sentences)"
    done = run(closed, "-c", script)

    assert (done.stdout, done.stderr, attempts(closed)) == ("3\n", "", "")


def test_command_check(closed: dict[str, str], tmp_path: Path) -> None:
    """So is one on the command line, and its page written."""
    (tmp_path / "article.txt").write_text(TEXT)
    done = run(closed, "-m", "inconsistency", "check", str(tmp_path / "article.txt"), "--html", str(tmp_path / "page"))

    assert done.returncode in (0, 1), done.stderr
    assert (tmp_path / "page").exists()
    assert attempts(closed) == ""


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_command_score(closed: dict[str, str], tmp_path: Path, workers: str) -> None:
    """So are many of them, here and in workers."""
    (tmp_path / "news.jsonl").write_text(f"{json.dumps({'text': TEXT})}\n" * 4)
    output = str(tmp_path / "out.jsonl")
    files = (str(tmp_path / "news.jsonl"), "--output", output)
    done = run(closed, "-m", "inconsistency", "score", *files, "--workers", workers)

    assert done.returncode == 0, done.stderr
    assert len(Path(output).read_text().splitlines()) == 4
    assert attempts(closed) == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no Ctrl-C for a single process")
def test_command_serve(closed: dict[str, str]) -> None:
    """The local page answers this computer, and asks no other; Ctrl-C ends it well."""
    pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
    command = [sys.executable, "-m", "inconsistency", "serve", "--port", "0"]
    with subprocess.Popen(command, env=closed, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            told = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", told)
            assert found, told
            own = found[0]
            body = urlencode({"text": TEXT}).encode()
            directly = build_opener(ProxyHandler({}))
            with directly.open(Request(f"{own}/", body, {"Origin": own}), timeout=300) as answer:
                page = answer.read().decode()
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=60)[1]
        finally:
            process.kill()

    assert "It rained." in page
    assert (process.returncode, rest) == (0, "")
    assert attempts(closed) == ""
