"""Write the graphs of an export anew, of the same numbers: for an engine that wants them joined otherwise.

    python -m training.regraph src/inconsistency/models/default

How layers are laid out in graphs is the engine's business and changes with it; what was learned, and how it was
quantised, is not. Levels, scales and step widths are taken as they stand, so no checkpoint and no pairs are needed
and the answers stay what they were. `lower.onnx` and the glance read no pair of states and are left alone.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx

from training import export_onnx, unpack


class Rejoined(export_onnx.Builder):
    """A graph of matrices that are quantised already.

    Args:
        weights: the model's state dict as numpy arrays; of the quantised matrices only the names count.
        constants: of the earlier graphs, by name.
        zeros: matrix -> the level that stands for 0 in its inputs.
        int8: whether the earlier graphs were quantised.
    """

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        constants: dict[str, np.ndarray],
        zeros: dict[str, int],
        *,
        int8: bool,
    ) -> None:
        super().__init__(weights, defaultdict(lambda: np.ones((1, 1))), int8=int8)
        self.constants, self.known = constants, zeros

    def quantise(self, name: str, matrix: np.ndarray, sample: np.ndarray) -> int:
        """Store what the earlier graph had."""
        for part in (name, name + ".smooth", name + ".scale"):
            self.store(part, self.constants[part])
        return self.known[name]


def levels_of_zero(folder: Path) -> dict[str, int]:
    """Matrix -> the level that stands for 0 in its inputs, from the products in a folder's graphs."""
    found = {}
    for path in folder.glob("*.onnx"):
        for node in onnx.load(path).graph.node:
            if node.op_type == "MatMulIntegerToFloat":
                found[node.input[1]] = int(node.input[4].removeprefix("zero."))
    return found


def main(argv: list[str] | None = None) -> int:
    """Write over the folder's graphs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="a folder written by export_onnx.py")
    args = parser.parse_args(argv)
    constants, zeros = unpack.stored(args.model), levels_of_zero(args.model)
    net = unpack.network_of(args.model, constants)
    weights = {k: v.float().numpy() for k, v in net.state_dict().items()}

    made_anew = export_onnx.pair_parts(net, lambda: Rejoined(weights, constants, zeros, int8=bool(zeros)))
    for part, made in made_anew.items():
        onnx.checker.check_model(made)
        onnx.save(made, args.model / f"{part}.onnx")
        print(f"{part}.onnx: {len(made.graph.node)} nodes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
