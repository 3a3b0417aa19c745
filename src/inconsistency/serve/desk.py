"""What is done at each address: check an article, read a file, keep an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from inconsistency import feedback, files
from inconsistency.errors import InputError
from inconsistency.report import Report
from inconsistency.sentences import Article
from inconsistency.serve.requests import RefusedError

FIELDS = ("text", "headline", "preset", "text_kind", "verify")  # of the form in which an article comes

Result = TypeVar("Result")


class Checker(Protocol):
    """What the page needs of a detector."""

    def check(
        self, text: str, *, headline: str | None = None, false_flags: Any = None, verify: bool = True
    ) -> Report:
        """Check one article, at a preset or as the detector is set."""
        ...


class Turn:
    """Work in a thread, one piece at a time: a model already uses every core.

    A thread cannot be stopped, so after a timeout the next piece waits until it has really ended.
    """

    def __init__(self, timeout: float, what: str) -> None:
        self._lock, self._timeout, self._what = asyncio.Lock(), timeout, what

    @property
    def busy(self) -> bool:
        """Whether there is work in hand."""
        return self._lock.locked()

    async def take(self, work: Callable[[], Result]) -> Result:
        """Do a piece of work.

        Raises:
            RefusedError: there is another in hand, or it takes too long.
        """
        if self._lock.locked():
            raise RefusedError(503, f"Another {self._what}. Try again in a moment.")
        await self._lock.acquire()
        task = asyncio.create_task(asyncio.to_thread(work))
        task.add_done_callback(lambda _: self._lock.release())
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._timeout)
        except TimeoutError:
            raise RefusedError(503, f"It took longer than {self._timeout:g} seconds.") from None


@dataclass
class Desk:
    """Everything that the page can do.

    Attributes:
        detector: checks the articles.
        max_body: bytes of an article that are accepted.
        timeout: seconds after which work is given up, as far as the reader is concerned.
        answers: file that answers to pairs are kept in; None keeps none.
        kinds: detectors for kinds of text that can be chosen, by the kind's name.
        second: whether they have a second reader, which a form can ask for.
    """

    detector: Checker
    max_body: int
    timeout: float
    answers: Path | None
    kinds: Mapping[str, Checker]
    second: bool
    checking: Turn = field(init=False)
    reading: Turn = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is in hand."""
        self.checking = Turn(self.timeout, "article is being checked")
        self.reading = Turn(self.timeout, "file is being read")

    async def check(self, fields: Mapping[str, str]) -> Report:
        """Check the article in a form: `text`, and perhaps `headline`, `preset`, `text_kind` and `verify`.

        Raises:
            RefusedError: there is no article, or another one is being checked, or it takes too long.
            InconsistencyError: the detector refuses it.
        """
        for name in fields:
            if name not in FIELDS:
                raise InputError(f"there is no field {name!r}; accepted are {', '.join(FIELDS)}")
        text = fields.get("text", "").replace("\r\n", "\n")
        if "\n" not in text:
            # A detector says of a single line that it is the path of a file, if it is: strangers need not know.
            text += "\n"
        if not text.strip():
            raise RefusedError(422, "Paste an article first.")
        headline, preset = fields.get("headline", "").strip() or None, fields.get("preset") or None
        detector = self._detector(fields.get("text_kind"))
        # Off unless asked for: the text leaves this computer by it.
        verify = self._verify(fields.get("verify"))
        return await self.checking.take(
            lambda: detector.check(text, headline=headline, false_flags=preset, verify=verify)
        )

    def _verify(self, asked: str | None) -> bool:
        """Whether the second reader is asked."""
        if asked not in (None, "", "0", "1"):
            raise InputError(f"verify is {asked!r}; accepted are 1 and 0")
        if asked == "1" and not self.second:
            raise RefusedError(422, "There is no second reader here; start with --verify MODEL.")
        return asked == "1"

    def _detector(self, kind: str | None) -> Checker:
        """The one for a kind of text; the page's own where none is asked for."""
        if not kind:
            return self.detector
        if kind not in self.kinds:
            raise InputError(f"text_kind is {kind!r}; accepted are {', '.join(self.kinds) or 'none here'}")
        return self.kinds[kind]

    async def read(self, name: str, data: bytes) -> Article:
        """Read the article in a file.

        Raises:
            RefusedError: another file is being read, or it takes too long.
            InconsistencyError: the file cannot be read.
        """
        return await self.reading.take(lambda: files.article_from_bytes(data, name))

    def keep(self, said: Mapping[str, Any]) -> None:
        """Keep an answer: `report` as the check gave it, the sentences `first` and `second`, and `right`.

        Raises:
            RefusedError: no answers are kept.
            InputError: it is no answer to a pair of that report, or cannot be written.
        """
        if self.answers is None:
            raise RefusedError(404, "No answers are kept; start with --feedback FILE.")
        right, report = said.get("right"), said.get("report")
        if not (right is None or isinstance(right, bool)):
            raise InputError(f"right is {right!r}; accepted are true, false and null")
        shown = Report.from_dict(report if isinstance(report, dict) else {})
        first, second = _index(said, "first"), _index(said, "second")
        try:
            line = feedback.answer(shown, first, second, right)
            feedback.keep(self.answers, line)
        except InputError:
            raise
        except (LookupError, ValueError) as error:  # of sentences that are not there, or no text
            raise InputError("report is none that a check gave: its sentences do not fit") from error


def _index(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{name} is {value!r}; accepted is the index of a sentence")
    return value
