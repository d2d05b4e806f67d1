"""The commands as a user runs them, on experiments of the test's own."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from tfreg.cli import main as cli
from tfreg.suite.parameters import QUICK_OPTIONS

COMMAND = (sys.executable, "-m", "tfreg")

# It says what reached its main, and notes every run in a file.
TINY = '''"""A tiny experiment on [w0, w1]

With a line that is no title.
"""

from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from tfreg import Findings, InputError, script


def main(epochs: int = 5, learning_rate: float = 0.1, start: tuple[float, float] = (-3.0, -1.0)) -> Findings:
    if epochs < 1:
        raise InputError(f"epochs: expected a whole number of 1 or more, got {epochs}")
    with Path("runs.log").open("a") as log:
        log.write("tiny\\n")
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot([0, epochs])
    found = Findings(f"epochs {epochs}, learning_rate {learning_rate}, start [{start}]")
    found.run("run", xr.Dataset({"loss": ("epoch", [1.0] * epochs)}))
    found.figure("data", figure, "The data.")
    return found


if __name__ == "__main__":
    script(main)
'''

# Nothing but words.
PLAIN = '''"""{title}"""

from pathlib import Path

from tfreg import Findings


def main(steps: int = 3) -> Findings:
    with Path("runs.log").open("a") as log:
        log.write("{title}\\n")
    return Findings(f"{{steps}} steps")
'''


class Answer(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with experiments of its own, as the current one: `tiny`, and after it `plain`."""
    folder = tmp_path / "experiments" / "own"
    folder.mkdir(parents=True)
    (folder / "01_tiny.py").write_text(TINY, encoding="utf-8")
    (folder / "02_plain.py").write_text(PLAIN.format(title="A plain experiment"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def tfreg(suite: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """The command within this process, which has loaded TensorFlow already."""

    def run(*arguments: str) -> Answer:
        capfd.readouterr()
        code = 0
        try:
            cli.main(arguments)
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def process(*arguments: str, command: tuple[str, ...] = COMMAND) -> Answer:
    """The command as a process of its own."""
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=120)
    return Answer(done.returncode, done.stdout, done.stderr)


def without_tensorflow(*arguments: str) -> Answer:
    """The command as a process of its own, which fails if it loaded what takes long to load."""
    code = (
        "import sys\n"
        "from tfreg.cli import main as cli\n"
        "try:\n"
        f"    cli.main({list(arguments)})\n"
        "finally:\n"
        "    slow = {'tensorflow', 'keras', 'matplotlib', 'xarray'} & set(sys.modules)\n"
        "    assert not slow, slow\n"
    )
    return process(command=(sys.executable, "-c", code))


def files(folder: Path) -> set[str]:
    """All files below a folder but Python's own."""
    below = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(folder)) for path in below}


def runs_so_far(suite: Path) -> list[str]:
    log = suite / "runs.log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def record(suite: Path, name: str = "tiny", runs: str = "runs", group: str = "own") -> dict[str, Any]:
    return json.loads((suite / runs / group / name / "findings.json").read_text(encoding="utf-8"))


def assert_one_line(answer: Answer, says: str) -> None:
    """A user's mistake: exit code 2, one line on standard error, no other word."""
    assert answer.code == 2
    assert answer.err.startswith("tfreg: ")
    assert says in answer.err
    assert answer.err.count("\n") == 1, answer.err
    assert answer.out == ""


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("list",), ("list", "--runs", "elsewhere")])
def test_help_and_list_do_not_load_tensorflow(arguments: tuple[str, ...], suite: Path) -> None:
    answer = without_tensorflow(*arguments)
    assert answer.code == 0
    assert answer.err == ""
    assert ("tiny" if "list" in arguments else "Usage: tfreg") in answer.out


def test_list_shows_name_title_and_when_each_was_run(suite: Path, tfreg: Run) -> None:
    title = "A tiny experiment on [w0, w1]"
    before = tfreg("list").out.splitlines()
    assert before[1].strip() == "own"
    assert [re.split(r"\s{2,}", line.strip()) for line in before[2:]] == [
        ["tiny", title, "not yet"],
        ["plain", "A plain experiment", "not yet"],
    ]
    tfreg("run", "tiny")
    when = datetime.fromisoformat(record(suite)["when"]).astimezone()
    after = tfreg("list").out.splitlines()
    assert abs((datetime.now().astimezone() - when).total_seconds()) < 60
    assert [re.split(r"\s{2,}", line.strip()) for line in after[2:]] == [
        ["tiny", title, when.strftime("%Y-%m-%d %H:%M")],
        ["plain", "A plain experiment", "not yet"],
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"when": "2026-01-01"}'])
def test_a_record_that_is_none_counts_as_not_run(content: str, suite: Path, tfreg: Run) -> None:
    path = suite / "runs" / "own" / "plain" / "findings.json"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    assert tfreg("list").out.count("not yet") == 2
    assert "unchanged" not in tfreg("run", "plain").out
    assert record(suite, "plain")["summary"] == "3 steps"


