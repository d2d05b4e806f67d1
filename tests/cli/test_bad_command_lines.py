"""Command lines of every kind, most of them wrong, end in a result or in one line and exit code 2.

A generator puts together commands, options and values; no line may end in a traceback, in several lines, in another
exit code or in a file half written.
"""

import contextlib
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, seed, settings
from hypothesis import strategies as st

from tfreg.cli import main as cli

PLAIN = '''"""A plain experiment"""

from tfreg import Findings


def main(steps: int = 3, rate: float = 0.5, start: tuple[float, float] = (0.0, 1.0), word: str = "a") -> Findings:
    return Findings(f"{steps} {rate} {start} {word}")
'''
MINE = "import keras\n\n\nclass Mine(keras.optimizers.SGD): ...\n\n\ndef problem():\n    raise KeyError('a')\n"

VALUES = [
    *(
        "",
        " ",
        ",",
        ":",
        "::",
        "-",
        "--",
        "=",
        "%s",
        "{}",
        "[red]",
        "[/red]",
        "*",
        "~",
        "\t",
        "a\nb",
        "\udcff",
        "한글",
        "é",
    ),
    *("nan", "inf", "-inf", "1e999", "1e-999", "1e3", "1_0", "４", "0x10", "-1", "0", "2", "0.5", "1,5", "9" * 19),
    *("1000000000000", "0.1,0.1", "0.1,nan", "1:2", "2:1:3", "1:2:3", "1:2:1000000000000", "1e39", "1e-50", "a" * 999),
    *(
        "sgd",
        "adm",
        "sgd,sgd",
        "sgd:0.1",
        "mine.py",
        "mine.py:",
        "mine.py:Mine",
        "mine.py:no",
        "no.py:No",
        "broken.py:No",
    ),
    *("grid:", "grid:0x0", "grid:2x2", "grid:2x2:1,0:0,1", "grid:axb", "grid:1000000x1000000", "glorot:", "glorot:0"),
    *("glorot:1000000000000", "1,2", "1,2,3", "1;2", ";", "logistic", "two_relus", "broken.py", "no.csv", "people.csv"),
    *(
        "empty.csv",
        "picture.csv",
        "bought",
        "when",
        "bce",
        "mse",
        "mse,mse",
        "bse",
        "file",
        "file/below",
        ".",
        "tcp://x",
    ),
]
OPTIONS = {
    "list": ["--runs", "--figures", "--help"],
    "check": ["--runs", "--figures", "--json", "--claims"],
    "run": ["--steps", "--rate", "--start", "--word", "--runs", "--figures", "--quick", "--force", "-steps", "--stps"],
    "compare": [
        *("--problem", "--loss", "--data", "--target", "--optimizer", "--learning-rate", "--starts", "--epochs"),
        *("--batch-size", "--seeds", "--tolerance", "--record-every", "--trajectories", "--scheduler", "--figures"),
        *("--runs", "--epoch", "-e"),
    ],
}  # fmt: skip
# Of a comparison that ends within a second.
SMALL = ["--optimizer", "sgd", "--loss", "mse", "--learning-rate", "0.1", "--starts", "grid:2x2", "--epochs", "2"]
EXPERIMENTS = [
    "plain",
    "own",
    "plan",
    "experiments/own",
    "no/such",
    "file",
    "mine.py",
    "broken.py",
    "no.py",
    "a" * 999,
]


def stays_here(value: str) -> bool:
    """True for a value that is no path out of the folder of the test."""
    return not value.startswith("/") and ".." not in value and "\0" not in value


anything = st.one_of(st.sampled_from(VALUES), st.text(st.characters(codec="utf-8"), max_size=12).filter(stays_here))


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command, its usual words, and some options with a value, without one, or with two."""
    command = draw(st.sampled_from(["compare", "compare", "run", "run", "check", "list", "other"]))
    words = [command, *(SMALL if command == "compare" else [])]
    if command == "run":
        words += draw(st.lists(st.sampled_from(EXPERIMENTS), max_size=2))
    names = st.sampled_from(OPTIONS.get(command, ["--help"]))
    for name in draw(st.lists(names, min_size=command != "run", max_size=3)):
        value = draw(anything)
        words += draw(
            st.sampled_from([[name, value], [name, value], [f"{name}={value}"], [name], [name, value, value]])
        )
    return words


@contextlib.contextmanager
def suite() -> Iterator[Path]:
    """A folder with an experiment, broken files, and a file in place of a folder, as the current one."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        own = Path("experiments/own")
        own.mkdir(parents=True)
        (own / "1_plain.py").write_text(PLAIN)
        Path("experiments/published.json").write_text("{}")
        Path("mine.py").write_text(MINE)
        Path("broken.py").write_text('"""Broken"""\ndef main(:\n')
        Path("people.csv").write_text("age;when;bought\n1;2024-01-02;Yes\n2;2024-01-03;No\n")
        Path("empty.csv").write_text("")
        Path("picture.csv").write_bytes(bytes(range(256)) * 9)
        Path("file").write_text("below which nobody can write, not even root")
        yield Path(name)


def assert_clear(words: list[str], code: int, err: str) -> None:
    """The rule that every command line keeps."""
    assert code in (0, 2), (words, code, err)
    assert "Traceback" not in err, (words, err)
    if code == 2:
        assert err.startswith("tfreg: ") and err.count("\n") == 1, (words, err)
        assert len(err) < 1500, (words, err)
    else:
        assert err == "", (words, err)
    hidden = [str(path) for path in Path().rglob(".*")]
    assert hidden == [], (words, hidden)
    event(f"{words[0]}: {'a result' if code == 0 else 'one line'}")


def in_process(words: list[str]) -> tuple[int, str]:
    """Exit code and standard error of the command, whose streams take UTF-8 as a terminal does."""
    with io.TextIOWrapper(io.BytesIO(), "utf-8") as out, io.TextIOWrapper(io.BytesIO(), "utf-8") as err:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main(words)
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
        err.flush()
        return code, err.buffer.getvalue().decode()  # type: ignore[attr-defined]


def check_in_process(words: list[str], patch: pytest.MonkeyPatch) -> None:
    patch.setattr("tfreg.cli.compare._CONNECT_WITHIN", "0.1s")
    patch.setattr("tfreg.cli.compare._drawn", lambda *arguments: [])
    with suite():
        assert_clear(words, *in_process(words))


@seed(9)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(words=command_lines())
def test_a_command_line_ends_in_a_result_or_in_one_line(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    check_in_process(words, monkeypatch)


@pytest.mark.slow
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(words=command_lines())
def test_so_do_many_more(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    check_in_process(words, monkeypatch)


@pytest.mark.slow
@seed(9)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(words=command_lines().filter(lambda words: "--scheduler" not in " ".join(words)))
def test_so_does_a_process_of_its_own(words: list[str]) -> None:
    with suite():
        encoded = [word.encode("utf-8", "surrogateescape") for word in words]
        done = subprocess.run([sys.executable, "-m", "tfreg", *encoded], capture_output=True, timeout=120)
        assert_clear(words, done.returncode, done.stderr.decode())
