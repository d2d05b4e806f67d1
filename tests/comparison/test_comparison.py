"""`compare` against `train`, plain Keras and closed forms; its axes, its statuses, and bad input."""

import itertools
import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import plain_keras
import pytest
import xarray as xr
from conftest import Refused
from hypothesis import given, settings
from hypothesis import strategies as st
from test_training import OPTIMIZERS, TwiceAsFar, assert_same_path, logistic, net, quadratic, starts_for

import tfreg
from tfreg import comparison, losses, models, optimizers, train
from tfreg.backend import keras, tf
from tfreg.comparison import STATUS, arguments
from tfreg.comparison.compare import IncompleteError, compare
from tfreg.comparison.run_grid import RunGrid, Schedule
from tfreg.comparison.worker import judge
from tfreg.datasets import bernoulli_line, piecewise
from tfreg.problem.problem import Problem
from tfreg.surfaces.minimum import lowest_loss, targets

SGD = keras.optimizers.SGD
EPOCHS = 6
REACHED, NOT_REACHED, DIVERGED = range(3)


def known(*names: str) -> dict[str, Any]:
    """A tolerance and minima, for tests that do not ask for them; to look for them takes a while."""
    return {"tolerance": 0.1, "minimum": dict.fromkeys(names or ("p",), 0.0)}


@cache
def squared() -> Problem:
    return Problem(logistic().model, losses.mse, logistic().dataset)


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("sgd", "adam") else pytest.param(name, marks=pytest.mark.slow)
        for name in OPTIMIZERS
        if name != "schedulefreeadamw"  # compared with its paper elsewhere: Keras's departs from it
    ],
)
def test_every_learning_rate_equals_plain_keras(name: str) -> None:
    """Learning rates are an axis of the stack: each row has to go as Keras goes with that rate alone."""
    problem = net() if name in ("lamb", "adafactor", "muon", "adam, global_clipnorm") else logistic()
    starts, rates = starts_for(problem, 2), [0.01, 0.3]
    result = compare(
        {"p": problem}, {name: OPTIMIZERS[name]()}, starts, EPOCHS, vary={"learning_rate": rates},
        record_every=1, trajectories=True, **known(),
    )  # fmt: skip
    for rate in rates:
        with plain_keras.floatx("float64"):
            config = OPTIMIZERS[name]().get_config() | {"learning_rate": rate}
            expected = plain_keras.fit(problem, type(OPTIMIZERS[name]()).from_config(config), starts[1], EPOCHS)
        run = result.sel(learning_rate=rate).isel(problem=0, optimizer=0, start=1)
        assert_same_path(run.weights, expected)
        assert_same_path(run.loss, problem.loss_at(expected))
        assert_same_path(run.final_weights, expected[-1])


@pytest.mark.parametrize("nesterov", [False, True])
def test_every_momentum_equals_plain_keras(nesterov: bool) -> None:
    problem, momenta = logistic(), [0.0, 0.3, 0.9]
    start = starts_for(problem)[0]
    result = compare(
        {"p": problem}, {"sgd": SGD(0.5, nesterov=nesterov)}, start, EPOCHS, vary={"momentum": momenta},
        record_every=1, trajectories=True, **known(),
    )  # fmt: skip
    for momentum in momenta:
        with plain_keras.floatx("float64"):
            expected = plain_keras.fit(problem, SGD(0.5, momentum=momentum, nesterov=nesterov), start, EPOCHS)
        assert_same_path(result.weights.sel(momentum=momentum).isel(problem=0, optimizer=0, start=0), expected)


def test_a_subclass_of_the_user_takes_part_and_is_not_stacked() -> None:
    problem, starts = logistic(), starts_for(logistic(), 3)
    ask = {"vary": {"learning_rate": [0.1, 0.2]}, **known()}
    result = compare({"p": problem}, {"own": TwiceAsFar(0.1)}, starts, EPOCHS, **ask)
    expected = descended(problem, starts, 0.4)
    np.testing.assert_allclose(result.final_weights.sel(learning_rate=0.2)[0, 0], expected, rtol=1e-12)