def test_run_draws_the_figures_and_says_what_was_found(suite: Path, tfreg: Run) -> None:
    answer = tfreg("run", "tiny")
    assert (answer.code, answer.err) == (0, "")
    summary = "epochs 5, learning_rate 0.1, start [(-3.0, -1.0)]"
    assert answer.out.splitlines()[0].startswith("tiny  A tiny experiment on [w0, w1]")
    assert f"\n  {summary}" in answer.out
    assert "no printed numbers" in answer.out
    assert "Runs and findings are in runs/, figures in figures/." in answer.out
    made = {"figures/own/01_tiny_data.png", "runs/own/tiny/run.nc", "runs/own/tiny/findings.json"}
    assert files(suite / "figures") | files(suite / "runs") == {name.split("/", 1)[1] for name in made}
    assert record(suite)["summary"] == summary
    assert {Path(name) for name in record(suite)["files"]} == {suite / name for name in made if "findings" not in name}


@pytest.mark.parametrize(
    "arguments",
    [
        ["tiny", "--epochs", "7", "--start", "-5,2", "--learning-rate", "0.05"],
        ["tiny", "--epochs=7", "--start=-5,2", "--learning-rate=0.05"],
        ["tiny", "--start", "-5, 2.0", "--learning-rate", "5e-2", "--epochs", "7", "--force"],
        ["--force", "tiny", "--epochs", "7", "--start", "-5,2", "--learning-rate", ".05"],
        ["experiments/own/01_tiny.py", "--epochs", "7", "--start", "-5,2", "--learning-rate", "0.05"],
    ],
)
def test_options_reach_main(arguments: list[str], suite: Path, tfreg: Run) -> None:
    answer = tfreg("run", *arguments)
    assert (answer.code, answer.err) == (0, "")
    assert record(suite)["summary"] == "epochs 7, learning_rate 0.05, start [(-5.0, 2.0)]"
    assert record(suite)["changed_options"] == {"epochs": 7, "start": [-5.0, 2.0], "learning_rate": 0.05}
    assert "default options only" in answer.out


def test_a_run_of_everything_writes_an_index_and_goes_on_with_the_claims(suite: Path, tfreg: Run) -> None:
    for name in ("plain", "tiny"):
        tfreg("run", name)
    answer = tfreg("run")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.count("unchanged") == 2
    assert "open figures/README.md" in answer.out
    assert answer.out.endswith("Next: tfreg check --claims\n")
    assert "own/01_tiny_data.png" in (suite / "figures" / "README.md").read_text(encoding="utf-8")


def test_a_quick_run_of_everything_writes_no_index(suite: Path, tfreg: Run) -> None:
    for name in ("plain", "tiny"):
        tfreg("run", name, "--quick")
    answer = tfreg("run", "--quick")
    assert "figures in quick/figures/." in answer.out
    assert not (suite / "quick" / "figures" / "README.md").exists()


def test_help_lists_the_options_of_the_experiment(suite: Path) -> None:
    lines = [line.strip() for line in without_tensorflow("run", "tiny", "--help").out.splitlines()]
    own = [line.split() for line in lines[lines.index("Options of tiny") + 1 :] if line]
    assert own == [["option", "default"], ["--epochs", "5"], ["--learning-rate", "0.1"], ["--start", "-3,-1"]]


@pytest.mark.parametrize("arguments", [("--help",), ("no_such", "--help")])
def test_help_without_an_experiment_is_the_general_one(arguments: tuple[str, ...], suite: Path, tfreg: Run) -> None:
    answer = tfreg("run", *arguments)
    assert (answer.code, answer.err) == (0, "")
    assert "Usage: tfreg run" in answer.out
    assert "Options of" not in answer.out


