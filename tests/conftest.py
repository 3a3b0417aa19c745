"""Fixtures: tiny real models on both backends."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A forgotten download must fail, also on a developer's machine.
os.environ["HF_HUB_OFFLINE"] = "1"

from inconsistency.nli import Scorer, load_scorer
from tiny_models import LABEL_ORDERS, SCORERS, build_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of the tiny model in a label order of `LABEL_ORDERS`; made once a session."""
    made: dict[str, Path] = {}

    def folder(order: str = "contradiction first") -> Path:
        if order not in made:
            made[order] = build_model(tmp_path_factory.mktemp("model"), LABEL_ORDERS[order])
        return made[order]

    return folder


@pytest.fixture(scope="session", params=SCORERS, ids=[f"{b}, {o}" for b, o in SCORERS])
def scorer(request: pytest.FixtureRequest, tiny_model: Callable[[str], Path]) -> Scorer:
    """The tiny model on every backend in every label order. A new backend is one more id here."""
    backend, order = request.param
    return load_scorer(tiny_model(order), backend=backend, threads=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with long tests go first, so that no worker is left alone with one; a file and its fixtures stay together."""
    seconds: dict[Path, float] = defaultdict(float)
    for item in items:
        for mark in item.iter_markers("slow"):
            seconds[item.path] += mark.kwargs.get("seconds", 3)
    items.sort(key=lambda item: -seconds[item.path])


# How long an example takes on a busy machine says nothing about the code; speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
