"""Judge means of two models' weights on tune rows, before deciding to ship one.

    python training/soup.py runs/shipped runs/model7 --tune runs/stage7/tune.jsonl

Fine-tuned models that share a start often have a mean that is better than both (Wortsman et al. 2022,
arXiv 2203.05482). Heads that the first model lacks are taken from the second.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file
from tokenizers import Tokenizer

import model as network
import train


def main(argv: list[str] | None = None) -> int:
    """Print accuracy, average precision and kinds for each share of the second model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--tune", type=Path, required=True, help="tune.jsonl of a mixture")
    parser.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.5, 0.7, 1.0])
    parser.add_argument("--out", type=Path, help="keep the mean with the last share here")
    args = parser.parse_args(argv)
    net = network.from_folder(args.second)
    one, other = load_file(args.first / "model.safetensors"), {k: v.clone() for k, v in net.state_dict().items()}
    tokenizer = Tokenizer.from_file(str(args.second / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    rows = train.read_rows(args.tune, tokenizer, random.Random(0))
    for share in args.shares:
        mean = {k: share * v + (1 - share) * one[k] if k in one else v for k, v in other.items()}
        net.load_state_dict(mean)
        print(json.dumps({"share": share} | train.judge(net, rows)), flush=True)
    if args.out:
        network.save(net, args.out)
        shutil.copy(args.second / "tokenizer.json", args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
