"""The embedded model's numbers do not depend on the processor: int8 products are exact everywhere."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inconsistency.errors import ModelError
from inconsistency.nli import load_scorer
from inconsistency.nli._exact import PRODUCT, cuts_sums, with_unsigned_weights
from inconsistency.nli._graph import open_graph
from inconsistency.nli.loading import DEFAULT

PAIRS = [
    ("The mill closed on Monday.", "The mill stayed open all week."),
    ("Fourteen people were hurt when the bridge fell.", "Forty-one people were hurt in the collapse."),
    ("A man is sleeping.", "The town council met on Tuesday to discuss the budget for the coming year."),
    ("He died.", "He is alive."),
]
ANSWERS = """
import json, sys
from inconsistency.nli import load_scorer
from inconsistency.nli._exact import cuts_sums
pairs = [tuple(pair) for pair in json.loads(sys.argv[1])]
scorer = load_scorer("default", threads=1, self_test=False)
found = [[s.entailment, s.neutral, s.contradiction] for s in scorer.score(pairs)]
print(json.dumps({"cut": cuts_sums(), "found": found, "quick": scorer.screen(pairs)}))
"""


def test_the_product_that_asks_the_processor() -> None:
    """It is one integer product of four unsigned and four signed bytes, as `onnx` writes it."""
    onnx = pytest.importorskip("onnx")
    tensor = onnx.helper.make_tensor_value_info
    inputs = [tensor("a", onnx.TensorProto.UINT8, [1, 4]), tensor("b", onnx.TensorProto.INT8, [4, 1])]
    node = onnx.helper.make_node("MatMulInteger", ["a", "b"], ["c"])
    graph = onnx.helper.make_graph([node], "g", inputs, [tensor("c", onnx.TensorProto.INT32, [1, 1])])
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 10)], ir_version=8)

    assert made.SerializeToString() == PRODUCT


@pytest.mark.parametrize("part", ["lower", "exit", "reader"])
def test_unsigned_weights_are_the_same_numbers(part: str) -> None:
    """Level and zero point of every matrix are raised by 128, and nothing else of the graph changes."""
    onnx = pytest.importorskip("onnx")
    before = onnx.load(DEFAULT / f"{part}.onnx").graph
    after = onnx.load_from_string(with_unsigned_weights(DEFAULT / f"{part}.onnx")).graph
    products = [n for n in before.node if n.op_type == "MatMulIntegerToFloat"]
    raised = {n.input[place] for n in products for place in (1, 5)}

    assert products
    assert list(after.node) == list(before.node)
    for old, new in zip(before.initializer, after.initializer, strict=True):
        was, now = onnx.numpy_helper.to_array(old), onnx.numpy_helper.to_array(new)
        assert now.dtype == (np.uint8 if old.name in raised else was.dtype)
        assert np.array_equal(now, was.astype(np.int16) + 128 if old.name in raised else was)


@pytest.mark.skipif(cuts_sums(), reason="with signed weights this processor gives other numbers")
def test_unsigned_weights_give_the_same_answer_to_the_last_bit() -> None:
    """Where no sum is cut, it makes no difference how the weights are stored."""
    rng = np.random.default_rng(0)
    feed = {
        "ids": rng.integers(3, 30000, (2, 9)),
        "positions": np.broadcast_to(np.arange(9) + 2, (2, 9)),
        "mask": np.ones((2, 9), dtype=np.int32),
        "bias": np.zeros((1, 12, 9, 9), dtype=np.float32),
    }
    graphs = [open_graph(DEFAULT / "lower.onnx", 1, unsigned=unsigned) for unsigned in (False, True)]
    signed, unsigned = (graph.run(["output"], feed)[0] for graph in graphs)

    assert np.array_equal(signed, unsigned)


def test_a_damaged_graph_is_a_model_error(tmp_path: Path) -> None:
    """A file that is no graph is named, also where its weights were to be read as unsigned."""
    damaged = tmp_path / "lower.onnx"
    for content in (b"version https://git-lfs.github.com/spec/v1\n", b"", b"\xff" * 9, b"\x3a\x05"):
        damaged.write_bytes(content)
        with pytest.raises(ModelError, match=r"cannot open .*lower\.onnx"):
            open_graph(damaged, 1, unsigned=True)


@pytest.mark.slow(seconds=20)
@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="qemu-x86_64 (package qemu-user) is not installed")
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the interpreter to be emulated is not for x86-64")
def test_a_processor_with_avx2_only_gives_the_same_probabilities() -> None:
    """On an emulated Haswell, which cuts large sums, the embedded model answers as it does here."""
    path = os.pathsep.join(p for p in sys.path if p)
    emulated = ["qemu-x86_64", "-cpu", "Haswell-noTSX", str(Path(sys.executable).resolve())]
    done = subprocess.run(
        [*emulated, "-c", ANSWERS, json.dumps(PAIRS)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    here = load_scorer("default", threads=1, self_test=False)
    wanted = [[s.entailment, s.neutral, s.contradiction] for s in here.score(PAIRS)]

    assert found["cut"]
    assert np.array(found["found"]) == pytest.approx(np.array(wanted), abs=1e-3)
    assert found["quick"] == pytest.approx(here.screen(PAIRS), abs=1e-3)  # type: ignore[attr-defined]
