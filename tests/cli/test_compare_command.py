"""`tfreg compare` as a user gives it: own data, own scripts, bad options, a cluster."""

import contextlib
import io
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import typer
import xarray as xr
from conftest import Refused
from PIL import Image
from rich.console import Console, RenderableType

from tfreg import comparison, datasets, models
from tfreg.cli import compare as command
from tfreg.cli import main as cli
from tfreg.cli import named_problems as problems
from tfreg.cli import show_comparison
from tfreg.cli.options import CompareOptions, with_options
from tfreg.cli.read_options import read_optimizers, read_problems, read_starts
from tfreg.comparison import zarr_store
from tfreg.datasets import bernoulli_line
from tfreg.files import COMPARISON_FORMAT
from tfreg.problem.problem import Problem
from tfreg.suite import terminal

COMMAND = str(Path(sys.executable).with_name("tfreg"))
SHORT = ["--epochs", "20", "--learning-rate", "0.1:1:2", "--starts", "grid:3x4"]

OWN = '''"""A problem and an optimizer of the user's own."""

import keras
import tensorflow as tf

import tfreg


class Halving(keras.optimizers.SGD):
    """Half a step of SGD."""

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient / 2, variable, learning_rate)


def problem():
    own = lambda y, p: tf.reduce_mean(abs(y - p) ** 3)
    return tfreg.Problem(tfreg.models.logistic(2), own, tfreg.datasets.bernoulli_line(50))


def problems_of_another_kind():
    return 3
'''


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def stores(folder: Path) -> list[Path]:
    return sorted((folder / "runs" / "compare").glob("*.zarr"))


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 0


def table_csv(folder: Path = Path("people.csv"), **changes: object) -> Path:
    random = np.random.default_rng(0)
    age = random.uniform(20, 60, 80)
    table = pd.DataFrame({"age": age, "income": random.normal(3e4, 5e3, 80), "bought": (age > 40).astype(int)})
    table.assign(**changes).to_csv(folder, index=False)
    return folder


@dataclass(frozen=True)
class Answer:
    """What one call of the command left behind."""

    folder: Path
    arguments: list[str]
    out: str

    @property
    def result(self) -> xr.Dataset:
        (path,) = stores(self.folder)
        return xr.open_zarr(path, chunks=None, consolidated=False)


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    folder, out = tmp_path_factory.mktemp("answer"), io.StringIO()
    arguments = ["compare", "--optimizer", "sgd", *SHORT]
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        run(*arguments)
    return Answer(folder, arguments, out.getvalue())


def test_it_says_what_was_found_and_where_the_files_are(answer: Answer) -> None:
    *lines, last = answer.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert last.startswith("Next: tfreg compare")
    assert re.search(r"^sgd +\d", answer.out, re.MULTILINE)
    assert re.search(
        r"^mse: sgd at learning rate \S+ brings \d+ % of the starts to a loss of", answer.out, re.MULTILINE
    )
    (path,) = stores(answer.folder)
    assert f"  {path.relative_to(answer.folder)}\n" in answer.out
    named = [answer.folder / name for name in re.findall(r"^  (figures\S+)$", answer.out, re.MULTILINE)]
    kinds = {name.stem.split("_", 1)[1] for name in named}
    assert kinds == {"profile", "learning_rates", "atlas_bce", "atlas_mse", "table"}
    for name in named:
        if name.suffix == ".png":
            with Image.open(name) as picture:
                assert np.asarray(picture.convert("L")).std() > 5
        else:
            assert len(pd.read_csv(name)) == 2


def test_the_store_holds_every_run(answer: Answer) -> None:
    assert answer.result.attrs["format"] == COMPARISON_FORMAT
    sizes = {"problem": 2, "optimizer": 1, "learning_rate": 2, "start": 12, "weight": 2}
    assert {name: answer.result.sizes[name] for name in sizes} == sizes
    assert comparison.grid_of_starts(answer.result) == ("w0", "w1")


