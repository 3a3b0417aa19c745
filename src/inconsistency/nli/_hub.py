"""Models of the hub: "owner/name", or "owner/name@revision" with a branch, a tag or the hash of a commit."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from inconsistency.errors import MissingExtraError, ModelError

# Neither code nor pickles, which may run code when they are opened.
ONNX_FILES = ("config.json", "tokenizer.json", "model.onnx*", "onnx/model.onnx*")
TORCH_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")


def hub_folder(model: str, files: tuple[str, ...] | None = None) -> Path:
    """The folder in which the hub's client keeps a model.

    Args:
        model: the hub id, perhaps with a revision; without one it is the branch `main` as it stands now.
        files: patterns of the files to fetch; None fetches nothing and finds what was fetched before.

    Raises:
        ModelError: there is no such model, or it cannot be fetched, or was not.
        MissingExtraError: the hub's client is not installed.
    """
    name, at, revision = model.partition("@")
    if name.count("/") > 1 or name.startswith((".", "/", "~")) or not name.strip() or (at and not revision):
        raise ModelError(
            f"no model folder {model!r}; accepted are 'default', a folder, or a hub id, which may end in @REVISION"
        )
    if importlib.util.find_spec("huggingface_hub") is None:
        raise MissingExtraError("huggingface_hub", "torch", "Fetching a model from the hub")
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(
            name,
            revision=revision or None,
            allow_patterns=None if files is None else list(files),
            # Folders inside hold other formats and checkpoints.
            ignore_patterns=["*/*"] if files == TORCH_FILES else None,
            local_files_only=files is None,
        )
    except Exception as error:  # the client raises many kinds; the message names what failed
        raise ModelError(f"cannot fetch {model!r} from the hub: {error}") from error
    return Path(found)
