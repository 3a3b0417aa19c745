"""Int8 products that give the same numbers on every processor.

ONNX Runtime multiplies unsigned activations by signed weights. A processor that has AVX2 or AVX-512 but not
VNNI adds two such products in 16 bits, and a large sum is silently cut to 32,767: with the embedded model,
probabilities move by up to 0.05. Unsigned weights are added in 32 bits, but take twice as long where there is
VNNI. So the processor is asked once whether it cuts sums, and only then the weights of a graph are read as
unsigned: w with zero point 0 becomes w + 128 with zero point 128, which is the same number.

ONNX Runtime's own option for this, `session.x64quantprecision`, is no help: it refuses a matrix that two
products share, and it widens the weights on processors with VNNI too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inconsistency.errors import ModelError

Bytes = bytearray | np.ndarray

# An ONNX graph of one MatMulInteger: unsigned `a` (1, 4) times signed `b` (4, 1) is `c`.
PRODUCT = (
    b"\x08\x08:\\\n\x18\n\x01a\n\x01b\x12\x01c\"\rMatMulInteger\x12\x01gZ\x13\n\x01a\x12\x0e\n\x0c\x08\x02\x12\x08"
    b"\n\x02\x08\x01\n\x02\x08\x04Z\x13\n\x01b\x12\x0e\n\x0c\x08\x03\x12\x08\n\x02\x08\x04\n\x02\x08\x01b\x13\n\x01c"
    b"\x12\x0e\n\x0c\x08\x06\x12\x08\n\x02\x08\x01\n\x02\x08\x01B\x04\n\x00\x10\n"
)
# Numbers of the fields that are read here, from ONNX's protobuf definition, and of its element types.
GRAPH, INITIALIZER, TYPE, NAME, RAW = 7, 5, 2, 8, 9
UINT8, INT8 = 2, 3
ELEMENTS: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), INT8: np.dtype("i1"), 10: np.dtype("<f2")}


@cache
def cuts_sums() -> bool:
    """Whether this processor cuts the sums of large unsigned times signed bytes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(PRODUCT, providers=["CPUExecutionProvider"])
    largest = {"a": np.full((1, 4), 255, dtype=np.uint8), "b": np.full((4, 1), 127, dtype=np.int8)}
    return bool(session.run(["c"], largest)[0][0, 0] != 4 * 255 * 127)


def with_unsigned_weights(path: Path) -> bytes:
    """An exported graph whose int8 matrices, and the zero point that they share, are unsigned.

    The word table is int8 as well, but no matrix of a product: it has no `.smooth` beside it.
    """
    data = bytearray(path.read_bytes())
    whole = np.frombuffer(data, dtype=np.uint8)
    tensors = {t.name: t for t in _tensors(data)}
    for name, tensor in tensors.items():
        if data[tensor.type_at] == INT8 and (name == "zero" or f"{name}.smooth" in tensors):
            data[tensor.type_at] = UINT8
            whole[tensor.values] ^= 0x80
    return bytes(data)


def constants(path: Path, wanted: Container[str]) -> dict[str, np.ndarray]:
    """The wanted constants of an exported graph, those that it has, flat; the file's pages are read when needed.

    Raises:
        ModelError: the file cannot be read.
    """
    try:
        data = np.memmap(path, dtype=np.uint8, mode="r")
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot open {path}: {error}") from error
    return {
        t.name: data[t.values].view(ELEMENTS[int(data[t.type_at])]) for t in _tensors(data) if t.name in wanted
    }


class _Tensor(NamedTuple):
    """Where a constant of a graph stands in the file."""

    name: str
    type_at: int
    values: slice


def _tensors(data: Bytes) -> Iterator[_Tensor]:
    for field, graph in _fields(data, slice(0, len(data))):
        if field == GRAPH:
            for inner, tensor in _fields(data, graph):
                if inner == INITIALIZER:
                    parts = dict(_fields(data, tensor))
                    if {TYPE, NAME, RAW} <= parts.keys():
                        yield _Tensor(bytes(data[parts[NAME]]).decode(), parts[TYPE].start, parts[RAW])


def _fields(data: Bytes, message: slice) -> Iterator[tuple[int, slice]]:
    """Numbers and places of a protobuf message's fields."""
    at = message.start
    while at < message.stop:
        key, at = _number(data, at)
        if key & 7 == 0:
            size = _number(data, at)[1] - at
        elif key & 7 == 2:
            size, at = _number(data, at)
        else:
            size = {1: 8, 5: 4}[key & 7]
        yield key >> 3, slice(at, at + size)
        at += size


def _number(data: Bytes, at: int) -> tuple[int, int]:
    """A protobuf number, seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = int(data[at])
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
