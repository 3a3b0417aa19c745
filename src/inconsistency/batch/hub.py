"""Hugging Face `datasets` as an input: by name on the hub, or a folder saved by `save_to_disk`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inconsistency.batch import readers
from inconsistency.batch.rows import Columns, Record
from inconsistency.errors import InputError, MissingExtraError


def is_saved_dataset(path: Path) -> bool:
    """Whether a folder was written by `save_to_disk`."""
    return (path / "state.json").is_file() or (path / "dataset_dict.json").is_file()


class DatasetSource:
    """A data set of the `datasets` library; those of the hub are streamed, never stored."""

    done_bytes = 0
    total_bytes: int | None = None

    def __init__(self, name: str, columns: Columns, split: str, config: str | None) -> None:
        self.name, self.columns, self._columns = name, columns, columns
        self._split, self._config = split, config
        self._dataset: Any = None

    def fingerprint(self) -> dict[str, Any]:
        """Name, split and, for a saved data set, the library's own fingerprint."""
        dataset = self._load()
        return {
            "name": self.name,
            "split": self._split,
            "config": self._config,
            # Streams have a new random fingerprint each time; there the rows' digest must do.
            "fingerprint": dataset._fingerprint if hasattr(dataset, "num_rows") else None,
        }

    def check(self) -> None:
        """Find the data set and, where it says so beforehand, its columns.

        Raises:
            InputError: the data set or a column is not there.
        """
        if names := self._load().column_names:
            self._columns.resolve(names, self.name)

    def records(self) -> Iterator[Record]:
        """Every row.

        Raises:
            InputError: the data set or a column is not there.
        """
        dataset = self._load()
        if names := dataset.column_names:
            # The others are not even decoded: pictures and sounds take long, and a broken one would end the run.
            dataset = dataset.select_columns(self._columns.resolve(names, self.name).names)
        self.columns, records = readers.read_mappings(
            iter(dataset), names, self._columns, self.name
        )
        yield from records

    def _load(self) -> Any:
        if self._dataset is None:
            self._dataset = self._load_saved() if Path(self.name).is_dir() else self._load_hub()
        return self._dataset

    def _load_saved(self) -> Any:
        datasets = _import_datasets()
        try:
            dataset = datasets.load_from_disk(self.name)
        except FileNotFoundError as error:
            raise InputError(f"{self.name} is no data set saved by `save_to_disk`: {error}") from error
        if not isinstance(dataset, dict):
            return dataset
        if self._split not in dataset:
            raise InputError(
                f"{self.name}: no split {self._split!r}; splits found: {', '.join(dataset)} "
                "(--split)"
            )
        return dataset[self._split]

    def _load_hub(self) -> Any:
        datasets = _import_datasets()
        try:
            return datasets.load_dataset(self.name, self._config, split=self._split, streaming=True)
        # A data set with a loading script is refused by a RuntimeError.
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"cannot open the data set {self.name!r}: {error}") from error


def _import_datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("datasets", "datasets", "A data set as input") from error
    return datasets
