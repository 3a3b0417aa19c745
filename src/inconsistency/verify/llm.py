"""A language model as second reader, behind any server that speaks OpenAI's chat protocol."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from inconsistency.accepted import require_whole
from inconsistency.errors import InputError, LimitReachedError
from inconsistency.sentences import Sentence
from inconsistency.verify import prompt
from inconsistency.verify.answers import Answer, read_answer
from inconsistency.verify.cache import AnswerCache
from inconsistency.verify.deciding import Measured, check_same, load_measured
from inconsistency.verify.estimate import of_call, tokens
from inconsistency.verify.meter import Meter, Usage
from inconsistency.verify.server import CallFailedError, Reply, Server, make_client
from inconsistency.verify.verdict import Discovered, Findings, Pair, Suspects, Verdict
from inconsistency.verify.windows import Window, windows

logger = logging.getLogger(__name__)
WINDOW = 24_000  # characters of an article in one call: some 6,000 tokens, which local servers hold
ASKS = 2  # times that a pair is asked for before it is left without a verdict
NOT_IN_ANSWER = "the answer has no verdict on it"
UNREADABLE = "the answer could not be read"


@dataclass(slots=True)
class _Outcome:
    """What came of one window; `unread` is why there is no answer on the whole of it, "" where there is one."""

    verdicts: dict[Pair, Verdict] = field(default_factory=dict)
    others: dict[Pair, Verdict] = field(default_factory=dict)
    failure: str = NOT_IN_ANSWER
    unread: str = UNREADABLE


class LLMVerifier:
    """A language model that judges suspected pairs with the article at hand.

    One call an article: the numbered sentences, and the pairs by their numbers. A long article takes several. What
    it sends goes to the server alone; what comes back is checked by code (`inconsistency.verify.answers`).

    Args:
        model: the model's name at the server.
        base_url: the server, up to and with "/v1"; None for `OPENAI_BASE_URL`, or else OpenAI.
        api_key: a key; None for `OPENAI_API_KEY`. To a `base_url` given here goes no key unless one is given here.
        client: an `openai.OpenAI` (or `AzureOpenAI`) of yours instead of address, key, timeout and retries.
        timeout: seconds for one try of a call.
        retries: tries after a failed one, with growing pauses.
        concurrency: calls at a time.
        discover: whether the model may also name pairs that nobody suspects; every article is then asked about.
        window: characters of an article that are shown in one call.
        options: further parameters of a call, as the server names them; those that it refuses are left out, with a
            warning. None for `{"temperature": 0}`.
        cache: a file that keeps answers, so that no question is paid for twice; None for none.
        measured: a file of `inconsistency calibrate --verify`, by which promises are kept; None for no promise.
        meter: what counts calls and tokens and keeps limits; None for one of its own without limits.

    Raises:
        InputError: an option has a value that is not accepted.
        MissingExtraError: the extra `llm` is not installed.
        VerifierError: there is no key.
        CalibrationError: what was measured cannot be read, or was measured of another reader.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        client: Any = None,
        timeout: float = 120.0,
        retries: int = 2,
        concurrency: int = 4,
        discover: bool = True,
        window: int = WINDOW,
        options: Mapping[str, Any] | None = None,
        cache: str | Path | None = None,
        measured: str | Path | None = None,
        meter: Meter | None = None,
    ) -> None:
        if not isinstance(model, str) or not model.strip():
            raise InputError(f"model is {model!r}; accepted is the name of a model at the server")
        if client is not None and (base_url is not None or api_key is not None):
            raise InputError("client is given, and base_url or api_key as well; a client has its own")
        require_whole(1, concurrency=concurrency)
        require_whole(1000, window=window)
        require_whole(0, retries=retries)
        if not isinstance(timeout, int | float) or not timeout > 0:
            raise InputError(f"timeout is {timeout!r}; accepted are seconds above 0")
        self._made_with = {
            "base_url": base_url, "api_key": api_key, "client": client, "timeout": timeout, "retries": retries,
            "concurrency": concurrency, "discover": discover, "window": window, "options": options,
            "cache": _absolute(cache), "measured": _absolute(measured), "meter": meter,
        }  # fmt: skip
        self._model, self._discover, self._window = model, discover, window
        self._concurrency = concurrency
        if client is None:
            client = make_client(base_url, api_key, timeout, retries)
        self._server = Server(client, model, options)
        self._cache = None if cache is None else AnswerCache(cache)
        self._lock = threading.Lock()
        self._warned = False
        self._meter = meter or Meter()
        self.measured: Measured | None = None
        if measured is not None:
            found = load_measured(Path(measured))
            check_same("second reader's", found.reader, {"name": self.name, **self.settings()})
            self.measured = found

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model

    @property
    def usage(self) -> Usage:
        """What has been done and spent so far."""
        return self._meter.usage

    def settings(self) -> dict[str, Any]:
        """What decides the verdicts, as JSON-able values: model, server, prompt, options. Never the key."""
        return {
            "model": self._model,
            "server": self._server.address,
            "prompt": prompt.version(self._discover),
            "options": self._server.options,
            "discover": self._discover,
            "window": self._window,
        } | ({"measured": self.measured.told()} if self.measured else {})

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the arguments it was made with, the key included if it was given; counts begin anew."""
        return partial(type(self), self._model, **self._made_with), ()

    def verify(self, sentences: Sequence[Sentence], pairs: Sequence[Pair]) -> list[Verdict | None]:
        """Judge pairs of one article; see `inconsistency.Verifier`.

        Raises:
            VerifierError: no server answers, the key is refused, or the model is not known there.
        """
        return list(self.read([Suspects(sentences, pairs)])[0].verdicts)

    def read(self, articles: Sequence[Suspects]) -> list[Findings]:
        """Judge pairs of several articles, several calls at a time.

        Raises:
            VerifierError: as for `verify`.
            LimitReachedError: a limit of the meter; what was answered until then is in the cache, if there is one.
        """
        cut = [windows(a.sentences, a.pairs, self._window, self._discover) for a in articles]
        jobs = [(a.sentences, w) for a, parts in zip(articles, cut, strict=True) for w in parts]
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="verify")
        try:
            done = iter(list(pool.map(lambda job: self._judge(*job), jobs)))
        except LimitReachedError:
            # What is under way is paid for: its answer is waited for, and kept.
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            # What has not begun when one of them fails for good, or Ctrl-C comes, is not asked any more.
            pool.shutdown(wait=False, cancel_futures=True)
        return [_findings(a, [(w, next(done)) for w in parts]) for a, parts in zip(articles, cut, strict=True)]

    def _judge(self, sentences: Sequence[Sentence], window: Window) -> _Outcome:
        """Ask for the pairs of a window, and once more for those that the answer leaves out."""
        outcome = _Outcome()
        missing, discover = list(window.pairs), self._discover
        for _ in range(ASKS):
            try:
                answer = self._answer(sentences, Window(window.shown, missing), discover)
            except CallFailedError as error:
                self._meter.count(failed=1)
                self._warn(error)
                outcome.failure = error.reason
                outcome.unread = outcome.unread and error.reason
                break
            if answer.readable and discover == self._discover:
                outcome.unread = ""
            outcome.verdicts |= answer.verdicts
            outcome.others |= answer.others
            missing = [pair for pair in missing if pair not in outcome.verdicts]
            if not missing:
                break
            discover = False
        return outcome

    def _answer(self, sentences: Sequence[Sentence], window: Window, discover: bool) -> Answer:
        """An answer to one question, from the cache or the server.

        Raises:
            CallFailedError: there is none.
        """
        words = prompt.messages(sentences, window.shown, window.pairs, discover)
        form = prompt.schema(discover)
        # The server too, since a model's name means another model elsewhere.
        asked = prompt.fingerprint(words, form, self._model, self._server.address, self._server.options)
        known = self._cache.get(asked) if self._cache else None
        if known is not None:
            self._meter.count(cached=1)
            return self._accepted(known, sentences, window, discover)
        reply = self._ask(words, form, len(window.pairs))
        answer = self._accepted(reply.text, sentences, window, discover)
        if not answer.verdicts and reply.shortfall:
            raise CallFailedError(reply.shortfall, prompt.one_line(reply.text[:200]))
        # An answer of no use is no loss, and is asked for again by the next run.
        if self._cache and (answer.verdicts or (answer.readable and not window.pairs)):
            self._cache.put(asked, reply.text)
        return answer

    def _ask(self, words: list[dict[str, str]], form: dict[str, Any], pairs: int) -> Reply:
        """Put a question to the server, if the limits let it be put."""
        call = of_call(words, pairs)
        self._meter.begin(call)
        counts: dict[str, int] = {}
        try:
            reply = self._server.ask(words, form)
            written = reply.written or tokens(reply.text)
            counts = {"calls": 1, "read": reply.read or call.read, "written": written}
        finally:
            self._meter.end(call, **counts)
        return reply

    def _accepted(self, text: str, sentences: Sequence[Sentence], window: Window, discover: bool) -> Answer:
        """What is accepted of an answer, sentence numbers turned into positions."""
        shown = {sentences[k].number: k for k in window.shown}
        asked = {(sentences[a].number, sentences[b].number): (a, b) for a, b in window.pairs}
        answer = read_answer(text, asked, shown, discover)
        self._meter.count(refused=answer.refused)
        return answer

    def _warn(self, error: CallFailedError) -> None:
        """Warn of the first failed call; the others are counted."""
        with self._lock:
            first, self._warned = not self._warned, True
        if first:
            logger.warning(
                "the second reader gave no answer (%s: %s); such pairs keep the NLI model's probability and are "
                "marked unverified. Further failures are counted in silence.",
                error.reason,
                error.detail,
            )


def _absolute(path: str | Path | None) -> Path | None:
    """The same file for a worker that stands in another folder."""
    return None if path is None else Path(path).absolute()


def _findings(article: Suspects, done: Sequence[tuple[Window, _Outcome]]) -> Findings:
    """What all windows of an article have brought."""
    verdicts = {p: v for _, outcome in done for p, v in outcome.verdicts.items()}
    why = {pair: outcome.failure for window, outcome in done for pair in window.pairs}
    suspected = set(article.pairs)
    others: dict[Pair, Verdict] = {}
    for _, outcome in done:
        for pair, verdict in outcome.others.items():
            if pair not in suspected:
                others.setdefault(pair, verdict)
    return Findings(
        verdicts=tuple(verdicts.get(pair) for pair in article.pairs),
        failures=tuple("" if pair in verdicts else why[pair] for pair in article.pairs),
        discovered=tuple(Discovered(pair, verdict) for pair, verdict in others.items()),
        windows=sum(not outcome.unread for _, outcome in done),
        unread=tuple(outcome.unread for _, outcome in done if outcome.unread),
    )
