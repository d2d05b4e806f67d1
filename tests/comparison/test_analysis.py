"""Reading comparisons, against numbers worked out by hand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conftest import Refused
from hypothesis import given, settings
from hypothesis import strategies as st

from tfreg import comparison, files
from tfreg.comparison.analysis import BEST, WORST

RATES = [0.01, 0.1, 1.0]


def made(excess: np.ndarray, status: np.ndarray | None = None, epochs: np.ndarray | None = None) -> xr.Dataset:
    """A comparison with the given excess (problem, optimizer, learning_rate, start) over minima of 1, 2, …"""
    n_problems, n_optimizers, n_rates, n_starts = excess.shape
    dims = ("problem", "optimizer", "learning_rate", "start")
    names = [f"p{i}" for i in range(n_problems)]
    minimum = np.arange(1.0, n_problems + 1)
    loss = excess + minimum[:, np.newaxis, np.newaxis, np.newaxis]
    status = np.zeros(loss.shape) if status is None else status
    starts = np.stack([np.arange(n_starts), np.zeros(n_starts)], axis=1)
    return xr.Dataset(
        {
            "final_loss": (dims, loss),
            "status": (dims, status.astype(np.int8)),
            "reached": (dims, status == 0),
            "minimum": ("problem", minimum),
            "epochs_to_tolerance": (dims, np.full(loss.shape, 10.0) if epochs is None else epochs),
        },
        coords={
            "problem": names,
            "optimizer": [f"o{i}" for i in range(n_optimizers)],
            "learning_rate": RATES[:n_rates],
            "weight": ["w0", "w1"],
            "start_weights": (("start", "weight"), starts),
        },
        attrs={"epochs": 100, "format": "tfreg-comparison-1"},
    )


def test_excess_is_counted_in_powers_of_ten_within_bounds() -> None:
    values = np.array([1e-2, 10.0, 1e-15, 0.0, -1e-9, 1e9, np.nan, np.inf, -np.inf])
    result = comparison.log_excess(made(values.reshape(1, 1, 1, -1)))
    best, worst = BEST["float64"], WORST
    np.testing.assert_allclose(result.values.ravel()[:2], [-2, 1], atol=1e-9)
    assert result.values.ravel()[2:].tolist() == [best, best, best, worst, worst, worst, worst]


def test_the_best_rate_has_the_lowest_mean_excess() -> None:
    # At 0.1 one start does far better; at 1 both do well; at 0.01 one diverges.
    excess = np.array([[[[1e-6, np.nan], [1e-4, 1.0], [1e-3, 1e-3]]]])
    result = made(excess)
    assert comparison.best_rates(result).item() == 1.0
    assert comparison.at_best_rate(result).final_loss.values.ravel().tolist() == [1 + 1e-3, 1 + 1e-3]


def test_each_optimizer_and_problem_has_its_own_best_rate() -> None:
    excess = np.full((2, 2, 3, 1), 1.0)
    for problem, optimizer, rate in ((0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 0)):
        excess[problem, optimizer, rate] = 0.1
    assert comparison.best_rates(made(excess)).values.tolist() == [[0.01, 0.1], [1.0, 0.01]]


def test_the_good_range_holds_what_brings_nearly_as_many_there() -> None:
    status = np.ones((1, 2, 3, 10))
    status[0, 0, 1, :10] = 0  # all arrive at 0.1,
    status[0, 0, 2, :9] = 0  # nine of ten at 1, none at 0.01
    good = comparison.good_range(made(np.ones((1, 2, 3, 10)), status))
    assert (good.low[0, 0], good.high[0, 0], good.decades[0, 0]) == (0.1, 1.0, 2.0)
    assert np.isnan(good.low[0, 1])
    assert good.decades[0, 1] == 0


def test_the_summary_counts_runs_and_takes_those_that_fail_as_infinite() -> None:
    status = np.array([0, 0, 1, 2]).reshape(1, 1, 1, 4)
    epochs = np.array([20.0, 30.0, np.nan, np.nan]).reshape(1, 1, 1, 4)
    row = comparison.summary(made(np.ones((1, 1, 1, 4)), status, epochs)).iloc[0]
    assert (row["share reached"], row["not reached"], row.diverged) == (0.5, 0.25, 0.25)
    assert row["median epochs"] == np.inf
    assert 0.15 < row["from"] < 0.5 < row["to"] < 0.85  # Wilson's interval for 2 of 4


def raced(excess: np.ndarray) -> xr.Dataset:
    """A comparison with trajectories: excess (problem, optimizer, learning_rate, start, epoch)."""
    result = made(excess[..., -1])
    minima = np.arange(1, len(excess) + 1).reshape(-1, 1, 1, 1, 1)
    dims = (*result.final_loss.dims, "epoch")
    return result.assign(loss=(dims, excess + minima)).assign_coords(epoch=10 * np.arange(excess.shape[-1]))


def test_a_race_is_judged_on_other_runs_than_it_is_tuned_on() -> None:
    excess = np.ones((3, 2, 2, 4, 1))
    tuned, judged = (slice(0, 1), slice(0, 2)), (slice(1, 3), slice(2, 4))
    excess[tuned[0], 0, 1, tuned[1]] = 0.1  # the first optimizer is better at the second rate
    excess[tuned[0], 1, 0, tuned[1]] = 0.01  # the second one at the first rate, and better than the first
    excess[judged[0], 0, 1, judged[1]] = 1e-3  # but on what is judged it is the first that wins there
    excess[judged[0], 1, 1, judged[1]] = 1e-6  # this rate would have been better for the second; nobody may know
    result = comparison.race(raced(excess), {"problem": ["p0"], "start": [0, 1]})
    assert result.rate.values.tolist() == [[0.1, 0.01]]
    assert result["rank"].values.tolist() == [[1.0, 2.0]]
    np.testing.assert_allclose(result.excess, [[-3, 0]], atol=1e-9)
    # Every data set and start says the same, so no draw of them can say otherwise.
    assert result.low.values.tolist() == result.high.values.tolist() == [[1.0, 2.0]]


def test_the_intervals_of_a_race_cover_what_another_draw_could_say() -> None:
    """With one judged data set and ranks of 1 or 2 by a fair coin, the interval is that of a share of 1/2."""
    n_starts = 400
    coin = np.random.default_rng(0).random(n_starts) < 0.5
    excess = np.ones((2, 2, 1, 1 + n_starts, 1))
    excess[1, 0, 0, 1:, 0] = np.where(coin, 0.1, 10)
    result = comparison.race(raced(excess), {"problem": ["p0"], "start": [0]}).isel(epoch=0, optimizer=0)
    half = 1.96 * np.sqrt(0.25 / n_starts)
    assert result["rank"] == pytest.approx(2 - coin.mean())
    assert float(result.high - result.low) == pytest.approx(2 * half, rel=0.15)


def test_a_race_without_runs_to_judge_is_refused(refused: Refused) -> None:
    with refused("a race needs runs for tuning and others to be judged"):
        comparison.race(raced(np.ones((1, 2, 1, 2, 1))), {"problem": ["p0"], "start": [0]})


def test_the_winner_changes_when_the_intervals_bear_it_out() -> None:
    ranks = np.array([[1.0, 2.0], [1.4, 1.3], [2.0, 1.0]])
    raced = {"rank": ranks, "low": ranks - 0.3, "high": ranks + 0.3, "rate": 0 * ranks, "excess": ranks}
    result = xr.Dataset(
        {name: (("epoch", "optimizer"), values) for name, values in raced.items()},
        coords={"epoch": [10, 20, 30], "optimizer": ["a", "b"]},
    )
    assert comparison.winners(result) == [(10, "a"), (30, "b")]


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_shares_of_a_summary_add_up(n_starts: int, n_optimizers: int, seed: int) -> None:
    status = np.random.default_rng(seed).integers(0, 3, (1, n_optimizers, 1, n_starts))
    table = comparison.summary(made(np.ones(status.shape), status))
    np.testing.assert_allclose(table["share reached"] + table["not reached"] + table.diverged, 1)
    assert ((table["from"] <= table["share reached"]) & (table["share reached"] <= table["to"])).all()


def test_a_start_is_found_by_its_weights_and_its_outcome_is_text() -> None:
    status = np.array([0, 1, 2, -1]).reshape(1, 1, 1, 4)
    table = comparison.by_start(made(np.ones(status.shape), status).isel(learning_rate=0))
    assert table.status.tolist() == ["reached", "not reached", "diverged", "missing"]
    assert table[(table.w0 == 2) & (table.w1 == 0)].start.tolist() == [2]


def test_runs_are_counted_by_status() -> None:
    status = np.array([0, 1, 1, 2]).reshape(1, 1, 1, 4)
    table = comparison.by_status(made(np.ones(status.shape), status))
    assert table.runs.tolist() == [1, 2, 1]
    assert table.share.tolist() == [0.25, 0.5, 0.25]


def test_what_needs_learning_rates_says_so(refused: Refused) -> None:
    result = made(np.ones((1, 1, 1, 1))).isel(learning_rate=0)
    for function in (comparison.best_rates, comparison.most_reached_rates, comparison.good_range):
        with refused("expected a comparison with an axis of learning rates; give vary="):
            function(result)


def test_reading_a_comparison_loads_no_tensorflow() -> None:
    program = (
        "import sys, tfreg.comparison, tfreg.comparison.zarr_store, tfreg.cli.compare, tfreg.cli.show_comparison; "
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Grids of starts.


def on_starts(starts: np.ndarray) -> xr.Dataset:
    """A comparison whose final loss and final weights tell where a run began."""
    result = made(np.zeros((1, 2, 1, len(starts)))).assign_coords(start_weights=(("start", "weight"), starts))
    dims = result.final_loss.dims
    shape = result.final_loss.shape
    return result.assign(
        final_loss=(dims, np.broadcast_to(starts @ [10.0, 1.0], shape)),
        final_weights=((*dims, "weight"), np.broadcast_to(starts, (*shape, 2))),
    )


GRID = np.stack(np.meshgrid([-10.0, 3.0, 5.0], [0.25, 7.0], indexing="ij"), axis=-1).reshape(-1, 2)


@pytest.mark.parametrize("order", ["as made", "shuffled"])
def test_a_grid_of_starts_is_unstacked(order: str) -> None:
    starts = GRID if order == "as made" else np.random.default_rng(0).permutation(GRID)
    result = on_starts(starts)
    assert comparison.grid_of_starts(result) == ("w0", "w1")
    unstacked = comparison.unstack_starts(result)
    assert unstacked.final_loss.dims == ("problem", "optimizer", "learning_rate", "w0", "w1")
    assert unstacked.final_weights.dims[-3:] == ("w0", "w1", "weight")
    assert (unstacked.reached.dtype, unstacked.status.dtype) == (bool, np.int8)
    for w0, w1 in GRID:
        there = unstacked.sel(w0=w0, w1=w1)
        assert (there.final_loss == 10 * w0 + w1).all()
        assert (there.final_weights == [w0, w1]).all()


def test_a_grid_of_one_row_is_one_too() -> None:
    assert comparison.unstack_starts(on_starts(GRID[:2])).sizes["w0"] == 1


def test_a_grid_of_two_of_three_weights_is_found() -> None:
    result = on_starts(GRID)
    starts = np.insert(GRID, 1, 0.5, axis=1)
    three = result.drop_vars(["final_weights", "start_weights", "weight"]).assign_coords(
        weight=["a", "b", "c"], start_weights=(("start", "weight"), starts)
    )
    assert comparison.unstack_starts(three).final_loss.dims[-2:] == ("a", "c")


@pytest.mark.parametrize("kind", ["a cell is missing", "a cell is there twice", "no two weights", "one start"])
def test_starts_that_are_no_grid_are_refused(kind: str, refused: Refused) -> None:
    result = on_starts(GRID[:-1] if kind == "a cell is missing" else np.concatenate([GRID[:-1], GRID[:1]]))
    if kind == "no two weights":
        starts = np.random.default_rng(0).normal(size=(6, 3))
        result = result.drop_vars(["final_weights", "start_weights", "weight"]).assign_coords(
            weight=["a", "b", "c"], start_weights=(("start", "weight"), starts)
        )
    if kind == "one start":
        result = result.isel(start=0)
    assert comparison.grid_of_starts(result) is None
    with refused("expected a comparison whose starts are a grid of two weights; give starts=tfreg.grid"):
        comparison.unstack_starts(result)


def test_a_grid_of_starts_is_unstacked_from_a_file(tmp_path: Path) -> None:
    result = on_starts(GRID)
    files.save_run(result, tmp_path / "comparison.nc")
    opened = files.open_run(tmp_path / "comparison.nc")
    xr.testing.assert_equal(comparison.unstack_starts(opened), comparison.unstack_starts(result))
