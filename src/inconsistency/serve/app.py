"""The page as an ASGI application: which addresses there are, and who may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from inconsistency.errors import InconsistencyError, MissingExtraError
from inconsistency.serve.desk import Checker, Desk
from inconsistency.serve.pages import Pages, json_answer
from inconsistency.serve.requests import (
    MARKUP,
    MAX_BODY,
    MAX_FILE,
    TIMEOUT,
    RefusedError,
    parsed_json,
    read_body,
    read_fields,
    require_same_origin,
)
from inconsistency.version import __version__

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    Answer = Callable[[Request], Awaitable[Response]]


def create_app(
    detector: Checker,
    *,
    max_body: int = MAX_BODY,
    timeout: float = TIMEOUT,
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]"),
    setting: str = "default",
    feedback: Path | None = None,
    local: bool = True,
    kinds: Mapping[str, Checker] | None = None,
    second: str | None = None,
) -> Starlette:
    """The page as an ASGI application.

    Args:
        detector: checks the articles; one at a time, because a model already uses every core.
        max_body: bytes of an article that are accepted.
        timeout: seconds after which a check is given up, as far as the reader is concerned.
        hosts: names under which the page answers, "*" for every name. Others are refused, so that a website
            cannot reach the page, and its `feedback` and `second`, through a name of its own for this computer.
        setting: how strict the detector is: a preset's name, or words for something else.
        feedback: file that answers to pairs are kept in; None keeps none.
        local: whether this computer alone reaches the page, as the page then says.
        kinds: detectors for kinds of text that can be chosen, by the kind's name; the first is chosen at first.
        second: what the detectors' second reader is called; it is asked where a form says so. None for none.

    Raises:
        MissingExtraError: starlette is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.routing import Route
    except ImportError as error:
        raise MissingExtraError("starlette", "serve", "the local page") from error

    desk = Desk(detector, max_body, timeout, feedback, kinds or {}, second is not None)
    pages = Pages(setting, feedback, local, max_body, tuple(desk.kinds), second)
    routes = [Route("/", _front(pages), methods=["GET"]), Route("/", _form(desk, pages), methods=["POST"])]
    routes += [Route("/api/health", _health(desk), methods=["GET"])]
    for path, answer in _for_programs(desk, pages).items():
        routes += [Route(path, _guarded(answer), methods=["POST"])]
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    return Starlette(routes=routes, middleware=[guard])


def _front(pages: Pages) -> Answer:
    async def front(_: Request) -> Response:
        return pages.form()

    return front


def _form(desk: Desk, pages: Pages) -> Answer:
    """The form without script: its answer is a whole page."""

    async def form(request: Request) -> Response:
        fields: dict[str, str] = {}
        try:
            require_same_origin(request)
            fields = await read_fields(request, desk.max_body)
            report = await desk.check(fields)
        except RefusedError as refusal:
            return pages.form(refusal.status, refusal.reason, fields)
        except InconsistencyError as error:
            return pages.form(422, str(error), fields)
        return pages.report(report)

    return form


def _guarded(answer: Answer) -> Answer:
    """Let an address answer this page alone; what it refuses is said as JSON."""

    async def guarded(request: Request) -> Response:
        try:
            require_same_origin(request)
            return await answer(request)
        except RefusedError as refusal:
            return json_answer({"error": refusal.reason}, refusal.status)
        except InconsistencyError as error:
            return json_answer({"error": str(error)}, 422)

    return guarded


def _for_programs(desk: Desk, pages: Pages) -> dict[str, Answer]:
    """What is asked by script: of the page, or somebody's own."""

    async def check(request: Request) -> Response:
        return json_answer((await desk.check(await read_fields(request, desk.max_body))).to_dict())

    async def check_for_page(request: Request) -> Response:
        return pages.answer(await desk.check(await read_fields(request, desk.max_body)))

    async def article(request: Request) -> Response:
        name = request.query_params.get("name") or "file"
        found = await desk.read(name, await read_body(request, MAX_FILE, "file"))
        return json_answer({"text": found.text, "headline": found.headline})

    async def answered(request: Request) -> Response:
        desk.keep(parsed_json(await read_body(request, MARKUP * desk.max_body, "report")))
        return json_answer({"kept": True})

    return {"/check": check_for_page, "/api/check": check, "/api/article": article, "/api/feedback": answered}


def _health(desk: Desk) -> Answer:
    async def health(_: Request) -> Response:
        return json_answer({"status": "ok", "version": __version__, "busy": desk.checking.busy})

    return health
