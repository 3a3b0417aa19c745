"""Hugging Face `datasets` as an input: by name on the hub, or a folder saved by `save_to_disk`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from inconsistency.batch.input.rows import Columns, Record
from inconsistency.errors import InputError, MissingExtraError


class DatasetSource:
    """A data set of the `datasets` library, saved in a folder or on the hub; the latter is streamed, never stored.

    Args:
        name: the folder, or "NAME" or "NAME:CONFIGURATION" of the hub.
        columns: which columns hold the text, id and headline.
        split: which split to read.
    """

    def __init__(self, name: str, columns: Columns, split: str) -> None:
        self.name, self.columns = name, columns
        self.done_bytes = 0
        self.total_bytes: int | None = None
        self._asked, self._split = columns, split
        self._dataset: Any = None

    def fingerprint(self) -> dict[str, Any]:
        """Name and split."""
        return {"name": self.name, "split": self._split}

    def records(self) -> Iterator[Record]:
        """Every row."""
        dataset = self._load()
        if names := dataset.column_names:
            # The others are not even decoded: pictures and sounds take long, and a broken one would end the run.
            self.columns = self._asked.resolve(names, self.name)
            rows = iter(dataset.select_columns(self.columns.names))
        else:  # a stream that does not say beforehand
            rows = iter(dataset)
            first = list(islice(rows, 1))
            self.columns = self._asked.resolve(first[0] if first else (), self.name)
            rows = chain(first, rows)
        for number, row in enumerate(rows, start=1):
            yield Record(f"row {number}", row)

    def _load(self) -> Any:
        try:
            import datasets
        except ImportError as error:
            raise MissingExtraError("datasets", "datasets", "A data set as input") from error
        if self._dataset is None:
            saved = Path(self.name).is_dir()
            self._dataset = self._load_saved(datasets) if saved else self._load_hub(datasets)
        return self._dataset

    def _load_saved(self, datasets: Any) -> Any:
        try:
            dataset = datasets.load_from_disk(self.name)
        except FileNotFoundError as error:
            raise InputError(f"{self.name} is no data set saved by `save_to_disk`: {error}") from error
        if not isinstance(dataset, dict):
            return dataset
        if self._split not in dataset:
            found = ", ".join(dataset)
            raise InputError(f"{self.name}: no split {self._split!r}; splits found: {found} (--split)")
        return dataset[self._split]

    def _load_hub(self, datasets: Any) -> Any:
        name, _, configuration = self.name.partition(":")
        try:
            return datasets.load_dataset(name, configuration or None, split=self._split, streaming=True)
        # A data set with a loading script is refused by a RuntimeError.
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"cannot open the data set {self.name!r}: {error}") from error
