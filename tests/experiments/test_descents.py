"""What the descent experiments say: arrival, and what of Adam's state keeps MSE from arriving."""

import numpy as np
import pytest
import xarray as xr

from tfreg import descents, train
from tfreg.backend import keras
from tfreg.problem.problem import Problem

START = (-10.0, -1.0)


@pytest.fixture(scope="module")
def mse() -> Problem:
    return descents.lecture_problems()["MSE"]


def run_with_losses(losses: list[float]) -> xr.Dataset:
    return xr.Dataset({"loss": ("epoch", losses)}, coords={"epoch": 15 * np.arange(len(losses))})


def test_arrival_is_the_first_epoch_with_one_percent_of_the_way_left(mse: Problem) -> None:
    lowest = float(mse.loss_at(descents.minimum(mse)))
    left = [1.0, 0.02, 0.0099, 0.5]
    assert descents.arrival(mse, run_with_losses([lowest + 0.3 * share for share in left])) == 30
    assert descents.arrival(mse, run_with_losses([lowest + 0.3 * share for share in left[:2]])) is None


def test_the_minimum_is_one(mse: Problem) -> None:
    for problem in descents.lecture_problems("float64").values():
        at = descents.minimum(problem)
        assert np.abs(problem.gradient_at(at)).max() < 1e-8
        assert np.linalg.eigvalsh(problem.hessian_at(at)).min() > 0


def test_the_carried_over_state_alone_keeps_mse_stuck(mse: Problem) -> None:
    descent = descents.run({"MSE": mse}, keras.optimizers.Adam(0.1), 435, START, {"MSE": (0.71488917, -1.3362132)})
    assert descents.arrival(mse, descent.carried["MSE"]) is None
    assert descents.arrival(mse, descent.fresh["MSE"]) is not None
    assert not descent.same


def test_one_part_of_adams_state_at_a_time(mse: Problem) -> None:
    """Each part, carried over by hand for single warm-ups, does what the stacked count says of it."""
    n = 5
    words = descents.fates_after_warm_up(mse, keras.optimizers.Adam(0.1), 60, START, n, seed=3)
    random_starts = np.random.default_rng(3).uniform(-np.sqrt(2), np.sqrt(2), (n, 2))
    keep = {"all": "", "the average of its square only": "velocity", "the average of the gradient only": "momentum"}
    for part, fragment in keep.items():
        stuck = 0
        for warm_up_start in random_starts:
            warm_up = train(mse, "adam:0.1", 1, warm_up_start)
            kept = [fragment in label for label in warm_up.state.values]
            carried = warm_up.assign(optimizer_state=warm_up.optimizer_state * kept)
            run = train(mse, "adam:0.1", 60, START, continue_from=carried, record_every=15)
            stuck += descents.arrival(mse, run) is None
        lost = f"{100 * stuck / n:.1f} %"
        assert words[part].split(" stay, ")[1].startswith(lost)


def test_place() -> None:
    assert descents.place((-3.0, 0.5)) == "(-3, 0.5)"
