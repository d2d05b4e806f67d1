"""Surfaces against the loss at single points, and the minimum that Newton's method finds."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conftest import Refused

from tfreg import losses, models
from tfreg.backend import keras
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.problem.problem import Problem
from tfreg.surfaces import surface as surfaces
from tfreg.surfaces.surface import curvature_surface, grid, loss_surface, minimum


@cache
def logistic(dtype: str = "float64", loss: str = "bce") -> Problem:
    return Problem(models.logistic(2, dtype=dtype), losses.get(loss), bernoulli_line(50))


def net() -> Problem:
    dense = keras.layers.Dense
    layers = [dense(3, "tanh", name="hidden", dtype="float64"), dense(1, "sigmoid", name="out", dtype="float64")]
    model = keras.Sequential([keras.Input((2,), dtype="float64"), *layers])
    return Problem(model, losses.mse, bernoulli_line(50))


# Surfaces.


def test_a_surface_is_the_loss_at_every_point() -> None:
    problem = logistic()
    surface = loss_surface(problem, grid(w0=(-3, 2, 0.5), w1=(-1, 6, 1)))
    assert surface.loss.dims == ("w0", "w1")
    assert surface.loss.shape == (10, 7)
    assert surface.attrs == {"loss": "bce", "dataset": "bernoulli_line"}
    for w0 in surface.w0.values:
        for w1 in surface.w1.values:
            at = surface.loss.sel(w0=w0, w1=w1)
            np.testing.assert_allclose(at, problem.loss_at([w0, w1]), rtol=1e-12)  # the same sums in another order


def test_the_grid_s_order_is_the_surface_s_order() -> None:
    problem = logistic()
    forth = loss_surface(problem, grid(w0=(-3, 2, 1), w1=(-1, 6, 1)))
    back = loss_surface(problem, grid(w1=(-1, 6, 1), w0=(-3, 2, 1)))
    assert back.loss.dims == ("w1", "w0")
    np.testing.assert_array_equal(back.loss.transpose(*forth.loss.dims), forth.loss)


def test_weights_that_the_grid_does_not_name_stay_as_the_model_holds_them() -> None:
    problem = net()
    first, second = "out/kernel[1,0]", "hidden/bias[2]"
    for _ in range(2):
        weights = np.random.default_rng(1).normal(size=problem.n_weights)
        for variable, value in zip(
            problem.model.trainable_variables, problem.unflatten(weights[np.newaxis]), strict=True
        ):
            variable.assign(value[0])
        surface = loss_surface(problem, grid(**{first: (-1, 1, 0.5), second: (0, 2, 1)}))
        for x in surface[first].values:
            for y in surface[second].values:
                weights[[problem.labels.index(first), problem.labels.index(second)]] = x, y
                at = surface.loss.sel({first: x, second: y})
                np.testing.assert_allclose(at, problem.loss_at(weights), rtol=1e-12)


def test_a_surface_may_hold_what_is_not_finite() -> None:
    """The unclipped BCE is infinite once a probability rounds to 0 or 1: in float32, beyond logits of about 16.6."""
    surface = loss_surface(logistic("float32"), grid(w0=(0, 60, 20), w1=(0, 2, 1)))
    assert np.isfinite(surface.loss.sel(w0=0)).all()
    assert not np.isfinite(surface.loss.sel(w0=40)).any()


def test_a_grid_is_like_arange() -> None:
    values = grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2))
    assert list(values) == ["w0", "w1"]
    np.testing.assert_array_equal(values["w0"], np.arange(-10, 3, 0.2))
    np.testing.assert_array_equal(values["w1"], np.arange(-1, 10, 0.2))


FINE_GRID = """
from pathlib import Path
import tfreg
problem = tfreg.Problem(tfreg.models.logistic(2), tfreg.losses.bce, tfreg.datasets.bernoulli_line(2000))
surface = tfreg.loss_surface(problem, tfreg.grid(w0=(-2, 0, 0.001), w1=(4, 6, 0.001)))
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(surface.loss.size, float(surface.loss.min()), 1024 * int(peak.split()[1]))
"""


# Not by `resource.getrusage`: there a process begins with the peak of the one that started it, here all of pytest.
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of the memory is read from /proc")
def test_a_fine_grid_stays_within_two_gibibytes() -> None:
    """2000 x 2000 points on 2000 samples: all predictions at once would take 32 GB."""
    done = subprocess.run([sys.executable, "-c", FINE_GRID], capture_output=True, text=True, check=True)
    n_points, lowest, peak = (float(word) for word in done.stdout.split())
    assert n_points == 2000 * 2000
    problem = Problem(models.logistic(2, dtype="float64"), losses.bce, bernoulli_line(2000))
    # The lowest grid point is within 0.0005 of the minimum in each weight; float32 sums of 2000 terms add about 1e-6.
    assert lowest == pytest.approx(float(problem.loss_at(minimum(problem, (0, 0)))), abs=1e-5)
    assert peak < 2 * 2**30


def test_a_curvature_surface_holds_the_derivatives_in_its_two_weights() -> None:
    problem = net()
    first, second = "out/kernel[1,0]", "hidden/bias[2]"
    pair = [problem.labels.index(first), problem.labels.index(second)]
    over = grid(**{first: (-1, 1, 0.5), second: (0, 2, 1)})
    surface = curvature_surface(problem, over)
    np.testing.assert_array_equal(surface.loss, loss_surface(problem, over).loss)
    assert surface.weight.values.tolist() == [first, second]
    for x in surface[first].values:
        for y in surface[second].values:
            weights = problem.initial_weights
            weights[pair] = x, y
            at = surface.sel({first: x, second: y})
            np.testing.assert_allclose(at.gradient, problem.gradient_at(weights)[pair], rtol=1e-9, atol=1e-14)
            hessian = problem.hessian_at(weights)[np.ix_(pair, pair)]
            np.testing.assert_allclose(at.curvature, np.linalg.eigvalsh(hessian)[0], rtol=1e-9, atol=1e-14)


def test_bce_is_convex_and_mse_is_not() -> None:
    """The lecture's point, on its data: the smallest curvature over the grid of figure 9."""
    over = grid(w0=(-10, 3, 1), w1=(-1, 10, 1))
    bce, mse = (curvature_surface(logistic(loss=loss), over).curvature for loss in ("bce", "mse"))
    # Far out the exact curvature is positive but tiny; a Hessian near 1e-6 carries a rounding error near 1e-16.
    assert bce.min() > -1e-15
    assert mse.min() < -1e-3


