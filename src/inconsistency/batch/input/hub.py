"""Hugging Face `datasets` as an input: by name on the hub, or a folder saved by `save_to_disk`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from inconsistency.batch.input.rows import Record
from inconsistency.batch.input.source import Source
from inconsistency.errors import InputError, MissingExtraError


class DatasetSource(Source):
    """A data set saved in a folder, or "NAME" or "NAME:CONFIGURATION" of the hub; streamed."""

    def fingerprint(self) -> dict[str, Any]:
        """Name and split."""
        return {"name": self.name, "split": self.options.split}

    def records(self) -> Iterator[Record]:
        """Every row."""
        dataset = self._dataset
        if names := dataset.column_names:
            # The others are not even decoded: pictures and sounds take long, and a broken one would end the run.
            self.columns = self.options.columns.resolve(names, self.name)
            rows = iter(dataset.select_columns(self.columns.names))
        else:  # a stream that does not say beforehand
            rows = iter(dataset)
            first = list(islice(rows, 1))
            self.columns = self.options.columns.resolve(first[0] if first else (), self.name)
            rows = chain(first, rows)
        for number, row in enumerate(rows, start=1):
            yield Record(f"row {number}", row)

    @cached_property
    def _dataset(self) -> Any:
        try:
            import datasets
        except ImportError as error:
            raise MissingExtraError("datasets", "datasets", "A data set as input") from error
        return self._load_saved(datasets) if Path(self.name).is_dir() else self._load_hub(datasets)

    def _load_saved(self, datasets: Any) -> Any:
        try:
            dataset = datasets.load_from_disk(self.name)
        except FileNotFoundError as error:
            raise InputError(f"{self.name} is no data set saved by `save_to_disk`: {error}") from error
        if not isinstance(dataset, dict):
            return dataset
        if self.options.split not in dataset:
            found = ", ".join(dataset)
            raise InputError(f"{self.name}: no split {self.options.split!r}; splits found: {found} (--split)")
        return dataset[self.options.split]

    def _load_hub(self, datasets: Any) -> Any:
        name, _, configuration = self.name.partition(":")
        try:
            return datasets.load_dataset(name, configuration or None, split=self.options.split, streaming=True)
        # A data set with a loading script is refused by a RuntimeError.
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"cannot open the data set {self.name!r}: {error}") from error
