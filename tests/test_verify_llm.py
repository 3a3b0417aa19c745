"""A language model as second reader: the real SDK against a real server over HTTP, quirk by quirk."""

from __future__ import annotations

import json
import logging
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from inconsistency import InputError, MissingExtraError, VerifierError
from inconsistency.sentences import Sentence, from_texts
from inconsistency.verify import LLMVerifier, Measured, Suspects, Verdict, Verifier
from inconsistency.verify.cache import AnswerCache
from inconsistency.verify.deciding import save_measured
from inconsistency.verify.server import address_of
from injections import INJECTIONS
from openai_server import Call, Play, Served, answer, entry, fails, free_port, in_turn, says, serve

pytest.importorskip("openai", reason="the extra llm is not installed")

ARTICLE = from_texts(["14 people were hurt.", "41 people were hurt.", "The mill is open.", "The mill is shut."], False)
PAIRS = [(0, 1), (2, 3)]
SURE = Verdict("contradiction", 0.9, "Both cannot be.")
ELSE = "the server sent something else than an answer"


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """One server for all tests of the file."""
    with serve() as served:
        yield served


@pytest.fixture
def server(running: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The server, as if new, and an environment that says nothing of any."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_CUSTOM_HEADERS", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    running.play = lambda call: says(answer(call))
    running.calls, running.most = [], 0
    return running


def verifier(server: Served, **options: Any) -> LLMVerifier:
    """A second reader at the server that does not try again."""
    return LLMVerifier("tiny", base_url=server.url, **{"retries": 0, **options})


def test_a_good_answer(server: Served) -> None:
    """One call carries the article and the numbers of the pairs; the verdicts come back in their order."""
    reader = verifier(server)

    assert isinstance(reader, Verifier)
    assert reader.verify(ARTICLE, PAIRS) == [SURE, SURE]
    (call,) = server.calls
    assert call.pairs == [(1, 2), (3, 4)]
    assert call.body["model"] == "tiny"
    assert call.body["temperature"] == 0
    assert call.body["response_format"]["json_schema"]["strict"] is True
    assert (reader.usage.calls, reader.usage.read, reader.usage.written) == (1, 100, 20)


def test_no_suspects_no_call(server: Served) -> None:
    """An article in which nothing is suspected costs nothing where the model names no pairs of its own."""
    assert verifier(server, discover=False).verify(ARTICLE, []) == []
    assert server.calls == []


@pytest.mark.parametrize(
    "play",
    [
        lambda call: says(f"Sure!\n```json\n{answer(call)}\n```"),
        lambda call: says(f"<think>{answer(call, verdict='compatible')}</think>\n{answer(call)}"),
        lambda call: says("", reasoning_content=f"Let me see. {answer(call)}"),
        lambda call: says(None, reasoning=answer(call)),
        lambda call: says(answer(call), reasoning_content=answer(call, verdict="compatible")),
        lambda call: says(answer(call), finish_reason="length"),
        lambda call: says(answer(call)) | {"usage": None},
    ],
    ids=["fenced", "think", "reasoning_content", "reasoning", "both", "just not cut", "no usage"],
)
def test_where_servers_put_the_answer(server: Served, play: Play) -> None:
    """Code fences, thoughts, and an answer that stands among the thoughts are all read."""
    server.play = play

    assert verifier(server).verify(ARTICLE, PAIRS) == [SURE, SURE]


def refusing(*names: str, status: int = 400, wording: str = "Unsupported parameter: '{}'") -> Play:
    """A server that refuses parameters."""

    def play(call: Call) -> Any:
        found = [name for name in names if name in call.body]
        return fails(status, wording.format(found[0])) if found else says(answer(call))

    return play


def refusing_by_detail(name: str) -> Play:
    """A server that tells why in words of its own form (FastAPI's)."""
    refusal = JSONResponse({"detail": f"Unexpected fields in the request: {{'{name}'}}"}, 422)
    return lambda call: refusal if name in call.body else says(answer(call))


def refusing_by_param(name: str) -> Play:
    """A server whose message does not name the parameter, only a field beside it does."""
    return lambda call: fails(400, "Invalid value", param=name) if name in call.body else says(answer(call))


@pytest.mark.parametrize(
    ("play", "sent"),
    [
        (refusing("response_format"), {"temperature"}),
        (refusing("response_format", wording="failed to parse grammar"), {"temperature"}),
        (refusing("response_format", wording="bad request"), {"temperature"}),
        (refusing("response_format", status=422, wording="Unsupported fields: {{'{}'}}"), {"temperature"}),
        (refusing("temperature"), {"response_format"}),
        (refusing_by_detail("temperature"), {"response_format"}),
        (refusing_by_param("temperature"), {"response_format"}),
        (refusing("temperature", "response_format"), set()),
    ],
    ids=["response_format", "grammar", "unnamed", "422", "temperature", "detail", "param", "both"],
)
def test_a_refused_parameter_is_left_out(server: Served, play: Play, sent: set[str]) -> None:
    """A parameter that a server refuses is dropped, the schema first where none is named, and not sent again."""
    server.play = play
    reader = verifier(server)

    assert reader.verify(ARTICLE, PAIRS) == [SURE, SURE]
    before = len(server.calls)
    assert reader.verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert len(server.calls) == before + 1
    assert server.calls[-1].body.keys() - {"model", "messages"} == sent


def test_a_dropped_option_is_warned_of(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    """An option that the user set is not left out in silence."""
    server.play = refusing("seed")

    with caplog.at_level(logging.WARNING):
        verifier(server, options={"seed": 1}).verify(ARTICLE, PAIRS)
    assert [r.getMessage() for r in caplog.records] == [f"{server.url} refuses the parameter 'seed'; it is left out"]


def test_a_default_is_left_out_without_a_word(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    """A parameter that the user did not set is no news when a server refuses it."""
    server.play = refusing("temperature", "response_format")

    assert verifier(server).verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert caplog.records == []


def test_a_refusal_for_another_reason_forgets_nothing(server: Served) -> None:
    """An article that is too long for the server does not cost the next one its schema."""
    server.play = lambda call: fails(400, "maximum context length is 100 tokens")
    reader = verifier(server)
    assert reader.verify(ARTICLE, PAIRS) == [None, None]

    server.play = lambda call: says(answer(call))
    assert reader.verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert "response_format" in server.calls[-1].body


@pytest.mark.parametrize(
    ("play", "why"),
    [
        (lambda call: fails(500, "out of memory"), "the server failed"),
        (lambda call: fails(429, "slow down"), "the server's rate limit"),
        (lambda call: fails(400, "context too long"), "the server refused the request"),
        (lambda call: PlainTextResponse("<html>proxy</html>"), ELSE),
        (lambda call: Response('{"choices": [', media_type="application/json"), ELSE),
        (lambda call: Response("{}", headers={"content-length": "9"}), "the connection broke"),
        (lambda call: {"error": {"message": "upstream"}}, ELSE),
        (lambda call: says(answer(call)) | {"choices": []}, ELSE),
        (lambda call: says(None, refusal="I cannot."), "the model refused to answer"),
        (lambda call: says("", finish_reason="content_filter"), "the model refused to answer"),
        (lambda call: says(answer(call)[:60], finish_reason="length"), "the answer was cut off"),
        (lambda call: says("", "length", reasoning_content=answer(call)), "the answer was cut off"),
        (lambda call: says("I find no contradiction."), "the answer has no verdict on it"),
        (lambda call: says(""), "the answer has no verdict on it"),
        (lambda call: says('{"pairs": []}'), "the answer has no verdict on it"),
    ],
)
def test_no_answer_is_no_verdict(server: Served, play: Play, why: str) -> None:
    """Whatever fails, the pairs stay without a verdict, with the reason beside them."""
    server.play = play
    reader = verifier(server)
    (findings,) = reader.read([Suspects(ARTICLE, PAIRS)])

    assert findings.verdicts == (None, None)
    assert findings.failures == (why, why)


def test_what_an_answer_leaves_out_is_asked_for_once_more(server: Served) -> None:
    """Only the missing pairs are asked again, once; what is still missing then says so."""
    server.play = lambda call: says(json.dumps({"pairs": [entry(call.pairs[0])] if len(call.pairs) > 1 else []}))
    (findings,) = verifier(server).read([Suspects(ARTICLE, PAIRS)])

    assert findings.verdicts == (SURE, None)
    assert findings.failures == ("", "the answer has no verdict on it")
    assert [call.pairs for call in server.calls] == [[(1, 2), (3, 4)], [(3, 4)]]


def test_whole_entries_of_an_answer_that_was_cut_off_count(server: Served) -> None:
    """What an answer holds before it is cut off is not asked for, nor paid for, again; drafts in thoughts are not taken."""
    server.play = lambda call: says(answer(call)[: -40 if len(call.pairs) > 1 else None], finish_reason="length")
    assert verifier(server).verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert [call.pairs for call in server.calls] == [[(1, 2), (3, 4)], [(3, 4)]]

    server.play = lambda call: says(f"<think>{answer(call)[:-40]}", finish_reason="length")
    assert verifier(server).verify(ARTICLE, PAIRS) == [None, None]


def test_failures_are_tried_again_and_warned_of_once(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    """A failed call is tried again after a pause; what fails for good is counted, and warned of once."""
    server.play = in_turn(lambda call: fails(503, "starting"), lambda call: says(answer(call)))
    reader = verifier(server, retries=1)
    assert reader.verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert len(server.calls) == 2

    server.play = lambda call: fails(500, "out of memory", {"retry-after-ms": "1"})
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert reader.verify(ARTICLE, PAIRS) == [None, None]
    assert reader.usage.failed == 3
    assert len(caplog.records) == 1
    assert "out of memory" in caplog.records[0].getMessage()


def test_a_rate_limit_says_when_to_come_back(server: Served) -> None:
    """The pause that a server asks for is kept."""
    server.play = in_turn(lambda call: fails(429, "slow", {"retry-after": "1"}), lambda call: says(answer(call)))
    begun = time.monotonic()

    assert verifier(server, retries=1).verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert time.monotonic() - begun >= 1


def test_a_timeout(server: Served) -> None:
    """A server that does not answer in time leaves the pairs without a verdict."""
    release = threading.Event()
    server.play = lambda call: release.wait(30) and says(answer(call))
    try:
        (findings,) = verifier(server, timeout=0.3).read([Suspects(ARTICLE, PAIRS)])
    finally:
        release.set()

    assert findings.failures == ("the server took too long",) * 2


def test_no_server_fails_at_once(server: Served) -> None:
    """Where nothing listens, the first article says so, with what to do."""
    url = f"http://127.0.0.1:{free_port()}/v1"

    with pytest.raises(VerifierError, match=f"no server answers at {url} .*start it, or give its address"):
        LLMVerifier("tiny", base_url=url, retries=0).verify(ARTICLE, PAIRS)


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "refuses the key .*set OPENAI_API_KEY"), (403, "refuses the key"), (404, "knows no such model .*'tiny'")],
)
def test_a_wrong_key_or_model_fails_at_once(server: Served, status: int, said: str) -> None:
    """What no second try will mend ends the run at its first call."""
    server.play = lambda call: fails(status, "no")

    with pytest.raises(VerifierError, match=said):
        verifier(server).verify(ARTICLE, PAIRS)


def test_a_server_that_has_answered_is_not_given_up(server: Served) -> None:
    """Once a call was answered, a refusal in the middle of a run is counted and not raised."""
    reader = verifier(server)
    reader.verify(ARTICLE, PAIRS)
    server.play = lambda call: fails(401, "expired")

    assert reader.verify(ARTICLE, PAIRS) == [None, None]


def test_a_message_does_not_show_the_key(server: Served) -> None:
    """A server that sends the key back in its error does not bring it onto the screen."""
    server.play = lambda call: fails(401, f"wrong: {call.headers['authorization']}")

    with pytest.raises(VerifierError) as refusal:
        verifier(server, api_key="secret-key").verify(ARTICLE, PAIRS)
    assert "wrong: Bearer ***" in str(refusal.value)
    assert "secret-key" not in str(refusal.value)


SECRETS = ("authorization", "openai-organization", "openai-project", "x-own")


def secrets(call: Call) -> dict[str, str]:
    """The headers of a request that nobody should get by mistake."""
    return {name: call.headers[name] for name in SECRETS if name in call.headers}


@pytest.fixture
def full_environment(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with everything that the SDK reads."""
    for name, value in {
        "OPENAI_API_KEY": "from-environment",
        "OPENAI_ADMIN_KEY": "from-environment",
        "OPENAI_ORG_ID": "org",
        "OPENAI_PROJECT_ID": "project",
        "OPENAI_CUSTOM_HEADERS": "X-Own: from-environment\nAuthorization: Bearer from-environment",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("full_environment")
def test_no_key_goes_to_a_given_address(server: Served) -> None:
    """An address that is given gets nothing of the environment, and no key unless one is given with it."""
    verifier(server).verify(ARTICLE, PAIRS)
    verifier(server, api_key="given").verify(ARTICLE, PAIRS)

    assert [secrets(call) for call in server.calls] == [
        {"authorization": "Bearer none"},
        {"authorization": "Bearer given"},
    ]


@pytest.mark.usefixtures("full_environment")
def test_the_environment_is_a_whole(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and key of the environment belong together, as everybody expects."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.delenv("OPENAI_CUSTOM_HEADERS")
    LLMVerifier("tiny", retries=0).verify(ARTICLE, PAIRS)

    assert secrets(server.calls[0])["authorization"] == "Bearer from-environment"


def test_an_address_in_the_environment_needs_no_key(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server at home that is named by the environment alone is asked without a key."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)

    assert LLMVerifier("tiny", retries=0).verify(ARTICLE, PAIRS) == [SURE, SURE]


def test_without_key_and_address_it_fails_at_once(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no address is said before any article is read."""
    monkeypatch.delenv("OPENAI_ADMIN_KEY", raising=False)

    with pytest.raises(VerifierError, match="set OPENAI_API_KEY, or name a server of your own"):
        LLMVerifier("tiny")


def test_a_client_of_ones_own(server: Served) -> None:
    """Whoever has a client hands it over; it is used as it is."""
    import openai

    client = openai.OpenAI(base_url=server.url, api_key="mine", max_retries=0)

    assert LLMVerifier("tiny", client=client).verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert secrets(server.calls[0]) == {"authorization": "Bearer mine"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": " "}, "model is ' '"),
        ({"base_url": "localhost:8080"}, "base_url is 'localhost:8080'; accepted is an address such as"),
        ({"base_url": "http://x", "client": object()}, "client is given, and base_url"),
        ({"base_url": "http://x", "concurrency": 0}, "concurrency is 0; accepted are whole numbers from 1"),
        ({"base_url": "http://x", "window": 10}, "window is 10; accepted are whole numbers from 1000"),
        ({"base_url": "http://x", "retries": -1}, "retries is -1"),
        ({"base_url": "http://x", "timeout": 0}, "timeout is 0; accepted are seconds above 0"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], said: str) -> None:
    """An option that is not accepted is refused, with its value and what is accepted."""
    with pytest.raises(InputError) as refusal:
        LLMVerifier(**{"model": "tiny", **options})

    assert said in str(refusal.value)


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SDK, the error says which command installs it."""
    monkeypatch.setitem(sys.modules, "openai", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'inconsistency\[llm\]'"):
        LLMVerifier("tiny", base_url="http://localhost:1/v1")


def test_the_sdk_is_loaded_on_first_use_only() -> None:
    """Who asks no language model loads no client for one."""
    code = "import sys, inconsistency.detector, inconsistency.verify; print('openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_several_articles_at_a_time(server: Served) -> None:
    """Articles are asked about side by side, as many as allowed, and answered in their order."""
    server.play = lambda call: time.sleep(0.1) or says(answer(call, reason=call.question.split("\n")[1]))
    articles = [Suspects(from_texts([f"Mill {k}.", "No mill."], False), [(0, 1)]) for k in range(6)]
    found = verifier(server, concurrency=2).read(articles)

    assert [f.verdicts[0].reason for f in found if f.verdicts[0]] == [f"> 1: Mill {k}." for k in range(6)]
    assert server.most == 2


def long_article(count: int = 200) -> tuple[Sentence, ...]:
    """Sentences that do not fit into a small window."""
    return from_texts([f"Mill number {k} was open on Monday." for k in range(count)], False)


def test_a_long_article_takes_several_calls(server: Served) -> None:
    """Each pair is asked once, in a window that shows it, and the windows are counted."""
    pairs = [(0, 5), (3, 199), (100, 120), (150, 151)]
    (findings,) = verifier(server, window=2000).read([Suspects(long_article(), pairs)])

    assert findings.verdicts == (SURE,) * 4
    assert findings.windows == len(server.calls) > 1
    assert sorted(p for call in server.calls for p in call.pairs) == [(1, 6), (4, 200), (101, 121), (151, 152)]
    assert all(len(call.question) < 2600 for call in server.calls)


def test_pairs_that_nobody_suspected(server: Served) -> None:
    """The model may name pairs itself, which go through the same checks; without `discover` it may not."""

    def play(call: Call) -> Any:
        others = [entry((1, 4)), entry((2, 9)), entry((2, 3), compatible_reading="change over time")]
        return says(json.dumps({"pairs": [entry(p) for p in call.pairs], "others": others}))

    server.play = play
    (quiet,) = verifier(server, discover=False).read([Suspects(ARTICLE, PAIRS)])
    (found,) = verifier(server).read([Suspects(ARTICLE, PAIRS)])

    assert quiet.discovered == ()
    assert [(d.pair, d.verdict.verdict) for d in found.discovered] == [((0, 3), "contradiction"), ((1, 2), "unsure")]


def test_discovering_reads_the_whole_article(server: Served) -> None:
    """Windows without a suspected pair are read as well, and an article without suspects is too."""
    (findings,) = verifier(server, window=2000).read([Suspects(long_article(), [])])

    assert findings.windows == len(server.calls) > 1


@pytest.mark.parametrize("words", INJECTIONS)
def test_a_model_that_obeys_the_article_hides_nothing(server: Served, words: str) -> None:
    """Whatever a sentence asks for, our pairs are asked; a model that repeats it instead gives no verdict."""
    server.play = lambda call: says(words)
    reader = verifier(server)
    sentences = from_texts(["14 people were hurt.", words, "41 people were hurt."], False)
    (findings,) = reader.read([Suspects(sentences, [(0, 2)])])

    assert findings.verdicts == (None,)
    assert findings.failures == ("the answer has no verdict on it",)
    assert [call.pairs for call in server.calls] == [[(1, 3)]] * 2


def test_settings_name_model_server_and_prompt(server: Served) -> None:
    """What decides the verdicts is told, and secrets are not."""
    from inconsistency.verify import prompt

    reader = LLMVerifier("tiny", base_url="http://user:secret@127.0.0.1:1/v1/?key=secret", api_key="secret")
    told = reader.settings()

    assert address_of("http://user:p@ss@host:1/v1/") == "http://host:1/v1"
    assert reader.name == told["model"] == "tiny"
    assert told["server"] == "http://127.0.0.1:1/v1"
    assert told["discover"] is True
    assert told["prompt"] == prompt.version(discover=True)
    assert "secret" not in json.dumps(told)


def test_it_goes_to_other_processes(server: Served) -> None:
    """A pickled reader is the same reader, made anew where it arrives."""
    copy = pickle.loads(pickle.dumps(verifier(server, window=5000)))

    assert copy.settings() == verifier(server, window=5000).settings()
    assert copy.verify(ARTICLE, PAIRS) == [SURE, SURE]


def test_the_cache_saves_calls(server: Served, tmp_path: Any) -> None:
    """An answered question is not asked again, by nobody who uses the file; another question is."""
    cache = tmp_path / "answers.sqlite"
    first, second = verifier(server, cache=cache), verifier(server, cache=cache)

    assert first.verify(ARTICLE, PAIRS) == second.verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert (len(server.calls), second.usage.cached, second.usage.calls) == (1, 1, 0)
    for changed in ({"options": {"temperature": 1}}, {"discover": False}):
        verifier(server, cache=cache, **changed).verify(ARTICLE, PAIRS)
    LLMVerifier("other", base_url=server.url, cache=cache).verify(ARTICLE, PAIRS)
    assert len(server.calls) == 4


def test_answers_of_no_use_are_not_kept(server: Served, tmp_path: Any) -> None:
    """What was missing is asked for again by the next run, and only that."""
    cache = tmp_path / "answers.sqlite"
    server.play = lambda call: says(json.dumps({"pairs": [entry((1, 2))] if (1, 2) in call.pairs else []}))
    assert verifier(server, cache=cache).verify(ARTICLE, PAIRS) == [SURE, None]

    server.play, server.calls = (lambda call: says(answer(call))), []
    assert verifier(server, cache=cache).verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert [call.pairs for call in server.calls] == [[(3, 4)]]


def test_an_unreadable_answer_about_no_pair_is_not_kept(server: Served, tmp_path: Any) -> None:
    """Where nothing is suspected, too, an answer is kept only if it could be read, be it an empty one."""
    cache = tmp_path / "answers.sqlite"
    for words, calls in (("Nothing to see.", 1), ('{"pairs": [], "others": []}', 1), ("Nothing to see.", 0)):
        server.play, server.calls = (lambda call, words=words: says(words)), []
        verifier(server, cache=cache).read([Suspects(ARTICLE, [])])
        assert len(server.calls) == calls


def test_its_files_are_the_same_in_another_folder(server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that is pickled with relative paths uses the same files where a worker stands in another folder."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    plain = verifier(server)
    told = {"name": plain.name, **plain.settings()}
    save_measured(Measured(told, {}, 100, ()), Path("measured.json"))
    sent = pickle.dumps(verifier(server, cache="answers.sqlite", measured="measured.json"))

    monkeypatch.chdir(tmp_path / "there")
    arrived = pickle.loads(sent)
    assert arrived.verify(ARTICLE, PAIRS) == [SURE, SURE]
    assert arrived.measured
    assert list(Path().iterdir()) == []
    assert AnswerCache(tmp_path / "here" / "answers.sqlite").path.stat().st_size > 0


@pytest.mark.parametrize(
    ("play", "why"),
    [
        (lambda call: fails(500, "out of memory"), "the server failed"),
        (lambda call: says("Nothing to see."), "the answer could not be read"),
    ],
)
def test_a_part_that_nobody_has_read_is_counted(server: Served, play: Play, why: str) -> None:
    """A part of an article on which there is no answer is counted with the reason, with suspected pairs or without."""
    server.play = lambda call: says(answer(call)) if call.pairs else play(call)
    (long,) = verifier(server, window=2000).read([Suspects(long_article(), [(0, 1)])])
    (calm,) = verifier(server).read([Suspects(ARTICLE, [])])

    assert (long.windows, long.verdicts, set(long.unread)) == (1, (SURE,), {why})
    assert len(long.unread) > 1
    assert (calm.windows, calm.unread) == (0, (why,))
    server.play = play
    (suspected,) = verifier(server).read([Suspects(ARTICLE, PAIRS)])
    assert (suspected.windows, suspected.unread) == (0, (why,))


def test_pairs_that_are_answered_later_do_not_make_a_part_read(server: Served) -> None:
    """The second time only pairs are asked for, so that nobody has looked for others where the first answer was none."""
    server.play = in_turn(lambda call: says("Hm."), lambda call: says(answer(call)))
    (findings,) = verifier(server).read([Suspects(ARTICLE, PAIRS)])
    server.play = in_turn(lambda call: says("Hm."), lambda call: says(answer(call)))
    (quiet,) = verifier(server, discover=False).read([Suspects(ARTICLE, PAIRS)])

    assert findings.verdicts == quiet.verdicts == (SURE, SURE)
    assert (findings.windows, findings.unread) == (0, ("the answer could not be read",))
    assert (quiet.windows, quiet.unread) == (1, ())
