"""A small server of OpenAI's shape that plays the quirks of real ones, over real HTTP."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def free_port() -> int:
    """A port of this machine at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Call:
    """A request as the server got it."""

    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def question(self) -> str:
        """The user's message."""
        return self.body["messages"][-1]["content"]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The sentence numbers of the suspected pairs."""
        _, _, asked = self.question.rpartition("by sentence numbers:\n")
        return [(int(a), int(b)) for a, b in re.findall(r"^(\d+) and (\d+)$", asked, re.MULTILINE)]


Play = Callable[[Call], Any]


@dataclass
class Served:
    """The running server.

    Attributes:
        url: its address, up to "/v1".
        play: what it does with a request: gives a `Response`, or the body of an answer. To be exchanged at will.
        calls: the requests so far.
        most: most requests that were being answered at a time.
    """

    url: str = ""
    play: Play = lambda call: says(answer(call))
    calls: list[Call] = field(default_factory=list)
    most: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def complete(self, request: Request) -> Response:
        """The endpoint."""
        call = Call(await request.json(), dict(request.headers))
        with self._lock:
            self.calls.append(call)
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            played = await run_in_threadpool(self.play, call)
        finally:
            with self._lock:
                self._now -= 1
        return played if isinstance(played, Response) else JSONResponse(played)


@contextmanager
def serve() -> Iterator[Served]:
    """Run the server at a free port of this machine while the block lasts."""
    served = Served()
    app = Starlette(routes=[Route("/v1/chat/completions", served.complete, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server of the tests does not start"
        time.sleep(0.01)
    served.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join(30)


# --- what it may play ---------------------------------------------------------------------------


def entry(pair: tuple[int, int], **changed: Any) -> dict[str, Any]:
    """A verdict of the model: a contradiction, unless something else is said."""
    fields = {"reason": "Both cannot be.", "same_subject": True, "compatible_reading": "none"}
    verdict = {"verdict": "contradiction", "confidence": 0.9}
    return {"first": pair[0], "second": pair[1], **fields, **verdict, **changed}


def answer(call: Call, **changed: Any) -> str:
    """A good answer: one verdict on each pair that was asked."""
    return json.dumps({"pairs": [entry(pair, **changed) for pair in call.pairs]})


def says(content: str | None, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    """The body of a response whose message has this content."""
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "tiny",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def fails(status: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """An error as servers send it."""
    return JSONResponse({"error": {"message": message, **more}}, status, headers)


def in_turn(*plays: Play) -> Play:
    """One play after the other, the last one again and again."""
    left = list(plays)
    return lambda call: (left.pop(0) if len(left) > 1 else left[0])(call)
