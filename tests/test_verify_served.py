"""A second reader behind a real model server: `transformers serve` with a tiny random model."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inconsistency import Detector, LLMVerifier
from inconsistency.testing import FakeScorer
from tiny_chat import build_chat_model

pytest.importorskip("openai", reason="the extra llm is not installed")
pytestmark = pytest.mark.slow

START = "from transformers.cli.transformers import main; main()"
PATIENCE = 400  # seconds that the server may take to start on a busy machine
TEXT = """Fourteen hurt as bridge falls in Tollin

A bridge fell in Tollin on Monday. 14 people were hurt, the mayor said.

Hospitals in Tollin treated 41 people who were hurt. The bridge was built in 1962.

The bridge was opened in 1968."""
TABLE = {("14 people", "41 people"): 0.95, ("1962", "1968"): 0.92}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Folder of the model and address of its server."""
    utils = pytest.importorskip("transformers.utils.import_utils", reason="transformers is not installed")
    if not getattr(utils, "is_serve_available", bool)():
        pytest.skip("transformers cannot serve here: its extra serving is not installed")
    folder = build_chat_model(tmp_path_factory.mktemp("chat"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-c", START, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    offline = os.environ | {"HF_HUB_OFFLINE": "1"}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen([*words, "--device", "cpu"], stdout=log, stderr=log, env=offline)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server, folder / "server.log")
            yield folder, f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()
            server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the server does not answer: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def test_garbage_loses_nothing(served: tuple[Path, str], caplog: pytest.LogCaptureFixture) -> None:
    """A model that talks garbage leaves the report as it would be without it, every pair marked and counted.

    A parameter that the server does not know is left out, with a warning.
    """
    folder, url = served
    reader = LLMVerifier(str(folder), base_url=url, timeout=300, options={"max_tokens": 64, "no_such_thing": 1})
    plain = Detector(FakeScorer(TABLE)).check(TEXT)
    read = Detector(FakeScorer(TABLE), verifier=reader).check(TEXT)

    assert [replace(c, unverified=None) for c in read.contradictions] == list(plain.contradictions)
    assert all(c.unverified for c in read.contradictions)
    assert sum(read.counts.unverified.values()) == min(20, read.counts.scored)
    assert read.cleared == ()
    assert reader.usage.calls >= 1
    assert reader.usage.read > 1000
    assert f"{url} refuses the parameter 'no_such_thing'; it is left out" in caplog.text


def test_a_wrong_model_is_told(served: tuple[Path, str], caplog: pytest.LogCaptureFixture) -> None:
    """What the server says of a model that it does not serve is passed on."""
    _, url = served
    reader = LLMVerifier("another", base_url=url, timeout=300)
    read = Detector(FakeScorer(TABLE), verifier=reader).check(TEXT)

    assert set(read.counts.unverified) == {"the server refused the request"}
    assert "Server is pinned to" in caplog.text
