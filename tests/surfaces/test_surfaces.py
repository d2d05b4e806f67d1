"""Surfaces against the loss at single points, and the minimum that Newton's method finds."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conftest import Refused

from tfreg import losses, models, train
from tfreg.backend import keras
from tfreg.datasets import Dataset, bernoulli_line, piecewise
from tfreg.problem.problem import Problem
from tfreg.surfaces import curvature_surface, grid, grid_around, loss_surface, minimum_weights


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
    assert lowest == pytest.approx(float(problem.loss_at(minimum_weights(problem, (0, 0)))), abs=1e-5)
    assert peak < 2 * 2**30


def test_a_curvature_surface_holds_the_derivatives_in_its_two_weights() -> None:
    problem = net()
    first, second = "out/kernel[1,0]", "hidden/bias[2]"
    pair = [problem.labels.index(first), problem.labels.index(second)]
    over = grid(**{first: (-1, 1, 0.5), second: (0, 2, 1)})
    surface = curvature_surface(problem, over)
    np.testing.assert_array_equal(surface.loss, loss_surface(problem, over).loss)
    assert surface.axis.values.tolist() == [first, second]
    for x in surface[first].values:
        for y in surface[second].values:
            weights = problem.initial_weights
            weights[pair] = x, y
            at = surface.sel({first: x, second: y})
            np.testing.assert_allclose(at.gradient, problem.gradient_at(weights)[pair], rtol=1e-9, atol=1e-14)
            hessian = problem.hessian_at(weights)[np.ix_(pair, pair)]
            np.testing.assert_allclose(at.curvature, np.linalg.eigvalsh(hessian)[0], rtol=1e-9, atol=1e-14)


@pytest.mark.slow
def test_bce_is_convex_and_mse_is_not() -> None:
    """The smallest curvature over a wide grid."""
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
    np.testing.assert_allclose(minimum_weights(problem, (5, -5, 5)), solution, atol=1e-7)


@pytest.mark.parametrize("loss", ["bce", "mse"])
@pytest.mark.parametrize("near", [(0, 0), (-3, -1), (2, 8)])
def test_the_gradient_vanishes_at_the_minimum(loss: str, near: tuple[float, float]) -> None:
    problem = logistic(loss=loss)
    found = minimum_weights(problem, near)
    # Stopped by the loss's last digit (1e-16), at a distance d where d^2 times the curvature (0.05) is as small.
    np.testing.assert_allclose(problem.gradient_at(found), 0, atol=1e-8)
    assert (np.linalg.eigvalsh(problem.hessian_at(found)) > 0).all()


def test_the_minimum_lies_where_the_surface_is_lowest() -> None:
    problem = logistic()
    surface = loss_surface(problem, grid(w0=(-3, 1, 0.01), w1=(1, 9, 0.01)))
    lowest = surface.isel(surface.loss.argmin(dim=["w0", "w1"]))
    # The valley runs aslant, so the lowest grid point may be some steps of 0.01 from the minimum along it.
    np.testing.assert_allclose(minimum_weights(problem, (0, 0)), [lowest.w0, lowest.w1], atol=0.05)
    assert problem.loss_at(minimum_weights(problem, (0, 0))) <= lowest.loss


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


def test_what_cannot_fit_into_memory_is_refused_before_it_is_made(refused: Refused) -> None:
    with refused("grid: w1 in steps of 1e-12 needs 87.3 TiB of memory, and there are "):
        grid(w0=(0, 1, 0.5), w1=(-1, 11, 1e-12))
    with refused("a grid of 10000000000000 steps in each direction needs"):
        grid_around([(0, 0), (1, 1)], steps=10**13)
    fine = grid(w0=(-10, 3, 1e-5), w1=(-1, 10, 1e-5))
    for surface in (loss_surface, curvature_surface):
        with refused("a surface of 1300000 x 1100000 points needs"):
            surface(logistic(), fine)
    run = train(logistic(), "sgd:0.1", 2, (0, 1))
    with refused("a surface of 1000000 x 1000000 points needs 43.7 TiB"):
        loss_surface(logistic(), around=run, steps=10**6)


def test_an_unknown_weight_is_refused(refused: Refused) -> None:
    with refused("unknown weight 'w2'; choose from: w0, w1"):
        loss_surface(logistic(), grid(w0=(0, 1, 0.5), w2=(0, 1, 0.5)))
    with refused("unknown weight 'hiden/bias[2]'; did you mean 'hidden/bias[2]'?"):
        loss_surface(net(), grid(**{"hidden/bias[0]": (0, 1, 0.5), "hiden/bias[2]": (0, 1, 0.5)}))


def test_a_minimum_needs_a_place_to_begin(refused: Refused) -> None:
    with refused("weights: expected 2 numbers"):
        minimum_weights(logistic(), (1, 2, 3))
    with refused("weights: expected finite numbers"):
        minimum_weights(logistic(), (np.nan, 0))


@pytest.mark.parametrize("range_", [(0, 1), (0, np.inf, 0.5), ("a", 1, 0.5), 3, (0, 1, np.nan)])
def test_a_range_that_is_none(range_: object, refused: Refused) -> None:
    with refused("grid: expected w1=(first, end above first, step above 0), got"):
        grid(w0=(0, 1, 0.5), w1=range_)  # type: ignore[arg-type]


def test_a_surface_over_one_weight(refused: Refused) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(20))
    with refused("expected a grid of two weights, got w0"):
        loss_surface(problem, {"w0": np.arange(3.0)})


@pytest.mark.slow
def test_points_are_made_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(20))
    over = grid(w0=(-1, 1, 0.3), w1=(-1, 2, 0.4))
    whole = curvature_surface(problem, over)
    monkeypatch.setattr("tfreg.surfaces.surface._NUMBERS_AT_ONCE", 6)
    xr.testing.assert_allclose(curvature_surface(problem, over), whole)


def test_a_minimum_from_where_the_loss_is_not_finite(refused: Refused) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(20))
    with refused("expected to begin where the loss is finite, got"):
        minimum_weights(problem, (0, 200))


# A window around paths.


def run_of(weights: object, **coordinates: object) -> xr.Dataset:
    return xr.Dataset({"weights": (("epoch", "weight"), np.asarray(weights, dtype=float))}, coords=coordinates)


def test_a_surface_around_paths_holds_all_of_them() -> None:
    problem = logistic()
    runs = {"sgd": train(problem, "sgd:0.1", 20, (-3, -1)), "adam": train(problem, "adam:0.1", 20, [(0, 0), (1, 2)])}
    surface = loss_surface(problem, around=runs, margin=0.1, steps=9)
    assert surface.loss.dims == ("w0", "w1")
    assert surface.loss.shape == (9, 9)
    for run in runs.values():
        for name in ("w0", "w1"):
            assert surface[name].min() < run.weights.sel(weight=name).min()
            assert run.weights.sel(weight=name).max() < surface[name].max()
    point = surface.isel(w0=3, w1=4)
    assert float(point.loss) == pytest.approx(float(problem.loss_at([point.w0, point.w1])), rel=1e-12)


def test_the_minimum_and_the_true_weights_are_marked() -> None:
    problem = logistic()
    surface = loss_surface(problem, around=train(problem, "adam:0.1", 100, (-3, -1)), steps=5)
    np.testing.assert_allclose(surface.marked.sel(mark="minimum"), minimum_weights(problem, (0, 0)), atol=1e-6)
    assert surface.marked.sel(mark="true weights").values.tolist() == [-1, 5]


def test_no_minimum_is_marked_where_the_loss_falls_for_ever() -> None:
    data = Dataset("apart", [[1.0, -1], [1, -2], [1, 1], [1, 2]], [0, 0, 1, 1])
    problem = Problem(models.logistic(2, dtype="float64"), losses.bce, data)
    assert "marked" not in loss_surface(problem, around=train(problem, "sgd:1", 50, (0, 0)), steps=5)


def test_a_larger_net_is_seen_in_the_principal_plane_of_its_paths() -> None:
    problem = net()
    runs = train(problem, "adam:0.1", 30, problem.random_starts(2, seed=0))
    surface = curvature_surface(problem, around=runs, steps=4)
    assert surface.loss.dims == ("u", "v")
    assert "%" in surface.u.attrs["long_name"]
    weights = surface.origin.values + np.array([surface.u[1], surface.v[2]]) @ surface.directions.values
    assert float(surface.loss[1, 2]) == pytest.approx(float(problem.loss_at(weights)), rel=1e-12)
    along = surface.directions.values
    np.testing.assert_allclose(surface.gradient[1, 2], along @ problem.gradient_at(weights), rtol=1e-9)
    hessian = along @ problem.hessian_at(weights) @ along.T
    np.testing.assert_allclose(surface.curvature[1, 2], np.linalg.eigvalsh(hessian)[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("path", "extent"),
    [
        ([(0, 0), (4, 8)], (6.0, 12.0)),
        ([(1, 2), (5, 2)], (6.0, 1.5)),  # constant in one direction: a quarter of the other
        ([(3, 4)], (1.5, 1.5)),  # one point
        ([(0, 0), (np.nan, 9), (np.inf, 1), (4, 8)], (6.0, 12.0)),  # diverged
    ],
)
def test_the_window_has_an_extent_whatever_the_path_is(path: list, extent: tuple[float, float]) -> None:
    surface = loss_surface(logistic(), around=run_of(path), steps=3)
    assert np.ptp(surface.w0.values) == pytest.approx(extent[0])
    assert np.ptp(surface.w1.values) == pytest.approx(extent[1])


def test_a_grid_around_points_holds_them() -> None:
    over = grid_around([[(0, 5), (2, 5)], [(1, 5), (-1, 5)]], steps=5)
    assert over["u"].tolist() == pytest.approx([-1.75, -0.625, 0.5, 1.625, 2.75])
    assert over["v"][0] < 5 < over["v"][-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "a grid (tfreg.grid) or around=runs"),
        ({"over": {"w0": [0, 1], "w1": [0, 1]}, "around": run_of([(0, 0)])}, "one of them"),
        ({"around": run_of([(0, 0, 0)])}, "expected 2 numbers"),
        ({"around": run_of([(np.nan, 0)])}, "a run with finite weights"),
        ({"around": {}}, "runs of the same weights, got none"),
        ({"around": {"a": run_of([(0, 0)]), "b": run_of([(0, 0, 0)])}}, "got runs of 2, 3 weights"),
        (
            {"around": [(0, 0)]},
            "around: expected a run as tfreg.train returns it, or a dict of runs by name, got [(0, 0)]",
        ),
        ({"around": run_of([(0, 0)]), "margin": -1}, "margin: expected a finite number of 0 or more, got -1"),
        ({"around": run_of([(0, 0)]), "steps": 1}, "steps: expected a whole number of 2 or more, got 1"),
    ],
)
def test_a_window_that_cannot_be_chosen_is_refused(arguments: dict, message: str, refused: Refused) -> None:
    with refused(message):
        loss_surface(logistic(), **arguments)


def test_a_net_of_one_weight_has_no_surface(refused: Refused) -> None:
    layers = [keras.Input((1,)), keras.layers.Dense(1, use_bias=False)]
    problem = Problem(keras.Sequential(layers), losses.mse, Dataset("one", [[1.0], [2.0]], [1, 2]))
    with refused("two weights or more"):
        loss_surface(problem, around=train(problem, "sgd:0.1", 3, (0,)))


def test_marks_of_a_larger_net_are_projected_onto_the_plane() -> None:
    random = np.random.default_rng(0)
    true_weights = np.array([1.0, -2.0, 0.5])
    x = random.normal(size=(50, 3))
    data = Dataset("line", x, x @ true_weights + 0.1 * random.normal(size=50), true_weights=true_weights)
    layers = [keras.Input((3,), dtype="float64"), keras.layers.Dense(1, use_bias=False, dtype="float64")]
    problem = Problem(keras.Sequential(layers), losses.mse, data)
    surface = loss_surface(problem, around=train(problem, "sgd:0.1", 50, (5, 5, 5)), steps=5)
    origin, directions = surface.origin.values, surface.directions.values
    minimum = np.linalg.lstsq(x, data.targets[:, 0], rcond=None)[0]
    for mark, weights in (("true weights", true_weights), ("minimum", minimum)):
        np.testing.assert_allclose(surface.marked.sel(mark=mark), directions @ (weights - origin), atol=1e-6)


def test_separable_data_have_a_surface_and_no_minimum() -> None:
    """Far out the unclipped BCE is NaN, and so are its derivatives."""
    data = Dataset("apart", [[0.0], [1.0], [2.0]], [0, 0, 1])
    problem = Problem(models.logistic(1, bias=True), losses.bce, data)
    surface = loss_surface(problem, around=train(problem, "adam:0.1", 3000), steps=5)
    assert "marked" not in surface


def test_a_run_that_diverges_does_not_stretch_the_window() -> None:
    problem = Problem(models.relu_net(2), losses.mse, piecewise())
    start = problem.random_starts(1, seed=0)[0]
    runs = {name: train(problem, name, 30, start) for name in ("sgd:0.1", "sgd:1e20")}
    surface = loss_surface(problem, around=runs, steps=5)
    assert np.isfinite(surface.loss).all()
    assert surface.loss.max() < 100
