"""`inconsistency serve`: a page on this computer to paste an article into.

Starlette rather than FastAPI: there is one form and one answer, as a page and as JSON, so an OpenAPI page would be
weight without use. The form is read with the standard library.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

from inconsistency.addresses import greeting, listen, names
from inconsistency.arguments import add_detector_arguments, options_from
from inconsistency.errors import InconsistencyError, MissingExtraError
from inconsistency.exit_codes import ExitCode, add_exit_codes

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from inconsistency.report import Report

MAX_BODY = 512 * 1024
"""Bytes of a request that are read; an article is about 5 KiB."""
TIMEOUT = 120.0
"""Seconds that the check of one article may take."""
READ_TIMEOUT = 10.0
"""Seconds that a client may take to send its request."""
_STYLES = ("tokens.css", "form.css")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer", browsers send our own form with "Origin: null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Checker(Protocol):
    """What the page needs of a detector."""

    def check(self, text: str, *, headline: str | None = None) -> Report:
        """Check one article."""
        ...


class _RefusedError(Exception):
    """A request that is answered with the form, a status and a reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def create_app(
    detector: Checker,
    *,
    max_body: int = MAX_BODY,
    timeout: float = TIMEOUT,
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]"),
) -> Starlette:
    """The page as an ASGI application.

    Args:
        detector: checks the articles; one at a time, because a model already uses every core.
        max_body: bytes of a request that are accepted.
        timeout: seconds after which a check is given up, as far as the reader is concerned.
        hosts: names under which the page answers. Other names are refused, so that a website
            cannot reach the page through a name of its own that points to this computer. "*" stands
            for every name.

    Raises:
        MissingExtraError: starlette is not installed.
    """
    import asyncio  # here and below, since every command's parser imports this module

    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.routing import Route
    except ImportError as error:
        raise MissingExtraError("starlette", "serve", "the local page") from error

    turn = asyncio.Lock()

    async def form(_: Request) -> Response:
        return _form()

    async def check(request: Request) -> Response:
        fields: Mapping[str, str] = {}
        try:
            _require_same_origin(request)
            fields = await _fields(request, max_body)
            report = await _check(detector, fields, turn, timeout)
        except _RefusedError as refusal:
            return _form(refusal.status, refusal.reason, fields)
        except InconsistencyError as error:
            return _form(422, str(error), fields)
        return _report(report)

    async def check_for_programs(request: Request) -> Response:
        try:
            _require_same_origin(request)
            report = await _check(detector, await _fields(request, max_body), turn, timeout)
        except _RefusedError as refusal:
            return _json({"error": refusal.reason}, refusal.status)
        except InconsistencyError as error:
            return _json({"error": str(error)}, 422)
        return _json(report.to_dict())

    return Starlette(
        routes=[
            Route("/", form, methods=["GET"]),
            Route("/", check, methods=["POST"]),
            Route("/api/check", check_for_programs, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
    )


def _require_same_origin(request: Request) -> None:
    """Refuse a form that this page did not send.

    Sec-Fetch-Site is the browser's own word, and holds behind a server that changes Host. Browsers leave it out
    for plain http, except to this computer's own names; then Origin must be the address that was asked. "null" is
    no origin of ours: any website can have it sent, by a sandboxed frame or a page without referrer.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    ours = origin == own if site is None else site == "same-origin" and origin != "null"
    if not ours:
        raise _RefusedError(403, "The form was sent from another website.")


async def _fields(request: Request, max_body: int) -> dict[str, str]:
    import asyncio

    body = bytearray()
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_body:
                    raise _RefusedError(413, f"The article is larger than {max_body // 1024} KiB.")
    except TimeoutError:
        raise _RefusedError(408, "The article took too long to arrive.") from None
    try:
        parsed = parse_qs(body.decode("utf-8"), max_num_fields=10, errors="strict")
    except ValueError:
        raise _RefusedError(400, "The form could not be read as UTF-8 text.") from None
    return {name: values[0] for name, values in parsed.items()}


async def _check(
    detector: Checker, fields: Mapping[str, str], turn: asyncio.Lock, timeout: float
) -> Report:
    import asyncio

    text = fields.get("text", "").replace("\r\n", "\n")
    if "\n" not in text:
        # A detector says of a single line that it is the path of a file, if it is: strangers need not know.
        text += "\n"
    headline = fields.get("headline", "").strip() or None
    if not text.strip():
        raise _RefusedError(422, "Paste an article first.")
    if turn.locked():
        raise _RefusedError(503, "Another article is being checked. Try again in a moment.")
    await turn.acquire()
    task = asyncio.create_task(asyncio.to_thread(detector.check, text, headline=headline))
    # A thread cannot be stopped: the next article waits until it has really ended.
    task.add_done_callback(lambda _: turn.release())
    try:
        return await asyncio.wait_for(asyncio.shield(task), timeout)
    except TimeoutError:
        raise _RefusedError(503, f"The check took longer than {timeout:g} seconds.") from None


def _form(status: int = 200, error: str = "", fields: Mapping[str, str] | None = None) -> Response:
    from inconsistency.render.html import content_policy, joined, page

    fields = fields or {}
    values = {
        "error": error,
        "headline": fields.get("headline", ""),
        "text": fields.get("text", ""),
    }
    policy = content_policy(joined(_STYLES), "", form_action="'self'")
    return _respond(page("form.html", _STYLES, (), values), policy, status)


def _report(report: Report) -> Response:
    from inconsistency.render import html

    policy = html.content_policy(html.joined(html.REPORT_STYLES), html.joined(html.REPORT_SCRIPTS))
    return _respond(html.to_html(report, back=("/", "Check another article")), policy, 200)


def _json(data: Mapping[str, Any], status: int = 200) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse(data, status_code=status, headers=_HEADERS)


def _respond(html: str, policy: str, status: int) -> Response:
    from starlette.responses import HTMLResponse

    headers = {**_HEADERS, "Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}
    return HTMLResponse(html, status_code=status, headers=headers)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `inconsistency serve` to a parser."""
    add_exit_codes(parser, "stopped")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (127.0.0.1, this computer alone); 0.0.0.0 and :: open the page to everybody "
        "who can reach this computer, under any name",
    )
    parser.add_argument("--port", type=int, default=8765, help="port to listen on (8765); 0 for any free one")
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT, help="seconds a check may take (120)"
    )
    add_detector_arguments(parser)


def run(args: argparse.Namespace, load_detector: Callable[[], Checker] | None = None) -> int:
    """Serve the page until interrupted.

    Args:
        args: the options of `add_arguments`.
        load_detector: makes the detector; None for the one that the options ask for.

    Returns:
        The exit status.

    Raises:
        MissingExtraError: uvicorn is not installed.
        InputError: host or port cannot be listened on.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtraError("uvicorn", "serve", "the local page") from error

    # Before the model is loaded, which takes seconds, and before anybody is told to open the page.
    with listen(args.host, args.port) as listening:
        detector = load_detector() if load_detector else _detector(args)
        app = create_app(detector, timeout=args.timeout, hosts=names(args.host))
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, timeout_keep_alive=5, limit_concurrency=32,
            access_log=False,
        )  # fmt: skip
        sys.stderr.write(greeting(args.host, listening.getsockname()[1]))
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again when it has ended by it
            uvicorn.Server(config).run(sockets=[listening])
    return ExitCode.OK


def _detector(args: argparse.Namespace) -> Checker:
    options = options_from(args)
    from inconsistency.detector import Detector

    return Detector(**options.keywords())