def test_an_unchanged_experiment_is_skipped_without_tensorflow(suite: Path, tfreg: Run) -> None:
    tfreg("run", "tiny", "--epochs", "7")
    before = record(suite)
    answer = without_tensorflow("run", "tiny", "--epochs", "7")
    assert (answer.code, answer.err) == (0, "")
    assert "unchanged" in answer.out
    assert "epochs 7" in answer.out
    assert record(suite) == before
    assert runs_so_far(suite) == ["tiny"]


def edit_script(suite: Path) -> None:
    script = suite / "experiments" / "own" / "01_tiny.py"
    script.write_text(TINY + "# one more thought\n", encoding="utf-8")


def publish_numbers(suite: Path) -> None:
    (suite / "experiments" / "published.json").write_text("{}", encoding="utf-8")


READING = PLAIN.format(title="A plain experiment").replace(
    "    return", '    steps += len(Path(__file__).with_name("data.csv").read_text())\n    return'
)


def test_a_script_whose_data_have_changed_runs_again(suite: Path, tfreg: Run) -> None:
    script = suite / "experiments" / "own" / "02_plain.py"
    script.write_text(READING, encoding="utf-8")
    data = script.with_name("data.csv")
    data.write_text("1234")
    assert "7 steps" in tfreg("run", "plain").out
    assert "unchanged" in without_tensorflow("run", "plain").out
    script.with_name("other.csv").write_text("1")
    assert "unchanged" in tfreg("run", "plain").out
    data.write_text("12345")
    changed = tfreg("run", "plain").out
    assert "8 steps" in changed
    assert "unchanged" not in changed
    data.unlink()
    assert_one_line(tfreg("run", "plain"), "02_plain.py:11: FileNotFoundError: ")


CHANGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "force": (lambda suite: None, ["--force"]),
    "script": (edit_script, []),
    "option": (lambda suite: None, ["--epochs", "6"]),
    "figure": (lambda suite: (suite / "figures" / "own" / "01_tiny_data.png").unlink(), []),
    "run": (lambda suite: (suite / "runs" / "own" / "tiny" / "run.nc").unlink(), []),
    "record": (lambda suite: (suite / "runs" / "own" / "tiny" / "findings.json").unlink(), []),
    "published": (publish_numbers, []),
    "figures": (lambda suite: None, ["--figures", "elsewhere"]),
    "runs": (lambda suite: None, ["--runs", "elsewhere"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_or_is_forced_runs_again(change: str, suite: Path, tfreg: Run) -> None:
    happens, options = CHANGES[change]
    tfreg("run", "tiny")
    happens(suite)
    answer = tfreg("run", "tiny", *options)
    assert (answer.code, answer.err) == (0, "")
    assert "unchanged" not in answer.out
    assert runs_so_far(suite) == ["tiny", "tiny"]
    assert all(Path(name).exists() for name in record(suite, runs="elsewhere" if change == "runs" else "runs")["files"])
    assert "unchanged" in tfreg("run", "tiny", *[option for option in options if option != "--force"]).out


def test_the_default_written_out_is_no_change(suite: Path, tfreg: Run) -> None:
    tfreg("run", "tiny")
    assert "unchanged" in tfreg("run", "tiny", "--epochs", "5", "--start", "-3,-1").out


def test_a_run_that_breaks_off_takes_the_record_of_the_files_it_has_changed_with_it(suite: Path, tfreg: Run) -> None:
    script = suite / "experiments" / "own" / "01_tiny.py"
    breaking = TINY.replace(
        "    found.run(", "    figure.savefig = figure.savefig if epochs == 5 else None\n    found.run("
    )
    script.write_text(breaking, encoding="utf-8")
    tfreg("run", "tiny")
    assert_one_line(tfreg("run", "tiny", "--epochs", "6"), "TypeError: 'NoneType' object is not callable")
    # run.nc is of 6 epochs now, so the record of 5 must not vouch for it.
    assert "unchanged" not in tfreg("run", "tiny").out
    assert runs_so_far(suite) == ["tiny"] * 3


def test_quick_takes_few_epochs_and_writes_elsewhere(suite: Path, tfreg: Run) -> None:
    script = suite / "experiments" / "own" / "01_tiny.py"
    script.write_text(TINY.replace("epochs: int = 5", "epochs: int = 1000"), encoding="utf-8")
    answer = tfreg("run", "tiny", "--quick")
    assert (answer.code, answer.err) == (0, "")
    assert "Runs and findings are in quick/runs/, figures in quick/figures/." in answer.out
    assert not (suite / "figures").exists()
    assert not (suite / "runs").exists()
    assert record(suite, runs="quick/runs")["changed_options"] == {"epochs": QUICK_OPTIONS["epochs"]}
    tfreg("run", "tiny", "--epochs", "6")
    with (
        Image.open(suite / "quick/figures/own/01_tiny_data.png") as small,
        Image.open(suite / "figures/own/01_tiny_data.png") as large,
    ):
        assert small.width < large.width


def test_quick_leaves_an_option_of_the_users_own(suite: Path, tfreg: Run) -> None:
    tfreg("run", "tiny", "--quick", "--epochs", "8")
    assert record(suite, runs="quick/runs")["changed_options"] == {"epochs": 8}


def suggested(answer: Answer) -> list[str]:
    """The command that the last line suggests, without `tfreg`."""
    last = answer.out.splitlines()[-1]
    assert last.startswith("Next: tfreg ")
    return shlex.split(last)[2:]


@pytest.mark.parametrize("where", ["suite", "elsewhere"])
def test_the_command_that_is_suggested_works_and_does_something_else(where: str, suite: Path, tfreg: Run) -> None:
    path = suite / "experiments" / "own" / "01_tiny.py"
    if where == "elsewhere":
        path = path.rename(suite / "mine.py")
    first = tfreg("run", str(path))
    assert suggested(first)[2:] == ["--learning-rate", "0.05"]
    second = tfreg(*suggested(first))
    assert second.code == 0
    assert "unchanged" not in second.out
    assert suggested(second)[2:] == ["--learning-rate", "0.025"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plain"], ["run", "plain", "--steps", "1"]),
        (["plain", "--steps", "1"], ["run", "plain", "--steps", "2"]),
        (["plain", "--quick"], ["run", "plain"]),
        (["plain", "--quick", "--runs", "else where"], ["run", "plain", "--runs", "else where"]),
        (["plain", "--runs", "else where"], ["run", "plain", "--steps", "1", "--runs", "else where"]),
    ],
)
def test_the_suggestion_keeps_to_the_folders(
    arguments: list[str], expected: list[str], suite: Path, tfreg: Run
) -> None:
    assert suggested(tfreg("run", *arguments)) == expected


BAD_SCRIPTS = {
    "broken.py": ('"""Title"""\ndef main(:\n', "is no Python script"),
    "latin.py": ('"""Titel \udcfc"""\ndef main(): ...\n', "is no Python script"),
    "no_main.py": ('"""Title"""\nmain = 3\n', "a function main()"),
    "no_title.py": ("def main(): ...\n", "a docstring that begins with a title"),
    "empty.py": ("", "a docstring that begins with a title"),
    "no_default.py": ('"""Title"""\ndef main(epochs): ...\n', "as defaults"),
    "computed.py": ('"""Title"""\ndef main(epochs=10 ** 2): ...\n', "as defaults"),
    "list.py": ('"""Title"""\ndef main(start=[1, 2]): ...\n', "as defaults"),
    "none.py": ('"""Title"""\ndef main(path=None): ...\n', "as defaults"),
    "no_findings.py": ('"""Title"""\ndef main(): ...\n', "expected main() to return tfreg.Findings, got None"),
    "imports.py": (
        '"""Title"""\nimport no_such_module\ndef main(): ...\n',
        "imports.py:2: ModuleNotFoundError: No mod",
    ),
    "raises.py": ('"""Title"""\ndef main():\n    return {}["a"]\n', "raises.py:3: KeyError: 'a'"),
    "exits.py": (
        '"""Title"""\nimport sys\ndef main(): sys.exit(0)\n',
        "exits.py:3: expected the script to go on, got sys.exit",
    ),
    "no_main_left.py": ('"""Title"""\ndef main(): ...\ndel main\n', "has no attribute 'main'"),
    "model.py": (
        '"""Title"""\nimport tfreg\ndef main(): return tfreg.Findings\n',
        "Findings, got the class Findings",
    ),
    "given.py": (
        '"""Title"""\nimport tfreg\ndef main(): tfreg.Findings("")\n',
        "given.py:3: the summary: expected",
    ),
}


@pytest.mark.parametrize("name", BAD_SCRIPTS)
def test_a_script_that_cannot_be_run_is_one_clear_error(name: str, suite: Path, tfreg: Run) -> None:
    content, says = BAD_SCRIPTS[name]
    (suite / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    before = files(suite)
    answer = tfreg("run", name)
    assert_one_line(answer, says)
    assert name in answer.err
    assert files(suite) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tinny"], "unknown experiment 'tinny'; did you mean 'tiny'?"),
        (["zzz"], "unknown experiment 'zzz'; choose from: tiny, plain, own"),
        (["tiny", "--epoch", "3"], "unknown option of tiny '--epoch'; did you mean '--epochs'?"),
        (["tiny", "-epochs", "3"], "unknown option of tiny '-epochs'; did you mean '--epochs'?"),
        (["tiny", "--epochs", "3", "4"], "expected an option such as --epochs, got '4'; names come before the options"),
        (["tiny", "--epochs"], "--epochs: expected a value such as 5, got none"),
        (["tiny", "--epochs", "x"], "--epochs: expected a value such as 5, got 'x'"),
        (["tiny", "--epochs", "3.5"], "--epochs: expected a value such as 5, got '3.5'"),
        (["tiny", "--epochs", "0"], "epochs: expected a whole number of 1 or more, got 0"),
        (["tiny", "--learning-rate", "fast"], "--learning-rate: expected a value such as 0.1, got 'fast'"),
        (["tiny", "--epochs", "1e3"], "--epochs: expected a value such as 5, got '1e3'"),
        (["tiny", "--epochs", "４"], "--epochs: expected a value such as 5, got '４'"),
        (["tiny", "--epochs="], "--epochs: expected a value such as 5, got ''"),
        (["tiny", "--learning-rate", "inf"], "--learning-rate: expected a value such as 0.1, got 'inf'"),
        (["tiny", "--learning-rate", "1e-999"], "--learning-rate: expected a value such as 0.1, got '1e-999'"),
        (["tiny", "--start", "1,nan"], "--start: expected a value such as -3,-1, got '1,nan'"),
        (["tiny", "--runs="], "invalid value for '--runs': expected the path of a folder, got ''"),
        (["tiny", "--start", "1,2,3"], "--start: expected a value such as -3,-1, got '1,2,3'"),
        (["tiny", "--start", "1"], "--start: expected a value such as -3,-1, got '1'"),
        (["tiny", "--start", "1,b"], "--start: expected a value such as -3,-1, got '1,b'"),
        (["n" * 999], "nnn: File name too long"),
        (["no_such.py"], "cannot read no_such.py: No such file or directory"),
        (["no/such/folder"], "no experiments in no/such/folder"),
        (["figures_only/"], "no experiments in figures_only/"),
        (["tiny", "--figures", "file/figures"], "cannot write to file/figures: Not a directory; choose another folder"),
        (["tiny", "--runs", "file/runs"], "cannot write to file/runs: Not a directory"),
        (["plain", "--runs", "file/runs"], "cannot write to file/runs: Not a directory"),
    ],
)
def test_a_mistake_is_one_clear_error_and_leaves_nothing_half_written(
    arguments: list[str], says: str, suite: Path, tfreg: Run
) -> None:
    (suite / "figures_only").mkdir()
    (suite / "file").write_text("a regular file, below which nobody can write, not even root")
    assert_one_line(tfreg("run", *arguments), says)
    left = files(suite)
    assert not [name for name in left if name.endswith("findings.json")]
    assert not [name for name in left if Path(name).name.startswith(".")]
    assert "not yet" in tfreg("list").out


