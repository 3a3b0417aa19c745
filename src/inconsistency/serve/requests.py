"""A request -> its fields or its bytes; or a refusal, with the status and the reason that are answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BODY = 512 * 1024
"""Bytes of a request that are read; an article is about 5 KiB."""
MAX_FILE = 20 * 1024 * 1024
"""Bytes of a file that is opened or dropped; a Word file or a PDF holds pictures."""
MARKUP = 8
"""As many times the bytes of an article are read of a report, which holds it twice and its pairs."""
TIMEOUT = 120.0
"""Seconds that the check of one article may take."""
READ_TIMEOUT = 10.0
"""Seconds that a client may take to send its request."""


class RefusedError(Exception):
    """A request that is not done; a status and a reason are answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def require_same_origin(request: Request) -> None:
    """Refuse a request that this page did not send.

    Sec-Fetch-Site is the browser's own word, and holds behind a server that changes Host. Browsers leave it out
    for plain http, except to this computer's own names; then Origin must be the address that was asked. "null" is
    no origin of ours: any website can have it sent, by a sandboxed frame or a page without referrer.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    ours = origin == own if site is None else site == "same-origin" and origin != "null"
    if site is None and not origin:
        raise RefusedError(403, "It is not said who asks; a program says Sec-Fetch-Site: same-origin.")
    if not ours:
        raise RefusedError(403, "The form was sent from another website.")


async def read_body(request: Request, most: int, what: str = "article") -> bytes:
    """The body of a request.

    Raises:
        RefusedError: it has more bytes than `most`, or takes too long.
    """
    import asyncio

    body = bytearray()
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise RefusedError(413, f"The {what} is larger than {most // 1024:,} KiB.")
    except TimeoutError:
        raise RefusedError(408, f"The {what} took too long to arrive.") from None
    return bytes(body)


async def read_fields(request: Request, most: int) -> dict[str, str]:
    """The fields of a form, or of a JSON object of texts."""
    from inconsistency.nli.encodable import encodable

    body = await read_body(request, most)
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        found = parsed_json(body)
        if not all(isinstance(value, str) for value in found.values()):
            raise RefusedError(400, "The values of the JSON object must be texts.")
        if any(encodable(value) != value for value in found.values()):
            raise RefusedError(400, "The texts must be valid Unicode; there is half of a surrogate pair in one.")
        return found
    try:
        parsed = parse_qs(body.decode("utf-8"), max_num_fields=10, errors="strict")
    except ValueError:
        raise RefusedError(400, "The form could not be read as UTF-8 text.") from None
    return {name: values[0] for name, values in parsed.items()}


def parsed_json(body: bytes) -> dict[str, Any]:
    """The object that a body is."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "The request could not be read as JSON.") from None
    if not isinstance(found, dict):
        raise RefusedError(400, "The request must be a JSON object.")
    return found
