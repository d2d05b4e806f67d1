"""What has been compiled for a problem goes with it, or is there for the next that compiles the same."""

import gc
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from tfreg import losses, models
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.losses import Loss
from tfreg.problem.problem import Problem
from tfreg.training.train import train


def graphs_after(n_problems: int, loss: Callable[[], Loss]) -> int:
    for _ in range(n_problems):
        train(Problem(models.logistic(2), loss(), bernoulli_line(20)), "adam:0.1", 2)
    gc.collect()
    return sum("FuncGraph" in type(one).__name__ for one in gc.get_objects())


@pytest.mark.slow
def test_no_more_graphs_are_kept_than_those_of_a_few_problems() -> None:
    def loss_of_its_own() -> Loss:
        return lambda y, p: losses.mse(y, p)

    before = graphs_after(10, loss_of_its_own)
    assert graphs_after(5, loss_of_its_own) <= before


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc here")
@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam:0.1", "muon:0.1"])
def test_memory_stays_level_over_300_problems(optimizer: str) -> None:
    def one(seed: int) -> None:
        train(Problem(models.logistic(2), losses.mse, bernoulli_line(20, seed=seed)), optimizer, 2)

    for seed in range(20):
        one(seed)
    before = resident_mib()
    for seed in range(300):
        one(seed)
    assert resident_mib() < before + 150  # each would keep 5 MiB


LINE = Dataset("line", np.linspace(-1, 1, 20), np.linspace(-1, 1, 20))


def line(
    loss: Loss = losses.mse,
    activation: str = "linear",
    data: Dataset = LINE,
    name: str = "line",
    dtype: str = "float32",
) -> Problem:
    layer = keras.layers.Dense(1, activation=activation, name=name, dtype=dtype)
    return Problem(keras.Sequential([keras.Input((1,), dtype=dtype), layer]), loss, data)


def test_only_problems_that_compile_the_same_share_programs() -> None:
    first = line()
    assert line().programs is first.programs
    other_data = Dataset("other", LINE.inputs[:, 0] + 1, LINE.targets)
    assert line(data=other_data).programs is first.programs
    for other in (
        line(loss=losses.bce_clipped, activation="sigmoid"),
        line(activation="tanh"),
        line(name="renamed"),
        line(dtype="float64"),
        line(data=Dataset("short", LINE.inputs[:9], LINE.targets[:9])),
        line(loss=lambda y, p: losses.mse(y, p)),
    ):
        assert other.programs is not first.programs


def test_a_loss_whose_surroundings_changed_is_compiled_anew() -> None:
    scale = {"k": 1.0}

    def loss(y_true: object, y_pred: object) -> object:
        return scale["k"] * losses.mse(y_true, y_pred)

    first = float(line(loss).loss_at([1, 1]))
    scale["k"] = 3.0
    assert float(line(loss).loss_at([1, 1])) == pytest.approx(3 * first)


def test_shared_programs_give_each_problem_its_own_results() -> None:
    shifted = Dataset("shifted", LINE.inputs[:, 0], LINE.targets[:, 0] + 2)
    for data in (LINE, shifted):
        by_hand = np.mean((2 * LINE.inputs[:, 0] + 1 - data.targets[:, 0]) ** 2)
        assert float(line(data=data).loss_at([2, 1])) == pytest.approx(by_hand, rel=1e-6)
