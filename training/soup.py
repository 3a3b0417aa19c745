"""Judge means of two models' weights on tune rows, before deciding to ship one.

    python -m training.soup runs/shipped runs/model7 --tune runs/stage7/tune.jsonl

Fine-tuned models that share a start often have a mean that is better than both (Wortsman et al. 2022,
arXiv 2203.05482). Heads that the first model lacks are taken from the second. A share above 1 goes on in the
direction from the first to the second (Ilharco et al. 2023, arXiv 2212.04089).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from training import model as network
from training import train


def mixed(name: str, one: Tensor | None, other: Tensor, share: float, above: int | None) -> Tensor:
    """The mean of a weight in two models, `share` being the second one's.

    With `above`, weights below that layer and the heads on the way are the first one's: what an article's
    sentences were read with stays as it is.
    """
    if one is None:
        return other
    if above is not None and not (name.startswith("classifier.") or layer_of(name) >= above):
        return one
    return share * other + (1 - share) * one


def layer_of(name: str) -> int:
    """The layer that a weight belongs to; -1 for what belongs to none."""
    found = re.search(r"\.layer\.(\d+)\.", name)
    return int(found[1]) if found else -1


def main(argv: list[str] | None = None) -> int:
    """Print accuracy, average precision and kinds for each share of the second model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--tune", type=Path, required=True, help="tune.jsonl of a mixture")
    parser.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.5, 0.7, 1.0])
    parser.add_argument("--above", type=int, help="mix only layers from this one and the last head")
    parser.add_argument("--out", type=Path, help="keep the mean with the last share here")
    args = parser.parse_args(argv)
    net = network.from_folder(args.second if args.above is None else args.first)
    one, other = (load_file(folder / "model.safetensors") for folder in (args.first, args.second))
    tokenizer = Tokenizer.from_file(str(args.second / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    rows = train.read_rows(args.tune, tokenizer, random.Random(0))
    for share in args.shares:
        mean = {k: mixed(k, one.get(k), other[k], share, args.above) for k in net.state_dict()}
        net.load_state_dict(mean)
        print(json.dumps({"share": share} | train.judge(net, rows)), flush=True)
    if args.out:
        network.save(net, args.out)
        shutil.copy(args.second / "tokenizer.json", args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
