"""One question to a language model behind an OpenAI-compatible server, and what servers make of it.

The `openai` SDK does the talking: retries with growing pauses, timeouts, `Retry-After`. What is here are the
differences between servers: which parameters they refuse, where they put the answer, what their errors mean.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inconsistency.errors import InputError, MissingExtraError, VerifierError
from inconsistency.verify.prompt import one_line

if TYPE_CHECKING:
    import openai

logger = logging.getLogger(__name__)
LONGEST_MESSAGE = 300  # characters of a server's message that are passed on
FORMAT = "response_format"
DEFAULTS = {"temperature": 0}  # the same answer to the same question, as far as a server can
NO_ANSWER_FORM = "the server sent something else than an answer"
# Other words by which servers speak of a parameter they refuse.
ALSO = {FORMAT: ("json_schema", "json schema", "grammar", "structured output")}


class CallFailedError(Exception):
    """A call gave no answer, for a reason that stands in the report; `detail` is for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said.

    Attributes:
        text: its words; "" for none.
        shortfall: why an answer may be missing from them: cut off, refused; "" for no such reason.
        read: tokens of the prompt, as the server counts them; 0 where it does not.
        written: tokens of the answer.
    """

    text: str
    shortfall: str
    read: int
    written: int


class Server:
    """A model behind a server.

    Args:
        client: an `openai.OpenAI`, or what can stand for one.
        model: the model's name there.
        options: further parameters of a call; None for `DEFAULTS`.

    Raises:
        MissingExtraError: the SDK is not installed.
    """

    def __init__(self, client: Any, model: str, options: Mapping[str, Any] | None = None) -> None:
        self._sdk = _sdk()
        self.client, self.model = client, model
        self.options = dict(DEFAULTS if options is None else options)
        self._missed = set(options or ())  # what a user wants to hear of when it is left out
        self._key = str(getattr(client, "api_key", "") or "")
        self._unwanted: set[str] = set()
        self._reached = False
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where the server is, without user, password and query."""
        return address_of(str(getattr(self.client, "base_url", "")))

    def ask(self, messages: list[dict[str, str]], schema: dict[str, Any]) -> Reply:
        """Put one question.

        Raises:
            CallFailedError: there is no answer this time.
            VerifierError: there never was one, and none is to be expected: no server, a wrong key, no such model.
        """
        form = {"type": "json_schema", "json_schema": {"name": "verdicts", "strict": True, "schema": schema}}
        wanted = {FORMAT: form, **self.options}
        sent = {name: value for name, value in wanted.items() if name not in self._unwanted}
        while True:
            try:
                given = self.client.chat.completions.create(model=self.model, messages=messages, extra_body=sent)
            except (self._sdk.BadRequestError, self._sdk.UnprocessableEntityError) as error:
                less = _without_refused(sent, _words(error))
                if less is None:
                    raise CallFailedError("the server refused the request", self._told(error)) from error
                sent = less
                continue
            except self._sdk.APIError as error:
                raise self._failure(error) from error
            except ValueError as error:  # the SDK lets it through when a body is no JSON after all
                raise CallFailedError(NO_ANSWER_FORM, self._told(error)) from error
            self._settle(wanted, sent)
            return _reply(given)

    def _settle(self, wanted: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
        """Remember that the server answers, and what it would not take: only an answer proves either."""
        with self._lock:
            self._reached = True
            news = set(wanted) - set(sent) - self._unwanted
            self._unwanted |= news
        for name in sorted(news & self._missed):
            logger.warning("%s refuses the parameter %r; it is left out", self.address, name)

    def _failure(self, error: openai.APIError) -> Exception:
        """What an error means: nothing to be had here at all, or no answer this time."""
        sdk = self._sdk
        told = self._told(error)
        if isinstance(error, sdk.APITimeoutError):
            return CallFailedError("the server took too long", told)
        if isinstance(error, sdk.RateLimitError):
            return CallFailedError("the server's rate limit", told)
        if not self._reached and (hopeless := self._hopeless(error, told)):
            return VerifierError(hopeless)
        if isinstance(error, sdk.APIConnectionError):
            return CallFailedError("the connection broke", told)
        return CallFailedError("the server failed", told)

    def _hopeless(self, error: openai.APIError, told: str) -> str:
        """Why no call will ever be answered, and what to type instead; "" if the error does not say so."""
        from httpx2 import ConnectError  # of the SDK's own HTTP library

        if isinstance(error.__cause__, ConnectError):
            return (
                f"no server answers at {self.address} ({told}); start it, or give its address as base_url "
                "(--base-url), which mostly ends in /v1"
            )
        if isinstance(error, self._sdk.AuthenticationError | self._sdk.PermissionDeniedError):
            return (
                f"{self.address} refuses the key ({told}); set OPENAI_API_KEY, and OPENAI_BASE_URL beside it for "
                "a server of your own, or give api_key"
            )
        if isinstance(error, self._sdk.NotFoundError):
            return (
                f"{self.address} knows no such model or address ({told}); the model asked for is {self.model!r}, "
                "and base_url (--base-url) mostly ends in /v1"
            )
        return ""

    def _told(self, error: Exception) -> str:
        """A server's message, fit to be shown: without the key, on one line, not too long."""
        text = f"{_words(error)} {error.__cause__ or ''}"
        if len(self._key) > 4:
            text = text.replace(self._key, "***")
        return one_line(text)[:LONGEST_MESSAGE]


def _words(error: Exception) -> str:
    """All that a server says of an error. The SDK's own text leaves out what has not OpenAI's form."""
    body = getattr(error, "body", None)
    return f"{error} {json.dumps(body, ensure_ascii=False, default=str)}" if body else str(error)


def _sdk() -> Any:
    try:
        import openai
    except ImportError as error:
        raise MissingExtraError("openai", "llm", "A language model as second reader") from error
    return openai


def make_client(base_url: str | None, api_key: str | None, timeout: float, retries: int) -> openai.OpenAI:
    """A client that sends what the environment holds (key, organisation, headers) to no address but its own.

    Args:
        base_url: the server, up to and with "/v1"; None for `OPENAI_BASE_URL`, or else OpenAI.
        api_key: a key; None for `OPENAI_API_KEY`, but for none at all where a `base_url` is given.
        timeout: seconds for one try.
        retries: tries after a failed one.

    Raises:
        InputError: the address is none.
        MissingExtraError: the SDK is not installed.
        VerifierError: there is no key.
    """
    sdk = _sdk()
    if base_url is not None and not re.match(r"https?://[^/\s]", base_url):
        raise InputError(f"base_url is {base_url!r}; accepted is an address such as http://localhost:8080/v1")
    headers = None
    if base_url is not None or (os.environ.get("OPENAI_BASE_URL") and not os.environ.get("OPENAI_API_KEY")):
        # Servers at home want no key, but the SDK does not start without one.
        api_key = api_key or "none"
    if base_url is not None:
        headers = _without_environment(sdk) | {"Authorization": f"Bearer {api_key}"}
    try:
        made: openai.OpenAI = sdk.OpenAI(
            api_key=api_key, base_url=base_url, timeout=timeout, max_retries=retries, default_headers=headers
        )
    except sdk.OpenAIError as error:
        raise VerifierError(
            "no key for the language model: set OPENAI_API_KEY, or name a server of your own with base_url "
            "(--base-url http://localhost:11434/v1)"
        ) from error
    return made


def _without_environment(sdk: Any) -> dict[str, Any]:
    """Headers that the SDK would take from the environment, each marked as one to be left out."""
    custom = os.environ.get("OPENAI_CUSTOM_HEADERS", "")
    names = [line.split(":", 1)[0].strip() for line in custom.split("\n") if ":" in line]
    names = [name for name in names if name.lower() != "authorization"]
    return dict.fromkeys([*names, "OpenAI-Organization", "OpenAI-Project"], sdk.omit)


def address_of(url: str) -> str:
    """An address without user, password, query and final slash: it stands in reports."""
    return re.sub(r"(?<=://)[^/]*@", "", re.split(r"[?#]", url)[0]).rstrip("/")


def _without_refused(sent: Mapping[str, Any], message: str) -> dict[str, Any] | None:
    """The parameters without those that a refusal names, or else without the schema; None if that is gone too."""
    told = message.lower()
    words = {name: "|".join(map(re.escape, (name.lower(), *ALSO.get(name, ())))) for name in sent}
    named = {name for name, either in words.items() if re.search(rf"\b(?:{either})\b", told)}
    if not named and FORMAT not in sent:
        return None
    refused = named or {FORMAT}
    return {name: value for name, value in sent.items() if name not in refused}


def _reply(given: Any) -> Reply:
    """The words of an answer, wherever the server put them.

    Raises:
        CallFailedError: what came is no answer of this form.
    """
    choice = (getattr(given, "choices", None) or [None])[0]
    message = getattr(choice, "message", None)
    if message is None:
        told = one_line(str(given))[:LONGEST_MESSAGE]
        raise CallFailedError(NO_ANSWER_FORM, told)
    ending = getattr(choice, "finish_reason", None)
    cut = ending == "length"
    text = _text(message.content)
    if not text and not cut:
        # Servers that part thoughts from the answer put all of it there at times; a cut thought is no answer.
        text = _text(getattr(message, "reasoning_content", None)) or _text(getattr(message, "reasoning", None))
    refused = bool(getattr(message, "refusal", None)) or ending == "content_filter"
    shortfall = "the model refused to answer" if refused else "the answer was cut off" if cut else ""
    usage = getattr(given, "usage", None)
    tokens = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    read, written = (n if isinstance(n, int) else 0 for n in tokens)
    return Reply(text, shortfall, read, written)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else ""