def descended(problem: Problem, starts: np.ndarray, rate: float) -> np.ndarray:
    """Gradient descent by hand, the last weights."""
    weights = np.array(starts)
    for _ in range(EPOCHS):
        weights = weights - rate * problem.gradient_at(weights)
    return weights


def test_problems_optimizers_and_starts_are_crossed_in_order() -> None:
    problems = {"BCE": logistic(), "MSE": squared()}
    starts = starts_for(logistic(), 5)
    result = compare(problems, ["sgd:0.5", "sgd:0.1"], starts, EPOCHS, **known(*problems))
    assert dict(result.sizes) == {"problem": 2, "optimizer": 2, "start": 5, "weight": 2}
    np.testing.assert_array_equal(result.start_weights, starts)
    for name, problem in problems.items():
        for rate in (0.5, 0.1):
            expected = descended(problem, starts, rate)
            run = result.sel(problem=name, optimizer=f"sgd:{rate:g}")
            np.testing.assert_allclose(run.final_weights, expected, rtol=1e-12)
            np.testing.assert_allclose(run.final_loss, problem.loss_at(expected), rtol=1e-12)


def test_a_grid_of_starts_is_every_point_of_it_and_comes_back_as_two_dimensions() -> None:
    over = tfreg.grid(w0=(-3, 3, 2), w1=(-1, 1, 1))
    result = compare({"p": logistic()}, ["sgd:0.5"], over, EPOCHS, **known())
    assert result.start_weights.values.tolist() == [[x, y] for x in (-3, -1, 1) for y in (-1, 0)]
    unstacked = comparison.unstack_starts(result)
    expected = descended(logistic(), result.start_weights.values, 0.5)
    np.testing.assert_allclose(unstacked.final_weights[0, 0].values.reshape(-1, 2), expected, rtol=1e-12)


def test_a_grid_of_two_weights_leaves_the_others_as_the_model_holds_them() -> None:
    problem = net()
    first, last = problem.labels[0], problem.labels[-1]
    over = {first: np.array([0.0, 1.0]), last: np.array([2.0, 3.0])}
    starts = arguments.check_starts(over, problem)
    assert starts[:, [0, -1]].tolist() == [[0, 2], [0, 3], [1, 2], [1, 3]]
    assert (starts[:, 1:-1] == problem.initial_weights[1:-1]).all()


def test_seeds_draw_the_batches_as_train_does() -> None:
    problem, start = logistic(), (-3, -1)
    result = compare({"p": problem}, ["adam:0.1"], start, 3, seeds=[4, 7], batch_size=16, **known())
    assert result.final_loss.dims == ("problem", "optimizer", "seed", "start")
    for seed in (4, 7):
        run = train(problem, "adam:0.1", 3, start, batch_size=16, seed=seed)
        assert_same_path(result.final_weights.sel(seed=seed)[0, 0, 0], run.weights[-1])
    assert (result.final_weights.sel(seed=4) != result.final_weights.sel(seed=7)).all()


def test_a_learning_rate_schedule_takes_part_as_it_is() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=3, decay_rate=0.5)
    result = compare({"p": logistic()}, {"decaying": SGD(schedule)}, (-3, -1), EPOCHS, **known())
    assert_same_path(result.final_weights[0, 0, 0], train(logistic(), SGD(schedule), EPOCHS, (-3, -1)).weights[-1])


def test_other_data_of_the_same_shape_compile_nothing_and_give_their_own_results() -> None:
    first, start = logistic(), np.array([[-3.0, -1.0]])
    other = first.on(bernoulli_line(40, seed=1))
    result = compare({"first": first, "other": other}, ["sgd:0.5"], start, EPOCHS, **known("first", "other"))
    n_programs = len(first.programs)
    alone = Problem(models.logistic(2, dtype="float64"), losses.bce, bernoulli_line(40, seed=1))
    expected = descended(alone, start, 0.5)
    np.testing.assert_allclose(result.final_weights.sel(problem="other")[0], expected, rtol=1e-12)
    compare({"other": first.on(bernoulli_line(40, seed=2))}, ["sgd:0.5"], start, EPOCHS, **known("other"))
    assert len(first.programs) == n_programs
    assert first.on(bernoulli_line(41)).programs is not first.programs


