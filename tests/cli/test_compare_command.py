"""`tfreg compare` as a user gives it: own data, own scripts, bad options, a cluster."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import Refused
from PIL import Image

from tfreg import datasets, models
from tfreg.cli import main as cli
from tfreg.cli import named_problems as problems
from tfreg.cli import options as questions
from tfreg.comparison.zarr_store import COMPARISON_FORMAT
from tfreg.datasets import bernoulli_line
from tfreg.problem.problem import Problem

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


def test_it_says_what_was_found_where_the_files_are_and_what_is_next(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("compare", "--optimizer", "sgd,lamb", *SHORT)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines()[:6])) <= 80
    assert re.search(r"^bce +sgd +\d", out, re.MULTILINE)
    assert "bce: " in out
    assert "brings" in out
    assert "Next: " in out
    (path,) = stores(here)
    assert str(path.relative_to(here)) in out
    named = [Path(name) for name in re.search(r"Figures and table: (.*)", out).group(1).split(", ")]  # type: ignore[union-attr]
    kinds = {name.stem.split("_", 1)[1] for name in named}
    assert kinds == {"profile", "learning_rates", "atlas_bce", "atlas_mse", "table"}
    for name in named:
        if name.suffix == ".png":
            with Image.open(name) as picture:
                assert np.asarray(picture.convert("L")).std() > 5
        else:
            assert len(pd.read_csv(name)) == 4
    result = xr.open_zarr(path, chunks=None, consolidated=False)
    assert result.attrs["format"] == COMPARISON_FORMAT
    assert dict(result.sizes) | {"chunk": 0} == {
        "problem": 2, "optimizer": 2, "learning_rate": 2, "start": 12, "weight": 2, "chunk": 0,
    }  # fmt: skip


def test_the_same_command_computes_nothing_again_and_another_keeps_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ["compare", "--optimizer", "sgd", "--loss", "mse", *SHORT]
    run(*ask)
    with monkeypatch.context() as patch:
        patch.setattr("tfreg.comparison.worker.train", None)  # computing anything would raise
        run(*ask)
    run(*ask, "--epochs", "21")
    assert len(stores(here)) == 2


def test_a_user_s_own_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(table_csv()), "--target", "bought"]
    run("compare", *data, "--epochs", "30", "--learning-rate", "1", "--starts", "glorot:5")
    assert "people-" in capsys.readouterr().out
    (store,) = stores(here)
    result = xr.open_zarr(store, chunks=None, consolidated=False)
    assert result.weight.values.tolist() == ["logistic/kernel[0,0]", "logistic/kernel[1,0]", "logistic/bias[0]"]
    # Age decides and income does not.
    weights = result.final_weights.sel(optimizer="adam")[0, 0].mean("start")
    assert weights[0] > 2 > abs(weights[1])


def test_other_data_under_the_same_name_are_another_question(here: Path) -> None:
    ask = ["compare", "--data", "people.csv", "--target", "bought", "--loss", "mse", "--epochs", "3",
           "--learning-rate", "1", "--optimizer", "sgd", "--starts", "glorot:2"]  # fmt: skip
    table_csv()
    run(*ask)
    table_csv(income=np.arange(80))
    run(*ask)
    assert len(stores(here)) == 2


def test_a_table_is_standardised() -> None:
    dataset = problems.read_table(table_csv(), "bought")
    np.testing.assert_allclose(dataset.inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(dataset.inputs.std(axis=0), 1)
    assert set(dataset.targets.ravel()) == {0, 1}


def test_a_problem_and_an_optimizer_of_the_user_s_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.py").write_text(OWN)
    run("compare", "--problem", "own.py", "--optimizer", "sgd,own.py:Halving:0.5", *SHORT)
    assert "Halving" in capsys.readouterr().out
    (store,) = stores(here)
    result = xr.open_zarr(store, chunks=None, consolidated=False)
    assert result.attrs["problems"] == {"own": "<lambda> on bernoulli_line"}
    # Half a step at twice the rate would be the same; at the same rate it is behind.
    loss = result.final_loss.sel(problem="own").mean(["start", "learning_rate"])
    assert float(loss.sel(optimizer="Halving")) > float(loss.sel(optimizer="sgd"))


BAD_TABLES = {
    "missing values": ({"age": [np.nan, *range(79)]}, "column 'age' has 1 missing values; fill them in or drop"),
    "words": ({"age": ["young"] * 80}, "column 'age' is not of numbers, such as 'young'; leave it out"),
    "infinite": ({"age": [np.inf, *range(79)]}, "column 'age' has infinite values; drop the rows"),
    "constant column": ({"age": 7}, "column 'age' is always 7; leave it out"),
    "constant target": ({"bought": 1}, "the target 'bought' is always 1; there is nothing to tell apart"),
    "other target": ({"bought": np.arange(80) % 3}, "of 0 and 1, got 'bought' with the values 0, 1, 2"),
    "two other values": ({"bought": np.arange(80) % 2 + 1}, "of 0 and 1, got 'bought' with the values 1, 2"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_bad_tables_are_refused(kind: str, refused: Refused) -> None:
    changes, message = BAD_TABLES[kind]
    with refused(message):
        problems.read_table(table_csv(**changes), "bought")


def test_files_that_are_no_tables_are_refused(here: Path, refused: Refused) -> None:
    with refused("cannot read no.csv: No such file or directory"):
        problems.read_table(Path("no.csv"), "bought")
    with refused("unknown column of people.csv 'bougth'; did you mean 'bought'?"):
        problems.read_table(table_csv(), "bougth")
    Path("empty.csv").write_text("")
    with refused("empty.csv: expected a CSV file with a header"):
        problems.read_table(Path("empty.csv"), "bought")
    Path("picture.csv").write_bytes(bytes(range(256)) * 9)
    with refused("picture.csv: expected a CSV file with a header"):
        problems.read_table(Path("picture.csv"), "bought")
    Path("alone.csv").write_text("bought\n0\n1\n")
    with refused("alone.csv: expected rows with 'bought' and other columns"):
        problems.read_table(Path("alone.csv"), "bought")


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
    "--optimizer adm": "unknown optimizer 'adm'; did you mean 'adam'?",
    "--optimizer ,": "expected optimizers such as sgd,adam or all, got ''",
    "--optimizer no.py:Own": "no such script: no.py",
    "--problem logistik": "unknown problem 'logistik'; did you mean 'logistic'?",
    "--problem no.py": "no such script: no.py",
    "--problem two_relus --loss bce": "the outputs of two_relus are no probabilities, as bce wants them; use mse",
    "--loss bse": "unknown loss 'bse'; did you mean",
    "--epochs 0": "epochs: expected a whole number of 1 or more, got 0",
    "--tolerance -1": "tolerance: expected a number, a tolerance of 0 or more, got -1.0",
    "--seeds 3": "seeds: full batches have no order that a seed could draw; give a batch_size",
    "--data people.csv": "--data needs --target",
    "--target bought": "--target needs --data",
    "--scheduler tcp://127.0.0.1:9": "--scheduler: expected a Dask scheduler at tcp://127.0.0.1:9, got none",
    "--scheduler nonsense://x": "--scheduler: expected a Dask scheduler at nonsense://x, got none",
}


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_a_bad_option_is_one_line_and_exit_code_2(options: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["compare", *options.split()])
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert BAD_OPTIONS[options] in captured.err
    assert stores(here) == []


def test_scripts_without_what_is_asked_for_are_refused(here: Path, refused: Refused) -> None:
    Path("other.py").write_text("def problem():\n    return 3\n")
    with refused("other.py: expected problem() to return a tfreg.Problem, or several by name"):
        questions.read_problems(questions.Question(problem="other.py"))
    Path("none.py").write_text("x = 1\n")
    with refused("none.py: expected it to define problem, got no such function or class"):
        questions.read_problems(questions.Question(problem="none.py"))
    Path("broken.py").write_text("def problem(:\n")
    with refused("broken.py cannot be imported: invalid syntax"):
        questions.read_problems(questions.Question(problem="broken.py"))
    with refused("--loss: the script says which loss its problem has"):
        questions.read_problems(questions.Question(problem="other.py", loss="bce"))


def test_starts_as_they_are_written() -> None:
    problem = Problem(models.logistic(2), lambda y, p: ((y - p) ** 2)[0, 0], bernoulli_line(5))
    starts, shape = questions.read_starts("grid:65x55", problem)
    assert shape == (65, 55)
    # The grid of the lecture's surfaces.
    np.testing.assert_allclose(np.unique(starts[:, 0]), np.arange(-10, 3, 0.2), atol=1e-9)
    np.testing.assert_allclose(np.unique(starts[:, 1]), np.arange(-1, 10, 0.2), atol=1e-9)
    starts, shape = questions.read_starts("-3,-1;-10,-1", problem)
    assert (starts.tolist(), shape) == ([[-3, -1], [-10, -1]], None)
    assert questions.read_starts("glorot:4", problem)[0].shape == (4, 2)


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
    assert re.search(r"interrupted; \d+ of \d+ chunks are finished and kept; give the same command again to go on", out)
    assert err == ""


@pytest.mark.slow
def test_a_cluster_of_dask_computes_it(here: Path) -> None:
    distributed = pytest.importorskip("distributed")
    Path("own.py").write_text(OWN)
    ask = ["compare", "--problem", "own.py", "--optimizer", "sgd,own.py:Halving:0.5", *SHORT]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
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
