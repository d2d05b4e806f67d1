"""The examples of the docstrings run and give what they say, on the logistic problem and a short run of it."""

import doctest
import importlib
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import typer

import tfreg
from tfreg.suite.findings import Findings

PACKAGE = Path(tfreg.__file__).parent
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.stem != "__main__"
]


class Checker(doctest.OutputChecker):
    """An example without output shows a call, whatever it returns."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return not want or super().check_output(want, got, optionflags)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the examples take for granted."""
    public = {name: getattr(tfreg, name) for name in tfreg.__all__}
    data = tfreg.datasets.bernoulli_line()
    problems = {
        name: tfreg.Problem(tfreg.models.logistic(2), getattr(tfreg.losses, name), data) for name in ("bce", "mse")
    }
    problem = problems["bce"]
    run = tfreg.train(problem, "adam:0.1", 30, (-3, -1))
    rates = {"learning_rate": [0.01, 0.1]}
    starts = [(0, 0), (-10, -1)]
    result = tfreg.compare({"BCE": problem}, ["sgd", "adam"], starts, 30, vary=rates, trajectories=True)
    drawn = {"for tuning": problem, "drawn again": problem.on(tfreg.datasets.bernoulli_line(seed=1))}
    race = tfreg.compare(drawn, ["sgd", "adam"], starts, 30, vary=rates, trajectories=True)
    return {
        **public,
        **problems,
        "np": np,
        "tf": tf,
        "keras": keras,
        "tfreg": tfreg,
        "app": typer.Typer(),
        "at_best_rate": tfreg.comparison.at_best_rate,
        "problem": problem,
        "model": problem.model,
        "dataset": data,
        "x": data.inputs[:, 1],
        "y": data.targets[:, 0],
        "fit": data.expected,
        "starts": starts,
        "run": run,
        "runs": {"adam:0.1": run},
        "surface": tfreg.loss_surface(problem, around=run, steps=5),
        "over": tfreg.grid(w0=(-4, 4, 2), w1=(-4, 4, 2)),
        "result": result,
        "raced": tfreg.comparison.race(race, {"problem": ["for tuning"], "start": [0]}),
        "found": Findings("Nothing yet."),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(
    name: str, names: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(Checker(), verbose=False, optionflags=flags)
    said: list[str] = []
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name, globs=names | vars(module)):
        runner.run(test, out=said.append)
    assert not said, "".join(said)