# The minimum.


def test_the_minimum_of_a_quadratic_is_its_solution() -> None:
    random = np.random.default_rng(2)
    inputs, targets = random.normal(size=(20, 3)), random.normal(size=20)
    layers = [keras.Input((3,), dtype="float64"), keras.layers.Dense(1, use_bias=False, dtype="float64")]
    problem = Problem(keras.Sequential(layers), losses.mse, Dataset("quadratic", inputs, targets))
    solution = np.linalg.lstsq(inputs, targets, rcond=None)[0]
    # Newton stops when the loss falls no further, near the square root of float64's precision.
    np.testing.assert_allclose(minimum(problem, (5, -5, 5)), solution, atol=1e-7)


@pytest.mark.parametrize("loss", ["bce", "mse"])
@pytest.mark.parametrize("near", [(0, 0), (-3, -1), (2, 8)])
def test_the_gradient_vanishes_at_the_minimum(loss: str, near: tuple[float, float]) -> None:
    problem = logistic(loss=loss)
    found = minimum(problem, near)
    # Stopped by the loss's last digit (1e-16), at a distance d where d^2 times the curvature (0.05) is as small.
    np.testing.assert_allclose(problem.gradient_at(found), 0, atol=1e-8)
    assert (np.linalg.eigvalsh(problem.hessian_at(found)) > 0).all()


