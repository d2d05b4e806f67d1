"""Figures of comparisons: that they show what the comparison holds."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import Refused
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_figures import coordinates, drawn, overlapping, tiny_run, tiny_surface

from tfreg import draw
from tfreg.comparison.analysis import at_best_rate, best_rates
from tfreg.draw.style import DIVERGED, NOT_REACHED

RATES = [0.01, 0.1, 1.0]
REACHED, MISSED, WILD = 0, 1, 2  # the flags of a status
PLACES = np.stack(np.meshgrid([0.0, 1.0, 2.0], [-1.0, 0.0, 1.0, 2.0], indexing="ij"), axis=-1).reshape(-1, 2)


def comparison() -> xr.Dataset:
    """Two problems with minima of 1 and 2, seven optimizers, three rates and 3 x 4 starts; some runs fail."""
    random = np.random.default_rng(0)
    dims, shape = ("problem", "optimizer", "learning_rate", "start"), (2, 7, 3, 12)
    status = random.integers(0, 3, shape).astype(np.int8)
    return xr.Dataset(
        {
            "final_loss": (dims, 10.0 ** random.uniform(-5, 2, shape) + np.reshape([1, 2], (2, 1, 1, 1))),
            "status": (dims, status),
            "reached": (dims, status == REACHED),
            "epochs_to_tolerance": (dims, np.where(status == REACHED, random.integers(0, 100, shape), np.nan)),
            "minimum": ("problem", [1.0, 2.0]),
        },
        coords={
            "problem": ["p0", "p1"],
            "optimizer": [f"o{n}" for n in range(7)],
            "learning_rate": RATES,
            "weight": ["w0", "w1"],
            "start_weights": (("start", "weight"), PLACES),
        },
        attrs={"epochs": 100},
    )


@pytest.fixture(scope="module")
def result() -> xr.Dataset:
    return comparison()


def checked(figure: Figure) -> list[Axes]:
    """The axes of a figure whose texts neither overlap nor leave it."""
    figure.canvas.draw()
    assert overlapping(figure) == []
    return figure.axes


def test_an_atlas_shows_every_start_once_where_it_is_and_says_how_many_fail(result: xr.Dataset) -> None:
    shuffled = result.isel(learning_rate=0, start=np.random.default_rng(1).permutation(12))
    panels = checked(draw.atlas(shuffled, "p1", "Atlas"))
    for name, axes in zip(result.optimizer.values, panels, strict=False):
        runs = result.isel(learning_rate=0).sel(problem="p1", optimizer=name)
        assert sum(np.ma.count(mesh.get_array()) for mesh in axes.collections) == 12
        reached = np.ma.compressed(axes.collections[0].get_array())
        np.testing.assert_array_equal(reached, runs.epochs_to_tolerance.values[runs.status.values == REACHED])
        failing = np.mean(runs.status.values != REACHED)
        assert axes.get_title() == f"{name}: {100 * failing:.0f} % fail"


def test_starts_that_are_no_grid_have_no_atlas(result: xr.Dataset, refused: Refused) -> None:
    with refused("expected a comparison whose starts are a grid of two weights"):
        draw.atlas(result.isel(learning_rate=0, start=slice(0, 11)), "p1")


def test_trainability_tells_apart_what_is_not_reached_and_what_diverges(result: xr.Dataset) -> None:
    runs = result.isel(problem=[0], optimizer=[0]).rename(start="momentum").expand_dims("start")
    maps = {"heavy ball": runs.drop_vars("start_weights").assign_coords(momentum=np.linspace(0, 0.9, 12))}
    (axes, *_) = checked(draw.trainability(maps, {"limit": (np.array([0.1, 1]), np.array([0, 0.9]))}, "Map"))
    status = runs.status.values.ravel()
    counts = [np.ma.count(mesh.get_array()) for mesh in axes.collections]
    assert counts == [(status == kind).sum() for kind in (REACHED, MISSED, WILD)]
    tints = [mesh.get_cmap()(0.5) for mesh in axes.collections[1:]]
    assert len(set(tints)) == 2
    assert NOT_REACHED.colour != DIVERGED.colour
    assert axes.get_legend().get_texts()[0].get_text() == "limit"


def test_the_bands_of_a_sensitivity_are_quantiles_over_the_starts(result: xr.Dataset) -> None:
    figure = draw.sensitivity(result, "Sensitivity")
    panels = checked(figure)
    middle = panels[2].lines[0]
    np.testing.assert_array_equal(middle.get_xdata(), RATES)
    excess = result.final_loss.sel(problem="p0", optimizer="o2").values - 1
    np.testing.assert_allclose(middle.get_ydata(), 10 ** np.median(np.log10(excess), axis=1))
    assert panels[2].lines[1].get_xdata()[0] == best_rates(result).sel(problem="p0", optimizer="o2").item()
    assert figure._supylabel.get_text() == "final loss above the minimum"
    assert "clipped to 1e-12 … 1e+03" in figure.legends[0].get_title().get_text()


def test_loss_curves_end_in_a_cross_where_they_diverge() -> None:
    epochs = np.arange(0, 50, 10)
    whole = 1 + 10.0 ** -np.arange(5)
    wild = np.where(epochs > 20, np.inf, 5.0)
    loss = np.stack([whole, wild])[np.newaxis, np.newaxis]
    result = comparison().isel(problem=[0], optimizer=[0], learning_rate=0, start=[0, 1])
    result = result.assign(loss=(("problem", "optimizer", "start", "epoch"), loss)).assign_coords(epoch=epochs)
    (axes,) = checked(draw.loss_curves(result, "Losses"))
    curve = drawn(axes, "p0 from (0, -1)")
    np.testing.assert_allclose(curve.get_ydata(), whole - 1)
    (cross,) = (line for line in axes.lines if line.get_marker() == DIVERGED.marker)
    np.testing.assert_allclose(coordinates(cross), [[20, 4]])
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()][-1] == "diverged"


def test_a_profile_rises_to_the_share_that_arrives(result: xr.Dataset) -> None:
    panels = checked(draw.profile(result, "Profile"))
    best = at_best_rate(result).sel(problem="p1")
    for line, name in zip(panels[1].lines, best.optimizer.values, strict=True):
        runs = best.sel(optimizer=name)
        assert line.get_ydata()[-1] == pytest.approx(100 * float((runs.status == REACHED).mean()))
        assert (np.diff(line.get_ydata()) >= 0).all()


def test_bars_end_with_the_largest_and_say_what_is_not_reached() -> None:
    table = pd.DataFrame(
        {"optimizer": ["a", "a", "b", "b"], "loss": ["BCE", "MSE"] * 2, "epochs": [3, np.nan, np.inf, 40]}
    )
    (axes,) = checked(draw.bars(table, "epochs", "loss", "epochs", "Bars"))
    assert [text.get_text().strip() for text in axes.texts] == ["not reached"] * 2
    assert sorted(patch.get_width() for patch in axes.patches) == [3, 40]
    assert 40 < axes.get_xlim()[1] < 45


def test_ranks_name_the_rate_in_plain_digits() -> None:
    ranks = np.array([[1.0, 2.0], [1.5, 1.5], [2.0, 1.0]])
    over = ("epoch", "optimizer")
    raced = xr.Dataset(
        {
            "rank": (over, ranks),
            "low": (over, ranks - 0.1),
            "high": (over, ranks + 0.1),
            "rate": (over, 100 + 0 * ranks),
            "excess": (over, ranks),
        },
        coords={"epoch": [0, 10, 20], "optimizer": ["sgd", "adam"]},
    )
    over_budget, end = checked(draw.ranks(raced, "Ranks"))
    assert [label.get_text() for label in end.get_yticklabels()] == ["adam (100)", "sgd (100)"]
    np.testing.assert_array_equal(coordinates(drawn(over_budget, "adam")), [[10, 1.5], [20, 1.0]])


def test_shares_of_an_optimizer_lie_end_to_end() -> None:
    table = pd.DataFrame({"optimizer": ["sgd"], "good": [0.25], "stuck": [0.75]})
    (axes,) = checked(draw.shares(table, ["good", "stuck"], "Shares", styles={"good": draw.Style("#00543D")}))
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 25), (25, 75)]
    assert [text.get_text() for text in axes.texts] == ["25", "75"]


def test_paths_say_when_they_arrive_and_whether_they_leave_the_panel() -> None:
    inside, outside = tiny_run(20), tiny_run(20)
    outside.weights[10] = np.array([-30.0, 0.0])
    runs = xr.concat([inside, outside], "start").expand_dims(optimizer=["adam"])
    runs["epochs_to_tolerance"] = (("optimizer", "start"), [[7.0, np.nan]])
    figure = draw.paths(tiny_surface(), runs, {"minimum": (-1.2, 5.4), "far": (50.0, 0.0)}, "Paths")
    (axes,) = checked(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["path", "minimum"]
    assert axes.get_title() == "adam: 7, –→"
    whole = next(line for line in axes.lines if len(line.get_xdata()) == 21)
    np.testing.assert_array_equal(coordinates(whole), inside.weights.values)
    np.testing.assert_array_equal(coordinates(drawn(axes, "minimum")), [[-1.2, 5.4]])


def test_a_path_that_diverges_ends_in_a_mark_of_its_own() -> None:
    wild = tiny_run(20)
    wild.weights[10:] = np.nan
    wild.loss[10:] = np.nan
    runs = wild.expand_dims("start").expand_dims(optimizer=["adam"])
    runs["epochs_to_tolerance"] = (("optimizer", "start"), [[np.nan]])
    figure = draw.paths(tiny_surface(), runs, {"minimum": (-1.2, 5.4)}, "Paths")
    (axes,) = checked(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["path", "minimum", "diverged"]
    ends = [line for line in axes.lines if line.get_marker() == "x"]
    assert [line.get_color() for line in ends] == ["#8B1A1A"]


def test_spreads_zoom_in_on_the_end_of_each_batch_size() -> None:
    runs = xr.concat([tiny_run(400, bend) for bend in (-1, 0, 1)], "seed")
    panels = checked(draw.spreads(tiny_surface(), {"32 samples": runs, "all samples": runs}, (-1.2, 5.4), "Spread"))
    apart, whole, end, *_ = panels
    assert np.ptp(end.get_xlim()) < np.ptp(whole.get_xlim()) / 5
    ends = runs.weights.isel(epoch=-1).values
    for axes in (whole, end):
        assert all(axes.get_xlim()[0] <= w0 <= axes.get_xlim()[1] for w0 in ends[:, 0])
    spread = runs.weights.std("seed").max("weight")
    np.testing.assert_allclose(drawn(apart, "32 samples").get_ydata(), spread)