def test_the_next_command_does_something_else(answer: Answer) -> None:
    (line,) = re.findall(r"^Next: (.*)\n$", answer.out, re.MULTILINE)
    expected = "tfreg compare --optimizer all --learning-rate 0.1:1:2 --starts grid:3x4 --epochs 20"
    assert line == expected  # in one piece, wider than the terminal as it is
    everything = CompareOptions(optimizer="all", starts="-3,-1;-10,-1", trajectories=True)
    assert everything.command() == "tfreg compare --optimizer all --starts '-3,-1;-10,-1' --trajectories"


def test_after_all_optimizers_the_best_meet_mini_batches_and_then_another_problem(answer: Answer) -> None:
    everything = CompareOptions(optimizer="all", runs=Path("elsewhere"))
    mini_batches = "tfreg compare --batch-size 8 --seeds 5 --runs elsewhere --optimizer sgd"
    assert sorted(shlex.split(show_comparison.next_command(answer.result, everything))) == sorted(mini_batches.split())
    tried = replace(everything, batch_size=8, seeds=5)
    assert show_comparison.next_command(answer.result, tried) == "tfreg compare --problem two_relus --runs elsewhere"


def test_the_same_command_computes_nothing_again(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(answer.folder)
    monkeypatch.setattr("tfreg.comparison.execution.train", None)  # computing anything would raise
    monkeypatch.setattr("tfreg.cli.compare._drawn", lambda *arguments: [])
    run(*answer.arguments)
    assert len(stores(answer.folder)) == 1


def printed(renderable: RenderableType) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        Console(highlight=False).print(renderable)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_nothing_is_wider_than_the_terminal(answer: Answer, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = answer.result.assign_coords(optimizer=["schedulefreeadamw"])
    text = printed(show_comparison.report(result, CompareOptions(), [Path("figures/compare/some.png")]))
    assert max(map(len, text.splitlines())) <= width
    assert ("diverged" in text) == (width >= 80)
    # From 60 columns on every name is in one piece.
    assert ("\nschedulefreeadamw " in text) == (width >= 60)


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "utf-8"])
def test_an_output_that_lacks_a_character_shows_a_plain_one(
    answer: Answer, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    named = answer.result.isel(problem=[0]).assign_coords(problem=["données"])
    with io.TextIOWrapper(written, encoding=encoding) as output, contextlib.redirect_stdout(output):
        terminal.never_fail_to_print()
        Console(highlight=False).print(show_comparison.report(named, CompareOptions(), [Path("figures/données.png")]))
        output.flush()
        text = written.getvalue().decode(encoding)
    assert ("données: sgd at" if encoding == "utf-8" else "donnees: sgd at") in text


def test_where_no_start_arrives_it_says_so(answer: Answer) -> None:
    result = answer.result.load().isel(problem=[0])
    text = printed(show_comparison.report(result.assign(reached=result.reached & False), CompareOptions(), []))
    assert re.search(r"bce: no optimizer brings any start to a loss of 0\.\d+ or less", text)


def test_interrupted_it_says_what_is_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original, left = zarr_store.write, iter(range(2))

    def write(*arguments: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        original(*arguments)

    monkeypatch.setattr(zarr_store, "write", write)
    monkeypatch.setattr("tfreg.comparison.run_grid._MOST_ROWS", 5)
    few = ["--loss", "mse", "--optimizer", "sgd", "--learning-rate", "0.1", "--starts", "grid:3x5", "--epochs", "2"]
    with pytest.raises(SystemExit) as caught:
        cli.main(["compare", *few])
    assert caught.value.code == 130
    assert "interrupted; 2 of 3 chunks are finished and kept; rerun the same command" in capsys.readouterr().out


def test_interrupted_before_anything_is_kept_it_says_that(tmp_path: Path) -> None:
    assert "nothing is finished" in printed(show_comparison.interruption(tmp_path / "none.zarr"))


def test_a_user_s_own_data(here: Path) -> None:
    options = CompareOptions(
        data=str(table_csv()),
        target="bought",
        loss="mse",
        optimizer="adam",
        epochs=30,
        learning_rate="1",
        starts="glorot:5",
    )
    assert options.name.startswith("people-")
    result = command.compute(options)
    assert result.weight.values.tolist() == ["logistic/kernel[0,0]", "logistic/kernel[1,0]", "logistic/bias[0]"]
    # Age decides and income does not.
    weights = result.final_weights.isel(problem=0, optimizer=0, learning_rate=0).mean("start")
    assert weights[0] > 2 > abs(weights[1])


def test_other_options_and_other_data_under_the_same_name_are_another_comparison(here: Path) -> None:
    options = CompareOptions(data=str(table_csv()), target="bought")
    names = {options.name, replace(options, epochs=21).name}
    table_csv(income=np.arange(80))
    names.add(options.name)
    assert len(names) == 3
    # Where it is computed and saved makes no difference.
    assert replace(options, scheduler="tcp://here:1", figures=Path("a"), runs=Path("b")).name == options.name


def test_every_option_is_on_the_command_line() -> None:
    app = typer.Typer()
    command.register(app)
    shown = {option for parameter in typer.main.get_command(app).params for option in parameter.opts}
    assert shown >= {f"--{field.name.replace('_', '-')}" for field in fields(CompareOptions)}


def test_options_reach_the_function_as_one_record() -> None:
    app, seen = typer.Typer(), list[CompareOptions]()
    app.command()(with_options(CompareOptions)(seen.append))
    typer.main.get_command(app).main(["--seeds", "3", "--batch-size", "8", "--trajectories"], standalone_mode=False)
    assert seen == [CompareOptions(seeds=3, batch_size=8, trajectories=True)]


def test_a_problem_and_an_optimizer_of_the_user_s_own(here: Path) -> None:
    Path("own.py").write_text(OWN)
    few = {"epochs": 20, "learning_rate": "0.1,1", "starts": "grid:3x4"}
    result = command.compute(CompareOptions(problem="own.py", optimizer="sgd,own.py:Halving", **few))
    assert result.problem.values.tolist() == ["own"]
    assert result.loss_source.item() == "lambda y, p: tf.reduce_mean(abs(y - p) ** 3)"
    # Half a step at twice the rate would be the same; at the same rate it is behind.
    loss = result.final_loss.sel(problem="own").mean(["start", "learning_rate"])
    assert float(loss.sel(optimizer="Halving")) > float(loss.sel(optimizer="sgd"))


def test_optimizers_of_the_same_name_in_two_scripts_are_both_there(here: Path) -> None:
    for folder, factor in (("a1", 1), ("a2", 2)):
        Path(folder).mkdir()
        text = OWN.replace("gradient / 2", f"gradient / {factor}")
        Path(folder, "own.py").write_text(text)
    found = read_optimizers("a1/own.py:Halving,a2/own.py:Halving,sgd")
    assert list(found) == ["a1/own.py:Halving", "a2/own.py:Halving", "sgd"]
    moved = []
    for optimizer in list(found.values())[:2]:
        variable = keras.Variable(1.0)
        optimizer.apply([1.0], [variable])
        moved.append(float(variable.numpy()))
    assert moved == pytest.approx([0.99, 0.995])
    assert list(read_optimizers("a1/own.py:Halving")) == ["Halving"]


BAD_OPTIONS = {
    "--starts grid:0x5": "--starts: expected a grid of at least 1x1 points",
    "--starts grid:3x3:5,-5:0,1": "--starts: expected a grid of at least 1x1 points over ranges low,high",
    "--starts grid:3": "--starts: expected grid:65x55, glorot:100 or weights",
    "--starts glorot:0": "--starts: expected grid:65x55, glorot:100 or weights",
    "--starts 1,2,3": "starts: expected 2 numbers (w0, w1)",
    "--starts here": "--starts: expected grid:65x55, glorot:100 or weights such as -3,-1;-10,-1, got 'here'",
    "--problem two_relus --starts grid:3x3": "a grid needs a problem with two weights, this has 7; use glorot:100",
    "--learning-rate 1:0.1:5": "a range low:high:count with 0 < low < high and 2 values or more, got '1:0.1:5'",
    "--learning-rate 0:1:5": "expected a range low:high:count with 0 < low < high",
    "--learning-rate 0.1:1:1": "2 values or more",
    "--learning-rate 0.1:1": "--learning-rate: expected 0.1, 0.01,0.1 or 1e-3:1e1:13 (low:high:count), got '0.1:1'",
    "--learning-rate -1": "learning_rate: expected values above 0, got -1",
    "--learning-rate fast": "--learning-rate: expected 0.1, 0.01,0.1 or",
    "--learning-rate 0.1,inf": "--learning-rate: expected 0.1, 0.01,0.1 or 1e-3:1e1:13 (low:high:count), got '0.1,inf'",
    "--learning-rate nan": "--learning-rate: expected 0.1, 0.01,0.1 or",
    "--learning-rate 0.1:1:1_0": "--learning-rate: expected 0.1, 0.01,0.1 or",
    "--starts 1,nan": "--starts: expected grid:65x55, glorot:100 or weights such as -3,-1;-10,-1, got '1,nan'",
    "--starts ١,٢": "--starts: expected grid:65x55, glorot:100 or weights",
    "--starts grid:3x3:-inf,0:0,1": "--starts: expected grid:65x55, glorot:100 or weights",
    "--starts=": "--starts: expected a value, got none",
    "--epochs 1e3": "invalid value for '--epochs': expected a whole number such as 100, got '1e3'",
    "--epochs ４": "invalid value for '--epochs': expected a whole number such as 100, got '４'",
    "--tolerance inf": "invalid value for '--tolerance': expected a number such as 0.1, got 'inf'",
    "--tolerance 1e-999": "invalid value for '--tolerance': expected a number such as 0.1, got '1e-999'",
    "--runs=": "--runs: expected a value, got none",
    "--runs people/runs": "cannot write to people/runs: Not a directory; choose another folder",
    "--figures people/f": "cannot write to people/f: Not a directory; choose another folder",
    "--optimizer mine.py:": "no such script: mine.py",
    "--optimizer sgd:inf": "--optimizer: sgd:inf names a learning rate",
    "--optimizer adm": "unknown optimizer 'adm'; did you mean 'adam'?",
    "--optimizer ,": "expected optimizers such as sgd,adam or all, got ','",
    "--optimizer sgd,adam,sgd": "--optimizer: expected each optimizer once, got sgd more than once",
    "--optimizer all,adam": "--optimizer: expected each optimizer once, got adam more than once",
    "--optimizer no.py:Own": "no such script: no.py",
    "--optimizer sgd,adam:0.5": "adam:0.5 names a learning rate, and --learning-rate gives those of all optimizers; "
    "leave out :0.5, and give --learning-rate 0.5",
    "--optimizer no.py:Own:0.1 --learning-rate 1": "--optimizer: no.py:Own:0.1 names a learning rate",
    "--starts grid:1000000x1000000": "--starts: a grid of 1000000x1000000 points needs 58.2 TiB of memory",
    "--starts glorot:1000000000000": "--starts: 1000000000000 starts of 2 weights needs 58.2 TiB of memory",
    "--learning-rate 1e-3:1:1000000000000": "--learning-rate: 1000000000000 learning rates needs 7.28 TiB of memory",
    "--batch-size 8 --seeds 1000000000000": "seeds: expected no more than 1000000, got more; give fewer",
    "--epochs 1000000000000": "epochs: a run of 1000000000000 epochs whose loss is looked at 100000000001 times needs",
    "--problem logistik": "unknown problem 'logistik'; did you mean 'logistic'?",
    "--problem no.py": "no such script: no.py",
    "--problem two_relus --loss bce": "the outputs of two_relus are no probabilities, as bce needs them; use mse",
    "--loss bse": "unknown loss 'bse'; did you mean",
    "--epochs 0": "epochs: expected a whole number of 1 or more, got 0",
    "--tolerance -1": "tolerance: expected a number of 0 or more, got -1.0",
    "--seeds 3": "seeds: full batches are not shuffled, so seeds change nothing; give a batch_size",
    "--data people.csv": "--data needs --target",
    "--target bought": "--target needs --data",
    "--scheduler tcp://127.0.0.1:9": "--scheduler: expected a Dask scheduler at tcp://127.0.0.1:9, got none",
    "--scheduler nonsense://x": "--scheduler: expected a Dask scheduler at nonsense://x, got none",
}


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_a_bad_option_is_one_line_and_exit_code_2(
    options: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfreg.cli.compare._CONNECT_WITHIN", "0.1s")
    Path("people").write_text("a regular file, below which nobody can write, not even root")
    with pytest.raises(SystemExit) as caught:
        cli.main(["compare", *options.split()])
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert BAD_OPTIONS[options] in captured.err
    assert stores(here) == []


HEAD = '"""Mine."""\nimport sys, keras, tfreg\nfrom keras import ops\n'
LOGISTIC = "tfreg.Problem(tfreg.models.logistic(2), {loss}, tfreg.datasets.bernoulli_line(20))"
STEP = (
    "class Mine(keras.optimizers.SGD):\n    def update_step(self, gradient, variable, learning_rate):\n        {step}\n"
)
BAD_SCRIPTS = {
    "problem: raises at import": ("1 / 0", "mine.py:4: ZeroDivisionError: division by zero"),
    "problem: exits at import": ("sys.exit(0)", "mine.py:4: expected the script to go on, got sys.exit(0)"),
    "problem: no Python": ("def problem(:", "mine.py:4: SyntaxError: invalid syntax"),
    "problem: raises": ("def problem():\n    return [][1]", "mine.py:5: IndexError: list index out of range"),
    "problem: exits": ("def problem(): sys.exit('no')", "mine.py:4: expected the script to go on, got sys.exit('no')"),
    "problem: takes arguments": ("def problem(a): ...", "mine.py: TypeError: problem() missing 1 required"),
    "problem: returns a model": (
        "def problem(): return tfreg.models.logistic(2)", "mine.py: expected problem() to return a tfreg.Problem"
    ),
    "problem: tfreg refuses": ("def problem(): return tfreg.Problem(1, 2, 3)", "mine.py:4: "),
    "problem: the loss raises": (
        f"def loss(y, p):\n    return y.no_such\ndef problem(): return {LOGISTIC.format(loss='loss')}", "no_such"
    ),
    "problem: the loss exits": (
        f"def loss(y, p):\n    sys.exit(0)\ndef problem(): return {LOGISTIC.format(loss='loss')}", "mine.py:5: "
    ),
    "optimizer: raises at import": ("1 / 0", "mine.py:4: ZeroDivisionError: division by zero"),
    "optimizer: raises when made": (
        "class Mine(keras.optimizers.SGD):\n    def __init__(self):\n        {}['a']", "mine.py:6: KeyError: 'a'"
    ),
    "optimizer: takes no rate": ("def Mine(rate): ...", "mine.py: TypeError: Mine() missing 1 required positional"),
    "optimizer: is none": ("def Mine(): return 3", "mine.py: expected Mine to make a Keras optimizer, got 3"),
    "optimizer: is missing": ("Other = 3", "mine.py: expected it to define Mine, got no such function"),
    "optimizer: raises in its step": (STEP.format(step="raise OSError('a\\nb')"), "mine.py:6: OSError: a b"),
    "optimizer: exits in its step": (STEP.format(step="sys.exit(0)"), "mine.py:6: expected the script to go on"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_SCRIPTS)
def test_an_error_in_a_script_of_the_user_s_own_is_one_line(
    kind: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, message = BAD_SCRIPTS[kind]
    Path("mine.py").write_text(HEAD + text + "\n", encoding="utf-8")
    option = ["--problem", "mine.py"] if kind.startswith("problem") else ["--optimizer", "mine.py:Mine"]
    with pytest.raises(SystemExit) as caught:
        cli.main(["compare", *SHORT, *option])
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert message in captured.err
    assert len(captured.err) < 500


def test_scripts_without_what_is_asked_for_are_refused(here: Path, refused: Refused) -> None:
    Path("other.py").write_text("def problem():\n    return 3\n")
    with refused("other.py: expected problem() to return a tfreg.Problem, or several by name"):
        read_problems(CompareOptions(problem="other.py"))
    Path("none.py").write_text("x = 1\n")
    with refused("none.py: expected it to define problem, got no such function"):
        read_problems(CompareOptions(problem="none.py"))
    Path("broken.py").write_text("def problem(:\n")
    with refused("broken.py:1: SyntaxError: invalid syntax"):
        read_problems(CompareOptions(problem="broken.py"))
    with refused("--loss: the script says which loss its problem has"):
        read_problems(CompareOptions(problem="other.py", loss="bce"))


def test_starts_as_they_are_written() -> None:
    problem = Problem(models.logistic(2), lambda y, p: ((y - p) ** 2)[0, 0], bernoulli_line(5))
    starts = read_starts("grid:65x55", problem, problems.ranges("logistic"))
    assert list(starts) == ["w0", "w1"]
    np.testing.assert_allclose(starts["w0"], np.arange(-10, 3, 0.2), atol=1e-9)
    np.testing.assert_allclose(starts["w1"], np.arange(-1, 10, 0.2), atol=1e-9)
    starts = read_starts("grid:2x4", problem, problems.ranges(""))
    assert (starts["w0"].tolist(), starts["w1"].tolist()) == ([-10, 0], [-10, -5, 0, 5])
    assert read_starts("grid:2x1:0,1:3,4", problem, problems.ANY_RANGES)["w1"].tolist() == [3]
    assert read_starts("-3,-1;-10,-1", problem, problems.ANY_RANGES).tolist() == [[-3, -1], [-10, -1]]
    assert read_starts("glorot:4", problem, problems.ANY_RANGES).shape == (4, 2)
    assert read_starts("", problem, problems.ANY_RANGES)["w0"].shape == (13,)


@pytest.mark.parametrize("name", problems.BY_NAME)
def test_every_problem_by_name_can_be_had(name: str) -> None:
    for problem in problems.named(name).values():
        assert np.isfinite(problem.loss_at(np.zeros(problem.n_weights)))
    assert datasets.bernoulli_line(50).inputs.shape == (50, 2)


@pytest.mark.slow
def test_interrupted_it_says_what_is_kept_and_goes_on(here: Path) -> None:
    ask = [COMMAND, "compare", "--optimizer", "sgd,adam", "--starts", "grid:65x55", "--epochs", "2000"]
    process = subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any(stores(here)) or not list((stores(here)[0] / "done").glob("c/*")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    words = " ".join(out.split())
    assert re.search(r"interrupted; \d+ of \d+ chunks are finished and kept; rerun the same command to resume", words)
    assert re.fullmatch(r"(comparing \d+ runs, about [^\n]*\n)?", err)


@pytest.mark.slow
def test_a_cluster_of_dask_computes_it(here: Path) -> None:
    distributed = pytest.importorskip("distributed")
    Path("own.py").write_text(OWN)
    ask = ["compare", "--problem", "own.py", "--optimizer", "sgd,own.py:Halving", *SHORT]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        done = subprocess.run(
            [COMMAND, *ask, "--scheduler", cluster.scheduler_address], capture_output=True, text=True, timeout=120
        )
    assert (done.returncode, done.stderr) == (0, "")
    (store,) = stores(here)
    there = xr.open_zarr(store, chunks=None, consolidated=False).load()
    run(*ask, "--runs", "here")
    (store,) = (here / "here" / "compare").glob("*.zarr")
    xr.testing.assert_identical(xr.open_zarr(store, chunks=None, consolidated=False).load(), there)
