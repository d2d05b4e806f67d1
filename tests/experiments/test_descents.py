"""The lecture's descents: when they arrive, and what of Adam's state keeps MSE from it."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import xarray as xr

from tfreg import Problem, datasets, losses, models, surfaces, train
from tfreg.suite.scripts import load_script

FOLDER = Path(__file__).parent.parent.parent / "experiments"
START = (-10.0, -1.0)


@pytest.fixture(scope="module")
def descents() -> ModuleType:
    return load_script(FOLDER / "lecture" / "descents.py")


@pytest.fixture(scope="module")
def mse() -> Problem:
    return Problem(models.logistic(2), losses.mse, datasets.bernoulli_line())


@pytest.fixture(scope="module")
def goal(mse: Problem) -> float:
    return surfaces.goals({"MSE": mse})["MSE"]


def run_with_losses(losses: list[float]) -> xr.Dataset:
    epochs = 15 * np.arange(len(losses))
    weights = np.full((len(losses), 2), (-1.0, 5.0))
    return xr.Dataset({"loss": ("epoch", losses), "weights": (("epoch", "weight"), weights)}, coords={"epoch": epochs})


def test_the_goal_leaves_one_percent_of_the_gap_at_zero_weights(mse: Problem, goal: float) -> None:
    lowest = float(mse.loss_at(surfaces.minimum_weights(mse, near=(-1, 5))))
    gap = float(mse.loss_at((0, 0))) - lowest
    assert goal == pytest.approx(lowest + 0.01 * gap, rel=1e-5)


def test_arrival_is_the_first_recorded_epoch_at_the_goal(descents: ModuleType) -> None:
    assert descents.arrival(run_with_losses([1.0, 0.6, 0.5, 0.7]), 0.5) == 30
    assert descents.arrival(run_with_losses([1.0, 0.6]), 0.5) is None
    runs = {"MSE": run_with_losses([1.0, 0.6]), "BCE": run_with_losses([1.0, 0.4])}
    text = descents.arrivals(runs, {"MSE": 0.5, "BCE": 0.5})
    assert text == "MSE does not arrive, ends at (-1.00, 5.00), BCE at 15"


def test_the_carried_over_state_alone_keeps_mse_stuck(descents: ModuleType, mse: Problem, goal: float) -> None:
    warm_up = train(mse, "adam:0.1", 1, (0.71488917, -1.3362132))
    carried = train(mse, "adam:0.1", 435, START, continue_from=warm_up)
    assert descents.arrival(carried, goal) is None
    assert np.linalg.norm(carried.weights[-1] - START) < 1
    assert descents.arrival(train(mse, "adam:0.1", 435, START), goal) == 68


@pytest.mark.slow
def test_one_part_of_adams_state_at_a_time(mse: Problem, goal: float) -> None:
    """Each part, carried over by hand from single warm-ups, does what the script says of all at once."""
    n, epochs = 4, 150
    script = load_script(FOLDER / "beyond" / "04_adam_state.py")
    table = script.main(epochs=epochs, n_warm_ups=n).tables["parts"].content.set_index("carried over")
    warm_up_starts = np.random.default_rng(0).uniform(-np.sqrt(2), np.sqrt(2), (n, 2))
    warm_ups = [train(mse, "adam:0.1", 1, start) for start in warm_up_starts]
    for part, word in {"all": "", "average of its square": "velocity", "count of steps": "iteration"}.items():
        arrived, stayed = 0, 0
        for warm_up in warm_ups:
            kept = [word in label for label in warm_up.state.values]
            state = warm_up.assign(optimizer_state=warm_up.optimizer_state * kept)
            run = train(mse, "adam:0.1", epochs, START, continue_from=state, record_every=15)
            arrived += bool((run.loss <= goal).any())
            stayed += not (run.loss <= goal).any() and np.linalg.norm(run.weights[-1] - START) < 3
        assert (table.arrive[part], table.stay[part]) == (arrived / n, stayed / n)
    np.testing.assert_allclose(table.arrive + table.stay + table.elsewhere, 1)
    assert table.arrive["count of steps"] == 1
    assert table.arrive["all"] < 1