def process_in(encoding: str, *arguments: str) -> Answer:
    """The command as a process of its own, through a pipe that can carry the characters of this encoding alone."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=120, env=environment)
    return Answer(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))


def test_a_mistake_is_one_line_of_a_real_process_too(suite: Path) -> None:
    assert_one_line(process_in("ascii", "run", "tinŷ"), "unknown experiment 'tiny^'; did you mean 'tiny'?")


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("cp949", marks=pytest.mark.slow)])
def test_a_pipe_that_cannot_carry_a_character_gets_plain_ones(encoding: str, suite: Path, tfreg: Run) -> None:
    text = PLAIN.format(title="Is ŷ ≥ 0.5?").replace('steps")', 'steps · ŷ ☃")')
    (suite / "experiments" / "own" / "02_plain.py").write_text(text, encoding="utf-8")
    for name in ("plain", "tiny"):
        tfreg("run", name)
    for arguments in (("run", "plain"), ("list",), ("run", "--help"), ("check",), ("check", "--claims")):
        answer = process_in(encoding, *arguments)
        assert (answer.code, answer.err) == (0, ""), arguments
        assert "3 steps * y^ ?" in answer.out.replace("·", "*") or arguments != ("run", "plain")


def test_a_missing_folder_of_experiments_is_not_a_silent_success(suite: Path, tfreg: Run) -> None:
    (suite / "experiments" / "own").rename(suite / "moved")
    assert_one_line(tfreg("run", "tiny"), "unknown experiment 'tiny'")
    (suite / "empty").mkdir()
    assert_one_line(tfreg("run", "empty"), "no experiments in empty")


def test_a_wrong_option_is_known_before_anything_runs(suite: Path, tfreg: Run) -> None:
    # `steps` is an option of the second experiment only.
    assert_one_line(tfreg("run", "plain", "tiny", "--steps", "4"), "unknown option of tiny '--steps'")
    assert runs_so_far(suite) == []


def test_traceback_shows_all_lines_of_an_error_wherever_it_stands(suite: Path, tfreg: Run) -> None:
    (suite / "bad.py").write_text('"""Title"""\ndef main():\n    return inner()\ndef inner():\n    return [][1]\n')
    for arguments in (["run", "bad.py", "--traceback"], ["--traceback", "run", "bad.py"]):
        answer = tfreg(*arguments)
        assert answer.code == 2
        assert "return [][1]" in answer.err
        assert answer.err.splitlines()[-1] == "tfreg: bad: bad.py:5: IndexError: list index out of range"
    assert_one_line(tfreg("run", "bad.py"), "list index out of range (all lines with --traceback)")
    for command in ([], ["run"], ["check"], ["list"], ["compare"]):
        assert "--traceback" in tfreg(*command, "--help").out


USAGE = {
    "runn": "no such command 'runn'",  # a newer Typer suggests one
    "--foo": "no such option: --foo; see: tfreg --help",
    "list --foo": "no such option: --foo; see: tfreg list --help",
    "list tiny": "got unexpected extra argument",
    "run tiny --figures": "option '--figures' requires an argument",
    "check --json=3": "option '--json' does not take a value",
}


@pytest.mark.parametrize("line", USAGE)
def test_a_line_that_cannot_be_read_is_one_line_as_well(line: str, suite: Path, tfreg: Run) -> None:
    assert_one_line(tfreg(*line.split()), USAGE[line])
    assert files(suite / "runs") == set()


def test_nothing_at_all_shows_the_help(suite: Path, tfreg: Run) -> None:
    assert tfreg() == tfreg("--help")
    assert "Usage: tfreg" in tfreg().out


def test_a_folder_that_cannot_be_written_to_is_one_line_before_the_work(suite: Path, tfreg: Run) -> None:
    (suite / "file").write_text("below which nobody can write, not even root")
    for option in ("--figures", "--runs"):
        answer = tfreg("run", option, "file/below")  # both experiments
        assert_one_line(answer, "cannot write to file/below: Not a directory; choose another folder")
        assert answer.err.count("file/below") == 1
    assert runs_so_far(suite) == []


def test_experiments_that_would_share_their_files_are_refused(suite: Path, tfreg: Run) -> None:
    other = suite / "elsewhere" / "own" / "01_tiny.py"
    other.parent.mkdir(parents=True)
    other.write_text(TINY, encoding="utf-8")
    answer = tfreg("run", "tiny", "elsewhere/own/01_tiny.py")
    assert_one_line(answer, "expected one run at a time in runs/own/tiny, got ")
    assert runs_so_far(suite) == []


def test_a_script_itself_shows_the_options_of_its_main(suite: Path) -> None:
    answer = process("experiments/own/01_tiny.py", "--help", command=(sys.executable,))
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == process("run", "tiny", "--help").out
    assert "Options of tiny" in answer.out


@pytest.mark.slow
def test_a_second_command_on_the_same_folders_waits_and_takes_what_the_first_has_made(suite: Path) -> None:
    script = suite / "experiments" / "own" / "01_tiny.py"
    script.write_text(
        TINY.replace("    with Path", "    import time\n    time.sleep(3)\n    with Path"), encoding="utf-8"
    )
    started = [
        subprocess.Popen([*COMMAND, "run", "tiny"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [Answer(one.wait(), *one.communicate()) for one in started]
    assert [answer.code for answer in answers] == [0, 0]
    assert runs_so_far(suite) == ["tiny"]
    (waited,) = [answer for answer in answers if answer.err]
    assert "under way in process" in waited.err
    assert "unchanged" in waited.out
    assert {name for name in files(suite) if Path(name).name.startswith(".")} == set()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_a_run_that_is_killed(
    number: signal.Signals, interrupted: subprocess.Popen[str], suite: Path
) -> None:
    until = time.monotonic() + 60
    while sorted(runs_so_far(suite)) != ["first", "last", "slow"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    interrupted.send_signal(number)
    # The workers hold the other ends of these pipes.
    interrupted.communicate(timeout=5)
    assert interrupted.returncode == -number


@pytest.mark.slow
def test_the_others_go_on_when_one_takes_its_process_with_it(suite: Path, tfreg: Run) -> None:
    script = suite / "experiments" / "own" / "03_leaving.py"
    script.write_text('"""Leaves"""\nimport os\ndef main(): os._exit(0)\n', encoding="utf-8")
    answer = tfreg("run")
    assert answer.code == 2
    assert answer.err == f"tfreg: leaving: {script}: its process was killed, or ended itself\n"
    assert [record(suite, name)["group"] for name in ("tiny", "plain")] == ["own", "own"]


@pytest.mark.slow
def test_what_is_finished_is_kept_and_reported_when_a_later_experiment_fails(suite: Path, tfreg: Run) -> None:
    answer = tfreg("run", "plain", "tiny", "--force")
    assert answer.code == 0
    script = suite / "experiments" / "own" / "03_failing.py"
    script.write_text('"""Fails"""\nimport no_such_module\ndef main(): ...\n', encoding="utf-8")
    answer = tfreg("run", "--force")
    assert answer.code == 2
    assert "3 steps" in answer.out
    assert answer.err.count("\n") == 1
    assert "unchanged" in tfreg("run", "plain").out


@pytest.fixture
def interrupted(suite: Path) -> Iterator[subprocess.Popen[str]]:
    """`tfreg run` of three experiments, in a process of its own, of which the second and the third never end."""
    scripts = suite / "experiments" / "own"
    (scripts / "01_tiny.py").write_text(PLAIN.format(title="first"), encoding="utf-8")
    slow = PLAIN.format(title="slow").replace("    return", "    import time\n    time.sleep(300)\n    return")
    (scripts / "02_plain.py").write_text(slow, encoding="utf-8")
    (scripts / "03_last.py").write_text(slow.replace("slow", "last"), encoding="utf-8")
    running = subprocess.Popen(
        [*COMMAND, "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        # Tests that run in the background may have Ctrl-C ignored, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        start_new_session=True,
    )
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished(interrupted: subprocess.Popen[str], suite: Path) -> None:
    until = time.monotonic() + 60
    # Wherever two run at a time, the third begins when the first has ended.
    while sorted(runs_so_far(suite)) != ["first", "last", "slow"]:
        assert time.monotonic() < until
        assert interrupted.poll() is None
        time.sleep(0.05)
    interrupted.send_signal(signal.SIGINT)
    out, err = interrupted.communicate(timeout=30)
    assert interrupted.returncode == 130, err
    assert "interrupted; 1 of 3 experiments are finished and kept" in out
    assert "Traceback" not in err
    assert record(suite)["summary"] == "3 steps"
    assert files(suite / "runs") == {"own/tiny/findings.json"}
    listed = without_tensorflow("list").out.splitlines()
    assert ["not yet" in line for line in listed[2:]] == [False, True, True]


@pytest.mark.slow
def test_a_process_of_its_own_prints_the_result_and_no_log_noise(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The script imports Keras first, as many do; still TensorFlow has to be set up before, as `tfreg.backend` does it.
    for name in [name for name in os.environ if name.startswith(("TF_", "XLA_", "KERAS_"))]:
        monkeypatch.delenv(name)
    keras_first = "import os\n\nsetting = os.environ.get('TF_ENABLE_ONEDNN_OPTS')\nimport keras\n"
    script = suite / "experiments" / "own" / "01_tiny.py"
    script.write_text(
        TINY.replace("import xarray", f"{keras_first}import xarray", 1).replace(
            'Findings(f"', 'Findings(f"{setting}, '
        ),
        encoding="utf-8",
    )
    answer = process("run", "tiny", "--epochs", "7")
    assert (answer.code, answer.err) == (0, "")
    assert "  0, epochs 7" in answer.out