def test_the_minimum_lies_where_the_surface_is_lowest() -> None:
    problem = logistic()
    surface = loss_surface(problem, grid(w0=(-3, 1, 0.01), w1=(1, 9, 0.01)))
    lowest = surface.isel(surface.loss.argmin(dim=["w0", "w1"]))
    # The valley runs aslant, so the lowest grid point may be some steps of 0.01 from the minimum along it.
    np.testing.assert_allclose(minimum(problem, (0, 0)), [lowest.w0, lowest.w1], atol=0.05)
    assert problem.loss_at(minimum(problem, (0, 0))) <= lowest.loss


# Bad input.


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, "grid: expected two weights, got none"),
        ({"w0": (0, 1, 0.1)}, "grid: expected two weights, got w0"),
        ({"w0": (0, 1, 0.1), "w1": (0, 1, 0.1), "w2": (0, 1, 0.1)}, "grid: expected two weights, got w0, w1, w2"),
        (
            {"w0": (0, 1, 0.1), "w1": (1, 0, 0.1)},
            "grid: expected w1=(first, end above first, step above 0), got (1, 0, 0.1)",
        ),
        ({"w0": (0, 1, 0), "w1": (0, 1, 0.1)}, "grid: expected w0="),
        ({"w0": (0, 1, -0.1), "w1": (0, 1, 0.1)}, "grid: expected w0="),
        ({"w0": (0, 1, float("nan")), "w1": (0, 1, 0.1)}, "grid: expected w0="),
        ({"w0": (float("nan"), 1, 0.1), "w1": (0, 1, 0.1)}, "grid: expected w0="),
    ],
)
def test_a_bad_grid_is_refused(ranges: dict[str, tuple[float, float, float]], message: str, refused: Refused) -> None:
    with refused(message):
        grid(**ranges)


def test_an_unknown_weight_is_refused(refused: Refused) -> None:
    with refused("unknown weight 'w2'; choose from: w0, w1"):
        loss_surface(logistic(), grid(w0=(0, 1, 0.5), w2=(0, 1, 0.5)))
    with refused("unknown weight 'hiden/bias[2]'; did you mean 'hidden/bias[2]'?"):
        loss_surface(net(), grid(**{"hidden/bias[0]": (0, 1, 0.5), "hiden/bias[2]": (0, 1, 0.5)}))


def test_a_minimum_needs_a_place_to_begin(refused: Refused) -> None:
    with refused("weights: expected 2 numbers"):
        minimum(logistic(), (1, 2, 3))
    with refused("weights: expected finite numbers"):
        minimum(logistic(), (np.nan, 0))


@pytest.mark.parametrize("range_", [(0, 1), (0, np.inf, 0.5), ("a", 1, 0.5), 3, (0, 1, np.nan)])
def test_a_range_that_is_none(range_: object, refused: Refused) -> None:
    with refused("grid: expected w1=(first, end above first, step above 0), got"):
        grid(w0=(0, 1, 0.5), w1=range_)  # type: ignore[arg-type]


def test_a_surface_over_one_weight(refused: Refused) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(20))
    with refused("expected a grid of two weights, got w0"):
        loss_surface(problem, {"w0": np.arange(3.0)})


def test_points_are_made_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(20))
    over = grid(w0=(-1, 1, 0.3), w1=(-1, 2, 0.4))
    whole = curvature_surface(problem, over)
    monkeypatch.setattr(surfaces, "_NUMBERS_AT_ONCE", 6)
    xr.testing.assert_allclose(curvature_surface(problem, over), whole)


def test_a_minimum_from_where_the_loss_is_not_finite(refused: Refused) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(20))
    with refused("expected to begin where the loss is finite, got"):
        minimum(problem, (0, 200))
