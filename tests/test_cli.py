"""The command line: exit codes, messages and JSON, through its real path with a tiny model."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

import inconsistency
from inconsistency import InputError, Report
from inconsistency.arguments import options_from
from inconsistency.cli import SHELLS, main, parser
from inconsistency.decision import PRESETS
from inconsistency.exit_codes import ExitCode
from inconsistency.nli.loading import BACKENDS
from inconsistency.options import BackendName, DetectorOptions, PresetName

TEXT = "The mill was closed on Monday.\n\nThe mill was open on Monday. 14 people was found.\n"


@pytest.fixture
def model(tiny_model: Callable[[str], Path]) -> list[str]:
    """Arguments that take the tiny model."""
    return ["--model", str(tiny_model("contradiction first")), "--backend", "onnx"]


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """A readable article."""
    path = tmp_path / "article.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run a new Python that finds the package where this one does."""
    source = str(Path(inconsistency.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": source, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, env=environment, **options)  # type: ignore[call-overload,no-any-return]


def failure(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """What a failing call says: one line on stderr, nothing on stdout, exit status 2."""
    status = main(arguments)
    shown = capsys.readouterr()

    assert status == 2
    assert shown.out == ""
    assert shown.err.startswith("inconsistency: ")
    assert shown.err.count("\n") == 1
    return shown.err


def test_exit_status_tells_whether_something_is_flagged(
    article: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """0 when nothing is flagged, 1 when something is."""
    assert main(["check", str(article), *model, "--threshold", "1"]) == 0
    assert main(["check", str(article), *model, "--threshold", "0"]) == 1
    assert "The mill was closed on Monday." in capsys.readouterr().out


def test_json_is_the_report_and_nothing_else(
    article: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--json` prints one JSON document that reads back as the report."""
    main(["check", str(article), *model, "--threshold", "0", "--json", "--headline", "A closed mill"])
    report = Report.from_dict(json.loads(capsys.readouterr().out))

    assert report.text == TEXT
    assert report.headline == "A closed mill"
    assert report.threshold == 0
    assert report.flagged


@pytest.mark.parametrize("form", ["--markdown", "--html"])
def test_other_forms(
    article: Path, model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """The report comes as Markdown, or as an HTML file beside the terminal report."""
    page = tmp_path / "report.html"
    options = ["--markdown"] if form == "--markdown" else ["--html", str(page)]

    assert main(["check", str(article), *model, "--threshold", "0", *options]) == 1
    shown = page.read_text(encoding="utf-8") if form == "--html" else capsys.readouterr().out
    assert "The mill was" in shown


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ": the article is empty"),
        (b" \r\n\t ", ": the article is empty"),
        (b"\xef\xbb\xbf", ": the article is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a binary file, not text; accepted are text, HTML, Word (.docx) and PDF"),
        ("Caf\u00e9 owners said the caf\u00e9 closed.".encode("cp1252"), "is not UTF-8 text (byte 3)"),
        (b"\xff\xfea", "is damaged UTF-16 text"),
    ],
    ids=["empty", "white space", "only a byte order mark", "binary", "wrong encoding", "half a character"],
)
def test_unreadable_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    """A file that holds no article is named with the reason, before any model is loaded."""
    path = tmp_path / "article.txt"
    path.write_bytes(content)

    said = failure(capsys, ["check", str(path)])
    assert str(path) in said
    assert message in said


@pytest.mark.parametrize("name", ["news.jsonl", "news.csv", "news.CSV.gz", "news.parquet"])
def test_a_table_is_no_article(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A table of articles is not read as one article: the message names the command that takes tables."""
    path = tmp_path / name
    path.write_text('{"text": "The mill is open."}\n')

    assert "is a table of articles; `inconsistency score` takes tables" in failure(capsys, ["check", str(path)])


def test_unreadable_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder and a missing file are named; a mistyped path is never read as text."""
    assert "is a folder; `inconsistency score` takes folders" in failure(capsys, ["check", str(tmp_path)])
    assert "No such file" in failure(capsys, ["check", str(tmp_path / "none.txt")])
    assert "cannot read" in failure(capsys, ["check", "x" * 300])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_text(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    """UTF-8 with a byte order mark, and UTF-16 with one, are read like plain UTF-8."""
    path = tmp_path / "article.txt"
    path.write_bytes(TEXT.encode(encoding))
    main(["check", str(path), *model, "--json"])

    assert json.loads(capsys.readouterr().out)["text"] == TEXT


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "-1"], "threshold is -1.0; accepted are numbers from 0 to 1"),
        (["--threshold", "80"], "(80 % is 0.8)"),
        (["--model", "strict"], "no model 'strict'; it is a value of false_flags"),
        (["--false-flags", "harsh"], "accepted are strict, default, broad or a number"),
        (["--false-flags", ""], "false_flags is ''; accepted are strict, default, broad or a number above 0"),
        (["--false-flags", "0"], "accepted are strict, default, broad or a number above 0"),
        (["--backend", "jax"], "accepted are auto, onnx, torch"),
        (["--model", "./none"], "no model folder './none'"),
        (["--model", "x" * 300], "cannot read the model folder"),
        (["--calibration", "none.json"], "no calibration file none.json"),
        (["--threads", "-1"], "threads is -1; accepted are None and whole numbers from 1"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_wrong_options(
    article: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    """A wrong option is one line that says what is accepted."""
    assert message in failure(capsys, ["check", str(article), *options])


def test_a_page_on_standard_output(
    article: Path, model: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--html -` prints the page and nothing else, and writes no file of that name."""
    monkeypatch.chdir(tmp_path)

    assert main(["check", str(article), *model, "--threshold", "0", "--html", "-"]) == 1
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert not Path("-").exists()
    for form in ("--json", "--markdown"):
        assert "--html -" in failure(capsys, ["check", str(article), form, "--html", "-"])


def test_a_printed_page_is_utf_8(tmp_path: Path) -> None:
    """The page says of itself that it is UTF-8, and so it is where standard output is not."""
    path = tmp_path / "article.txt"
    path.write_text("Škoda opened a café. It rained.", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "inconsistency", "check", str(path), "--html", "-"],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )

    assert "Škoda opened a café." in done.stdout.decode("utf-8")


def test_a_calibration_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A calibration is written beside other files, so standard output is refused for it."""
    said = failure(capsys, ["calibrate", "--clean", "a", "--labelled", "b", "-o", "-"])

    assert "--output is -; accepted is the name of a file" in said


def test_report_that_cannot_be_written(
    article: Path, model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An HTML path that cannot be written is an error of usage."""
    assert "cannot write" in failure(capsys, ["check", str(article), *model, "--html", str(tmp_path / "a" / "b")])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check"],
        ["frobnicate"],
        ["check", "a", "--threshold", "x"],
        ["check", "a", "--json", "--markdown"],
    ],
    ids=str,
)
def test_bad_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Usage that cannot be parsed exits with 2 and says why in one line, with the command that lists the options."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert re.fullmatch(r"(inconsistency(?: check)?): .+; `\1 --help` lists what is accepted\n", said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["check", "a", "--threshold", "50%"], "--threshold: '50%' is no number, such as 0.5"),
        (["check", "a", "--top", "all"], "--top: 'all' is no whole number"),
        (["serve", "--port", "http"], "--port: 'http' is no whole number"),
        (["completion"], "required: {bash,zsh,fish,tcsh}"),
    ],
    ids=str,
)
def test_bad_values(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A value that is no number, or is missing, is told in plain words, with what is accepted."""
    with pytest.raises(SystemExit, match="2"):
        main(given)

    assert said in capsys.readouterr().err


def test_standard_input(model: list[str]) -> None:
    """`-` reads the article from standard input, through `python -m inconsistency`."""
    done = python("-m", "inconsistency", "check", "-", *model, "--threshold", "0", "--json", input=TEXT.encode())

    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["text"] == TEXT


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A folder of three articles, one of a single sentence, and of a file that is none."""
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "mill.txt").write_text(TEXT, encoding="utf-8")
    (folder / "other mill.txt").write_text(TEXT, encoding="utf-8")
    (folder / "one.txt").write_text("The mill was closed.", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    return folder


def test_many_articles_are_a_line_each(news: Path, model: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of several articles, score, flags, name and best pair stand on a line each, flagged or not; a summary follows."""
    assert main(["check", str(news / "*.txt"), *model, "--threshold", "0"]) == ExitCode.FLAGGED
    first, second, third, blank, total = capsys.readouterr().out.splitlines()
    assert "3 flagged" in first and "mill.txt" in first and "Sentence 1: The mill was" in first
    assert (second.split("%")[1].split(), "other mill.txt" in third, blank) == (["-", str(news / "one.txt")], True, "")
    assert total == "3 articles, 2 flagged with 6 possible contradictions."

    names = [str(news / "mill.txt"), str(news / "one.txt")]
    assert main(["check", *names, *model, "--threshold", "1"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "Sentence 1: The mill was" in shown and "2 articles, nothing flagged." in shown


def test_a_file_that_cannot_be_read_is_told_and_passed(
    news: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Among several files one that is no article is said, counted, and seen in the exit status; the others are checked."""
    assert main(["check", str(news / "*"), *model, "--threshold", "0"]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert "picture.png is a binary file" in shown.err and shown.err.count("\n") == 1
    assert "3 articles, 2 flagged with 6 possible contradictions. 1 file could not be read." in shown.out
    assert "no file matches" in failure(capsys, ["check", str(news / "*.docx")])


def test_many_reports_as_data(news: Path, model: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints a row of `score` for each of several articles, and `--markdown` their reports."""
    main(["check", str(news / "*.txt"), *model, "--threshold", "0", "--json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["row"], Path(row["id"]).name, row["flagged"]) for row in rows] == [
        (1, "mill.txt", True), (2, "one.txt", False), (3, "other mill.txt", True)
    ]  # fmt: skip
    main(["check", str(news / "*.txt"), *model, "--threshold", "0", "--markdown"])
    assert len([line for line in capsys.readouterr().out.splitlines() if line.startswith("# ")]) == 3


@pytest.mark.parametrize("option", [["--headline", "Mill"], ["--article"], ["--html", "out.html"]], ids=str)
def test_options_of_a_single_article(news: Path, option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What makes sense for one article alone is refused for several, before a model is loaded."""
    said = failure(capsys, ["check", str(news / "*.txt"), *option])

    assert f"{option[0]} is for one article, and there are 3" in said


def test_quiet(news: Path, model: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--quiet` prints a line for each flagged article, of one article as of many, and nothing else."""
    assert main(["check", str(news / "*.txt"), *model, "--threshold", "0", "-q"]) == ExitCode.FLAGGED
    assert [line.count("3 flagged") for line in capsys.readouterr().out.splitlines()] == [1, 1]
    assert main(["check", str(news / "mill.txt"), *model, "--threshold", "0", "--quiet"]) == ExitCode.FLAGGED
    assert capsys.readouterr().out.count("\n") == 1
    assert main(["check", str(news / "mill.txt"), *model, "--threshold", "1", "--quiet"]) == ExitCode.OK
    assert capsys.readouterr().out == ""


def test_the_article_comes_on_demand(article: Path, model: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The answer is printed first, and the article, its sentences numbered, with `--article` alone."""
    main(["check", str(article), *model, "--threshold", "1", "--top", "0"])
    assert "14 people" not in capsys.readouterr().out
    assert "--article is for" in failure(capsys, ["check", str(article), "--article", "--json"])
    main(["check", str(article), *model, "--threshold", "1", "--top", "0", "--article"])
    assert "\n3  14 people was found.\n" in capsys.readouterr().out


@pytest.mark.parametrize("shell", SHELLS)
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A script for the shell knows the commands, their options and the presets."""
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out

    for word in ("check", "calibrate", "preset", "broad"):
        assert word in script


@pytest.mark.skipif(not shutil.which("bash"), reason="this system has no bash")
def test_completion_completes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In bash, options are completed where they are begun, and files where a file is wanted."""
    main(["completion", "bash"])
    script = capsys.readouterr().out + (
        '\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_inconsistency inconsistency "${!#}"; echo "${COMPREPLY[@]}"'
    )
    (tmp_path / "toll.txt").touch()

    def completed(*words: str) -> list[str]:
        asked = ["bash", "-c", script, "bash", "inconsistency", *words]
        return subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()

    assert completed("ch") == ["check"]
    assert completed("check", "--pre") == ["--preset"]
    assert completed("check", "to") == ["toll.txt"]
    for option in ("--clean", "--labelled", "--feedback", "-o"):
        assert completed("calibrate", option, "to") == ["toll.txt"]


def test_completion_needs_its_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without shtab, the command says what to install."""
    monkeypatch.setitem(sys.modules, "shtab", None)

    assert "pip install 'inconsistency[completion]'" in failure(capsys, ["completion", "bash"])


def test_empty_standard_input() -> None:
    """Nothing on standard input is an unreadable article."""
    done = python("-m", "inconsistency", "check", "-", input=b"")

    assert done.returncode == 2
    assert b"is empty" in done.stderr


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """So is no standard input at all, which Python shows as None."""
    monkeypatch.setattr(sys, "stdin", None)

    assert "standard input is closed" in failure(capsys, ["check", "-"])


def test_a_reader_that_leaves_changes_no_status(article: Path, model: list[str]) -> None:
    """What was found is in the exit status also where nobody reads the report to its end (head, less)."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        arguments = [sys.executable, "-m", "inconsistency", "check", str(article), *model, "--threshold", "0"]
        done = subprocess.run(arguments, stdout=closed, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_report_that_cannot_be_printed(article: Path, model: list[str]) -> None:
    """A full disk is an error of its own, not "flagged"."""
    with Path("/dev/full").open("wb") as full:
        arguments = [sys.executable, "-m", "inconsistency", "check", str(article), *model, "--threshold", "0"]
        done = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, check=False)

    assert done.returncode == 2
    assert done.stderr.decode().startswith("inconsistency: cannot write to standard output: ")


def test_closed_standard_output(
    article: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is no standard output at all."""
    monkeypatch.setattr(sys, "stdout", None)

    assert main(["check", str(article)]) == 2
    monkeypatch.undo()
    assert "standard output is closed" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="closes a descriptor as a shell of Unix does")
def test_completion_into_closed_standard_output() -> None:
    """What prints no report says so as well."""
    arguments = ["-c", 'exec "$0" -m inconsistency completion bash >&-', sys.executable]
    done = subprocess.run(["sh", *arguments], stderr=subprocess.PIPE, check=False)

    assert done.returncode == ExitCode.USAGE
    assert done.stderr == b"inconsistency: cannot write to standard output: it is closed\n"


def crash(*_: object, **__: object) -> None:
    """Fail as code with a mistake in it does."""
    raise RuntimeError("no such\nlayer")


@pytest.mark.parametrize("command", ["check", "score", "calibrate", "serve"])
def test_an_internal_error_is_no_finding(
    article: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in the program is one line and a status of its own; the traceback comes with `--debug` alone."""
    monkeypatch.setattr("inconsistency.detector.Detector.__init__", crash)
    monkeypatch.setattr("inconsistency.calibration.calibrate_files", crash)
    output = article.with_name("output.jsonl")
    arguments = {
        "check": ["check", str(article)],
        "score": ["score", str(article), "--output", str(output)],
        "calibrate": ["calibrate", "--clean", "a", "--labelled", "b", "--output", str(output)],
        "serve": ["serve", "--port", "0"],
    }[command]

    assert main(arguments) == ExitCode.INTERNAL == 70
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "internal error: RuntimeError: no such layer" in said.err
    assert "--debug" in said.err
    assert main([*arguments, "--debug"]) == ExitCode.INTERNAL
    assert "in crash\n" in capsys.readouterr().err


def test_an_error_that_nobody_hears_is_no_finding() -> None:
    """Where standard error is closed too, the status still tells an error from a finding."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        arguments = [sys.executable, "-m", "inconsistency", "check", "none.txt"]
        done = subprocess.run(arguments, stderr=closed, check=False)

    assert done.returncode == ExitCode.USAGE


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        ("check", [0, 1, 2, 70, 130]),
        ("score", [0, 2, 3, 4, 5, 70, 130, 143]),
        ("calibrate", [0, 2, 70, 130]),
        ("serve", [0, 2, 70, 130]),
        ("completion", [0, 2, 70, 130]),
    ],
)
def test_each_help_says_the_exit_codes(command: str, codes: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """Every command's `--help` lists what it exits with."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    _, _, listed = capsys.readouterr().out.partition("exit codes:\n")

    assert [int(line.split()[0]) for line in listed.strip().splitlines()] == codes


def test_interrupted(
    article: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C is one line and the usual status, no traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inconsistency.detector.Detector.__init__", interrupt)

    assert main(["check", str(article)]) == 130
    assert capsys.readouterr().err == "inconsistency: interrupted\n"


def test_help_is_instant() -> None:
    """`--help` imports neither torch nor ONNX Runtime."""
    script = (
        "import sys\nfrom inconsistency.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as e:\n    code = e.code\n"
        "heavy = {'torch', 'onnxruntime', 'transformers', 'sklearn', 'tokenizers'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy), 'code:', code)"
    )
    done = python("-c", script)

    assert b"inconsistency COMMAND --help" in done.stdout
    assert b"heavy: [] code: 0" in done.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the package's version."""
    with pytest.raises(SystemExit):
        main(["--version"])

    assert capsys.readouterr().out == f"inconsistency {inconsistency.__version__}\n"


def test_a_narrow_encoding_is_no_error(article: Path) -> None:
    """Where standard output has no sign for a rule or an arrow, as on a redirected Windows terminal, "?" stands there."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "inconsistency", "check", str(article)], env=environment, capture_output=True, check=False
    )

    assert done.returncode in (0, 1)
    assert not done.stderr


def test_json_loses_nothing_in_a_narrow_encoding(tmp_path: Path) -> None:
    """Where standard output is not UTF-8, signs are escaped: whoever reads the JSON has every character."""
    path = tmp_path / "article.txt"
    path.write_text("Škoda opened a café in Tollin. It rained.", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "inconsistency", "check", str(path), "--json"],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )

    assert json.loads(done.stdout.decode("utf-8"))["sentences"][0]["text"] == "Škoda opened a café in Tollin."


@pytest.mark.parametrize("command", ["check", "score", "serve"])
def test_a_detector_has_the_same_options_everywhere(command: str, article: Path) -> None:
    """Each command that makes a detector takes the same options, reads them alike and has the same defaults."""
    needed = {"check": [str(article)], "score": [str(article), "-o", "out.jsonl"], "serve": []}[command]

    def options(*given: str) -> DetectorOptions:
        return options_from(parser().parse_args([command, *needed, *given]))

    assert options() == DetectorOptions()
    for named in (["--preset", "strict"], ["--false-flags", "strict"]):
        assert options(*named) == DetectorOptions(false_flags="strict")
    assert options("--false-flags", "0.2", "--no-evidence") == DetectorOptions(false_flags=0.2, evidence=False)
    assert options("--threshold", "0.7", "--threads", "1") == DetectorOptions(threshold=0.7, threads=1)
    assert options("--top", "0") == DetectorOptions(top=0)
    model = options("--model", "a/b", "--backend", "onnx", "--calibration", "c.json")
    assert model == DetectorOptions("a/b", "onnx", calibration="c.json")
    with pytest.raises(InputError, match="threads is 0; accepted are None and whole numbers from 1"):
        options("--threads", "0")


@pytest.mark.parametrize(
    "given", [["--preset", "strict", "--false-flags", "1"], ["--preset", "broad", "--threshold", "1"]], ids=str
)
def test_one_strictness(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A preset, a number of false flags and a threshold exclude each other."""
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["check", "article.txt", *given])

    assert "not allowed with argument --preset" in capsys.readouterr().err


def test_help_says_what_the_presets_promise(capsys: pytest.CaptureFixture[str]) -> None:
    """The numbers behind the presets' names, as they stand in the help, are those that are kept."""
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    shown = " ".join(capsys.readouterr().out.split())

    assert ", ".join(f"{name} {flags:g}" for name, flags in PRESETS.items()) in shown
    assert tuple(PRESETS) == get_args(PresetName)
    assert get_args(BackendName) == BACKENDS
