"""What surrounds a run while it lasts: signals that end it gently, warnings that go into its log."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from inconsistency.batch.progress import JsonLog


@contextmanager
def signals(log: JsonLog | None) -> Iterator[list[int]]:
    """Collect the first Ctrl-C or SIGTERM; the second Ctrl-C acts at once."""
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        message = "finishing the articles in hand; again stops at once"
        line = log.line("stopping", message=message) if log else f"inconsistency score: {message}\n"
        # Not print: the signal may have come in the middle of one, which is not reentrant.
        os.write(2, line.encode())

    old: dict[int, Callable[..., Any] | int | None] = {}
    if threading.current_thread() is threading.main_thread():  # elsewhere signals are the caller's
        for number in (signal.SIGINT, signal.SIGTERM):
            old[number] = signal.signal(number, remember)
    try:
        yield received
    finally:
        for known, handler in old.items():
            signal.signal(known, handler)


class _Warnings(logging.Handler):
    """Passes warnings of the package on to the JSON log."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write("warning", message=record.getMessage())


@contextmanager
def warnings(log: JsonLog | None) -> Iterator[None]:
    """With a JSON log, let nothing else onto standard error."""
    handler = _Warnings(log) if log else logging.NullHandler()
    logger = logging.getLogger("inconsistency")
    if log:
        logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