# Chunks.


def run_grid(starts: int, rates: int, seeds: int | None, updates: int) -> RunGrid:
    problem: Any = SimpleNamespace(shapes=((1, updates),), dataset=SimpleNamespace(inputs=[0]))
    return RunGrid(
        problems={"a": problem, "b": problem},
        optimizers={"x": "sgd"},
        varied={"learning_rate": np.geomspace(0.1, 1, rates)},
        seeds=None if seeds is None else tuple(range(seeds)),
        starts=np.arange(starts)[:, np.newaxis],
        schedule=Schedule(epochs=10, record_every=3, batch_size=None if seeds is None else 2),
        tolerance=None,
        minimum={},
    )


@given(
    st.integers(1, 40), st.integers(1, 7), st.one_of(st.none(), st.integers(1, 3)), st.sampled_from([1, 10**7, 10**9])
)
@settings(max_examples=60, deadline=None)
def test_chunks_cover_every_run_once_in_its_place(starts: int, rates: int, seeds: int | None, updates: int) -> None:
    whole = run_grid(starts, rates, seeds, updates)
    seen = np.zeros(tuple(whole.sizes.values()), int)
    rate_of, start_of = np.full(seen.shape, np.nan), np.full(seen.shape, np.nan)
    chunks = list(whole.chunks())
    assert [chunk.number for chunk in chunks] == list(range(whole.n_chunks))
    for chunk in chunks:
        region, runs = tuple(chunk.region.values()), chunk.runs()
        assert len(runs.starts) == np.prod(list(whole.box.values()))
        seen[region] += 1
        rate_of[region] = runs.varied["learning_rate"][: runs.n_runs].reshape(chunk.shape)
        start_of[region] = runs.starts[: runs.n_runs, 0].reshape(chunk.shape)
    assert (seen == 1).all()
    np.testing.assert_array_equal(start_of, np.broadcast_to(np.arange(starts), seen.shape))
    np.testing.assert_array_equal(rate_of, np.broadcast_to(whole.varied["learning_rate"][:, np.newaxis], seen.shape))


def test_a_chunk_says_what_it_is() -> None:
    words = [str(chunk) for chunk in run_grid(starts=3, rates=2, seeds=1, updates=10**9).chunks()]
    assert words[0] == "problem a, optimizer x, seed 0, learning_rate 0.1, starts 0 to 0"
    assert words[-1] == "problem b, optimizer x, seed 0, learning_rate 1, starts 2 to 2"


def test_chunks_of_any_size_give_the_same_results(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, starts = logistic("float32"), starts_for(logistic("float32"), 7)
    ask = {"vary": {"learning_rate": [0.1, 0.2, 0.3]}, "record_every": 2, "trajectories": True, **known()}
    whole = compare({"p": problem}, ["adam"], starts, EPOCHS, **ask)
    monkeypatch.setattr("tfreg.comparison.run_grid._MOST_ROWS", 5)
    cut = compare({"p": problem}, ["adam"], starts, EPOCHS, **ask)
    for name in ("final_loss", "final_weights", "epochs_to_tolerance", "status", "loss", "weights"):
        np.testing.assert_allclose(cut[name], whole[name], rtol=1e-5, atol=1e-6)


def small_parts(monkeypatch: pytest.MonkeyPatch, cores: int) -> Problem:
    """A problem of 40 samples whose programs take two blocks of three starts at a time."""
    monkeypatch.setattr("tfreg.training.program._BLOCK_ELEMENTS", 3 * 40)
    monkeypatch.setattr("tfreg.training.program._CALL_ELEMENTS", 6 * 40)
    monkeypatch.setattr("tfreg.training.program._LEAST_BLOCK_ELEMENTS", 1)
    monkeypatch.setattr("tfreg.process.threads.cores", lambda: cores)
    return Problem(models.logistic(2, dtype="float64"), losses.bce, bernoulli_line(40))


@pytest.mark.parametrize("batch_size", [None, 16])
def test_parts_of_any_size_give_the_same_paths(batch_size: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """More starts than fit side by side are cut into blocks and calls, the last one filled up."""
    starts = starts_for(logistic(), 20)
    whole = train(logistic(), "adam:0.1", 9, starts, batch_size=batch_size)
    parts = train(small_parts(monkeypatch, cores=2), "adam:0.1", 9, starts, batch_size=batch_size)
    for name in ("weights", "loss", "optimizer_state"):
        assert_same_path(parts[name], whole[name])


@pytest.mark.parametrize("optimizer", ["adam:0.1", "lamb:0.1"])
def test_another_number_of_cores_changes_no_bit(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = starts_for(logistic(), 20)
    runs = [train(small_parts(monkeypatch, cores), optimizer, 9, starts) for cores in (1, 2, 5)]
    for name in ("weights", "loss", "optimizer_state"):
        for run in runs[1:]:
            np.testing.assert_array_equal(run[name], runs[0][name])


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_bits_of_a_start_do_not_depend_on_how_many_run_beside_it(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With whole blocks they are the same; blocks of other sizes may add in another order, and end within rounding."""
    small_parts(monkeypatch, cores=2)
    starts = starts_for(logistic(), 24)
    many = train(logistic(precision), "adam:0.1", 30, starts).weights.values
    np.testing.assert_array_equal(many[:12], train(logistic(precision), "adam:0.1", 30, starts[:12]).weights)
    alone = train(logistic(precision), "adam:0.1", 30, starts[0]).weights.values
    assert np.abs(many[0] - alone).max() < 100 * np.finfo(precision).eps * np.abs(alone).max()


# What became of the runs.


def test_epochs_to_tolerance_of_a_quadratic_are_exact() -> None:
    """f(w_k) - f* = sum of a_i / 2 (1 - r a_i)^(2k) d_i^2, with a_i and d_i along the eigenvectors of A."""
    problem, a, b = quadratic()
    lowest = np.linalg.solve(a, b)
    values, vectors = np.linalg.eigh(a)
    starts = np.random.default_rng(3).normal(scale=3, size=(20, 3))
    rates, tolerance, epochs = [0.02, 0.05, 0.2], 1e-3, 1000
    result = compare(
        {"q": problem}, {"sgd": SGD(0.1)}, starts, epochs, vary={"learning_rate": rates}, tolerance=tolerance,
        record_every=1,
    )  # fmt: skip
    assert float(result.minimum.sel(problem="q")) == pytest.approx(float(problem.loss_at(lowest)), rel=1e-12)
    for rate in rates:
        distances = (starts - lowest) @ vectors
        shrunk = (1 - rate * values) ** (2 * np.arange(epochs + 1))[:, np.newaxis, np.newaxis]
        excess = (shrunk * values / 2 * distances**2).sum(axis=2)
        expected = (excess <= tolerance).argmax(axis=0)
        assert (excess[-1] <= tolerance).all()
        np.testing.assert_array_equal(result.epochs_to_tolerance.sel(learning_rate=rate)[0, 0], expected)
    assert result.reached.all()


def test_gradient_descent_diverges_beyond_two_over_the_largest_curvature() -> None:
    problem, a, b = quadratic()
    limit = 2 / np.linalg.eigvalsh(a)[-1]
    direction = np.linalg.eigh(a)[1][:, -1]
    start = np.linalg.solve(a, b) + 100 * direction
    rates = limit * np.array([0.9, 0.999, 1.001, 1.1])
    result = compare({"q": problem}, {"sgd": SGD(0.1)}, start, 400, vary={"learning_rate": rates}, record_every=1)
    assert result.status[0, 0, :, 0].values.tolist() == [REACHED, NOT_REACHED, DIVERGED, DIVERGED]


def test_momentum_moves_the_limit_of_stability() -> None:
    """On a quadratic with largest curvature λ, heavy ball is stable below 2 (1 + m) / λ (Polyak 1964)."""
    problem, a, b = quadratic()
    limit = 2 / np.linalg.eigvalsh(a)[-1]
    start = np.linalg.solve(a, b) + 100 * np.linalg.eigh(a)[1][:, -1]
    momenta, factors = np.array([0.0, 0.5, 0.75]), np.array([0.97, 1.03])
    for m in momenta:
        rates = limit * (1 + m) * factors
        result = compare(
            {"q": problem},
            {"sgd": SGD(0.1)},
            start,
            1500,
            vary={"learning_rate": rates, "momentum": [m]},
            record_every=500,
            **known("q"),
        )
        assert (result.status.values.ravel() == DIVERGED).tolist() == [False, True]


def test_what_a_status_means() -> None:
    epochs, weights = np.array([0, 10, 20]), np.zeros((7, 2))
    weights[6, 1] = np.inf
    losses_ = np.array(
        [
            [3.0, 1.0, 0.9],  # reached at the second look
            [3.0, 1.0, 2.9],  # reached, though it left again
            [3.0, 2.0, 2.5],  # on its way
            [3.0, 9.0, 5.5],  # higher than it began and than nothing: diverged
            [3.0, 9.0, 4.5],  # higher than it began, but not than nothing
            [3.0, 1.0, np.nan],  # reached, then lost
            [3.0, 2.0, 2.0],  # weights that are not finite
        ]
    )
    values = judge(losses_, weights, epochs, threshold=1.0, ceiling=5.0)
    expected = ["reached", "reached", "not_reached", "diverged", "not_reached", "diverged", "diverged"]
    assert [STATUS[code] for code in values["status"]] == expected
    assert values["reached"].tolist() == [status == "reached" for status in expected]
    nan = np.nan
    np.testing.assert_array_equal(values["epochs_to_tolerance"], [10, 10, nan, nan, nan, nan, nan])


def test_divergence_is_a_status_and_no_error() -> None:
    problem = logistic("float32")
    result = compare({"p": problem}, ["sgd"], (-3, -1), 20, vary={"learning_rate": [0.1, 1e4]}, **known())
    assert result.status.sel(learning_rate=1e4).item() == DIVERGED
    assert not np.isfinite(result.final_loss.sel(learning_rate=1e4).item())


def test_the_loss_is_looked_at_every_so_many_epochs() -> None:
    problem = logistic()
    ask = {"vary": {"learning_rate": [5.0]}, "tolerance": 0.05, "minimum": {"p": 0.2}}
    exact = compare({"p": problem}, ["sgd"], (-3, -1), 100, record_every=1, **ask).epochs_to_tolerance.item()
    coarse = compare({"p": problem}, ["sgd"], (-3, -1), 100, record_every=15, **ask).epochs_to_tolerance.item()
    assert coarse == 15 * -(-exact // 15)


def test_the_lowest_loss_of_a_convex_problem_is_its_minimum() -> None:
    problem, a, b = quadratic()
    expected = float(problem.loss_at(np.linalg.solve(a, b)))
    assert lowest_loss(problem, np.ones((1, 3))) == pytest.approx(expected, rel=1e-13)


@pytest.mark.slow
def test_the_lowest_loss_of_a_net_is_no_higher_than_what_training_finds() -> None:
    problem = Problem(models.relu_net(2, "float64"), losses.mse, piecewise())
    starts = problem.random_starts(20, seed=0)
    assert lowest_loss(problem, starts, n_descents=20) <= train(problem, "adam:0.03", 300, starts).loss[:, -1].min()


def test_a_tolerance_that_means_the_same_for_every_loss() -> None:
    problem, a, b = quadratic()
    tolerance = targets({"q": problem}, share=0.1).tolerance
    gain = float(problem.loss_at(np.zeros(3))) - float(problem.loss_at(np.linalg.solve(a, b)))
    assert float(tolerance.sel(problem="q")) == pytest.approx(0.1 * gain)


@cache
def small() -> xr.Dataset:
    return compare({"p": logistic()}, ["sgd:0.5"], starts_for(logistic(), 3), EPOCHS, trajectories=True)


def test_without_a_target_it_is_that_of_the_surface() -> None:
    expected = targets({"p": logistic()})
    assert (small().minimum == expected.minimum).all()
    assert (small().tolerance == expected.tolerance).all()


def test_a_known_minimum_is_taken_as_it_is_and_the_tolerance_is_found_from_it() -> None:
    result = compare({"p": logistic()}, ["sgd:0.5"], starts_for(logistic(), 3), EPOCHS, minimum={"p": 0.25})
    assert result.minimum.values.tolist() == [0.25]
    assert result.tolerance.values == pytest.approx(0.01 * (np.log(2) - 0.25))


def test_a_tolerance_by_name_is_that_of_its_problem() -> None:
    problems, tolerance = {"BCE": logistic(), "MSE": squared()}, {"MSE": 0.5, "BCE": 0.0}
    ask = known(*problems) | {"tolerance": tolerance}
    result = compare(problems, ["sgd:0.5"], starts_for(logistic(), 5), EPOCHS, **ask)
    assert result.tolerance.values.tolist() == [0, 0.5]
    assert result.reached.sel(problem="MSE").any()
    assert not result.reached.sel(problem="BCE").any()


def test_a_target_cannot_be_found_where_the_loss_of_zeros_is_not_finite() -> None:
    problem = Problem(logistic().model, lambda y, p: losses.mse(y, p) / tf.reduce_max(abs(p - 0.5)), bernoulli_line(40))
    with pytest.raises(IncompleteError, match="the loss of weights of zero is not finite for p, so give a tolerance"):
        compare({"p": problem}, ["sgd"], (-3, -1), 2, minimum={"p": 0.0})


def test_a_comparison_is_saved_and_opened_as_netcdf(tmp_path: Path) -> None:
    tfreg.save_run(small(), tmp_path / "comparison.nc")
    xr.testing.assert_identical(tfreg.open_run(tmp_path / "comparison.nc").load(), small())


def test_a_comparison_says_how_it_was_made() -> None:
    result = small()
    assert json.loads(result.optimizer_config.sel(optimizer="sgd:0.5").item())["learning_rate"] == 0.5
    assert (result.loss_source.item(), result.dataset.item()) == ("bce", "bernoulli_line")
    assert "keras" in result.attrs["versions"]
    assert all(isinstance(value, str | int) for value in result.attrs.values())
    assert result.status.attrs["flag_meanings"] == "reached not_reached diverged missing"
    assert (result.reached.dtype, result.reached.dims) == (bool, ("problem", "optimizer", "start"))


# Bad input.

DEFAULTS = {"problems": {"p": None}, "optimizers": ["sgd"], "starts": (-3, -1), "epochs": 2}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"problems": {}}, "expected one problem or more, got none"),
        ({"optimizers": []}, "expected one optimizer or more, got none"),
        ({"optimizers": ["adm"]}, "unknown optimizer 'adm'; did you mean 'adam'?"),
        ({"optimizers": ["sgd:-1"]}, "expected a learning rate above 0, got -1"),
        ({"starts": (1, 2, 3)}, "starts: expected 2 numbers (w0, w1) or rows of so many, got shape (3,)"),
        ({"starts": np.zeros((0, 2))}, "starts: expected 2 numbers"),
        ({"starts": (np.nan, 0)}, "starts: expected finite numbers"),
        ({"epochs": 0}, "epochs: expected a whole number of 1 or more, got 0"),
        ({"record_every": 0}, "record_every: expected a whole number of 1 or more, got 0"),
        ({"vary": {"learning_rate": []}}, "learning_rate: expected one value or more"),
        ({"vary": {"learning_rate": [0.1, -1]}}, "learning_rate: expected values above 0, got -1"),
        (
            {"vary": {"learning_rate": [0.1, 2, 0.1, 0.1]}},
            "expected each value once, got duplicates: 0.1",
        ),
        (
            {"vary": {"learning_rate": ["fast"]}},
            "vary: expected a dict by name, each value numbers, got ['fast'] for 'learning_rate'",
        ),
        ({"vary": {"momentum": [1.0]}}, "momentum: expected values from 0 on, below 1, got 1"),
        ({"vary": {"momentun": [0.5]}}, "unknown hyper-parameter to vary 'momentun'; did you mean 'momentum'?"),
        (
            {"vary": {"momentum": [0.5]}, "optimizers": ["adam"]},
            "only SGD's momentum can be varied; compare adam",
        ),
        ({"seeds": [1]}, "seeds: full batches are not shuffled"),
        ({"optimizers": ["sgd", "adam", "sgd"]}, "optimizers: expected each value once, got duplicates: sgd"),
        (
            {"optimizers": ["adam", "sgd:0.5"], "vary": {"learning_rate": [0.1]}},
            "optimizers: 'sgd:0.5' names a learning rate, and learning rates are varied; give 'sgd', and the rate",
        ),
        (
            {"optimizers": {"mine": "sgd:0.5"}, "vary": {"learning_rate": [0.1]}},
            "optimizers: 'sgd:0.5' names a learning rate",
        ),
        ({"seeds": [], "batch_size": 8}, "seeds: expected one whole number or more, got none"),
        ({"seeds": [3, 1, 3], "batch_size": 8}, "seeds: expected each value once, got duplicates: 3"),
        (
            {"seeds": [-1], "batch_size": 8},
            "seeds: expected a list, each a whole number from 0 to 2**63 - 1, got -1 at place 0",
        ),
        ({"seeds": range(10**12), "batch_size": 8}, "seeds: expected no more than 1000000, got more"),
        ({"seeds": itertools.count(), "batch_size": 8}, "seeds: expected no more than 1000000, got more"),
        ({"batch_size": 0}, "batch_size: expected a whole number of 1 or more, got 0"),
        ({"starts": {"w0": np.arange(3.0)}}, "expected a grid of two weights, got w0"),
        ({"starts": {"w0": np.arange(3.0), "w2": np.arange(2.0)}}, "unknown weight 'w2'"),
        ({"minimum": {"q": 0.1}}, "unknown problem with a minimum 'q'"),
        ({"minimum": {"p": np.nan}}, "minimum: expected a finite number, got nan for p"),
        ({"tolerance": -0.1}, "tolerance: expected a number of 0 or more, got -0.1 for p"),
        ({"tolerance": {"q": 0.1}}, "tolerance: expected a number for each of p, got q"),
    ],
)
def test_bad_questions_are_refused(changed: dict, message: str, refused: Refused) -> None:
    asked = DEFAULTS | {"problems": {"p": logistic()}} | changed
    with refused(message):
        compare(**asked)


MILLION = np.arange(10**6, dtype=float)
TOO_LARGE = [
    ({"starts": {"w0": MILLION, "w1": MILLION}}, "starts: a grid of 1000000000000 points needs 58.2 TiB of memory"),
    ({"epochs": 10**12}, "epochs: a run of 1000000000000 epochs whose loss is looked at 100000000001 times needs"),
    (
        {"epochs": 10**9, "record_every": 1, "trajectories": True},
        "epochs: a run of 1000000000 epochs whose loss is looked at 1000000001 times needs 89.4 GiB of memory",
    ),
    (
        {"vary": {"learning_rate": MILLION + 1}, "seeds": range(10**6), "batch_size": 8},
        "a comparison of 1000000000000 runs needs 54.6 TiB of memory, and there are 1 GiB; give a store, or",
    ),
    (
        {"vary": {"learning_rate": MILLION + 1}, "seeds": range(10**6), "batch_size": 8, "store": "here.zarr"},
        "a comparison of 1000000000000 runs needs 27.3 TiB of disk, and there are 1 GiB; give fewer starts, seeds or",
    ),
]


@pytest.mark.parametrize(("changed", "message"), TOO_LARGE)
def test_what_cannot_fit_is_refused_before_the_work(
    changed: dict, message: str, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFREG_MAX_GIB", "1")
    with refused(message):
        compare(**DEFAULTS | {"problems": {"p": logistic()}} | changed)


@pytest.mark.parametrize("rate", [1e39, 1e-50])
def test_a_rate_that_the_model_s_precision_does_not_hold_is_refused(rate: float, refused: Refused) -> None:
    narrow = Problem(models.logistic(2), losses.bce, bernoulli_line(40))
    with refused(f"learning_rate: expected numbers that float32 holds, from 1.2e-38 to 3.4e+38 or 0, got {rate:g}"):
        compare({"p": narrow}, ["sgd"], (-3, -1), 2, vary={"learning_rate": [0.1, rate]})
    with refused("learning_rate: expected each value once, got duplicates: 0.1"):
        compare({"p": narrow}, ["sgd"], (-3, -1), 2, vary={"learning_rate": [0.1, 0.1 + 1e-12]})


def test_the_limit_can_be_lifted(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    ask = DEFAULTS | {"problems": {"p": logistic()}, "minimum": {"p": 0.2}}
    monkeypatch.setenv("TFREG_MAX_GIB", "1e-8")
    with refused("needs"):
        compare(**ask)
    monkeypatch.setenv("TFREG_MAX_GIB", "1e9")
    assert compare(**ask).final_loss.size == 1


def test_a_long_comparison_says_how_long_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tfreg.comparison.compare.compute", lambda *arguments: {})
    ask = DEFAULTS | {"problems": {"p": logistic()}, "record_every": 10**6, "optimizers": ["sgd", "lamb"]}
    compare(**ask | {"epochs": 10**10})
    assert capsys.readouterr().err == "comparing 2 runs, about 1.6 hours, 60 bytes; 0 of 2 chunks are done\n"
    compare(**ask)
    assert capsys.readouterr().err == ""


def test_a_minimum_that_a_run_goes_below_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    ask = DEFAULTS | {"problems": {"p": logistic()}, "optimizers": ["adam:0.1"], "epochs": 200}
    lowest = float(compare(**ask, minimum={"p": 0.6}).final_loss.min())
    assert capsys.readouterr().err == (
        f"p: a run ends at a loss of {lowest:.6g}, below the minimum 0.6 by which runs are judged; "
        "give minimum={'p': …}\n"
    )
    compare(**ask, minimum={"p": lowest})
    compare(**ask)
    assert capsys.readouterr().err == ""


def test_the_rate_of_a_schedule_cannot_be_varied(refused: Refused) -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=3, decay_rate=0.5)
    with refused("the learning rate of decaying is a schedule, so it cannot be varied"):
        compare({"p": logistic()}, {"decaying": SGD(schedule)}, (-3, -1), 2, vary={"learning_rate": [0.1]})


def test_problems_with_other_weights_do_not_go_together(refused: Refused) -> None:
    with refused("expected problems with the same weights; those of 'net' differ from the first's"):
        compare({"p": logistic(), "net": net()}, ["sgd"], (-3, -1), 2)


def test_a_loss_that_is_finite_nowhere_has_no_minimum(refused: Refused) -> None:
    problem = Problem(models.logistic(2), lambda y, p: losses.bce(y + np.inf, p), bernoulli_line(40))
    with refused("the loss is not finite at any start"):
        lowest_loss(problem, np.ones((3, 2)))


@pytest.mark.slow
def test_the_minimum_does_not_depend_on_what_the_model_holds() -> None:
    """Keras draws other weights in every process; a comparison has to know itself again."""
    found = set()
    for _ in range(2):
        problem = Problem(models.logistic(2), losses.bce, bernoulli_line(40))
        found.add(targets({"p": problem}).minimum.item())
    assert len(found) == 1


def test_every_name_of_the_line_up_is_found_by_all() -> None:
    assert optimizers.parse_optimizers("all").keys() == optimizers.BY_NAME.keys()
    assert optimizers.parse_optimizers("sgd, adam:0.1") == {"sgd": "sgd", "adam:0.1": "adam:0.1"}
