"""Matplotlib figures of comparisons as maps: over starts, over hyper-parameters, and paths over a loss surface.

Conventions: a panel for each optimizer, in the order of the comparison, so that the same place is the same optimizer
in every figure. What is stuck is grey, what diverged is red.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tfreg import comparison as contests
from tfreg.draw.data import colour, new_figure, panels
from tfreg.draw.surfaces import draw_contours, draw_path, draw_point

STUCK, DIVERGED = "#BDBDBD", "#B2182B"


def atlas(result: xr.Dataset, problem: str, shape: tuple[int, int], title: str) -> Figure:
    """A map per optimizer: how many epochs each start of a grid needs; stuck and diverged starts are marked.

    Args:
        result: a comparison whose starts are a grid of two weights, the first weight first.
        problem: which of its problems.
        shape: of the grid.
        title: above all panels.
    """
    chosen = result.sel(problem=problem)
    first, second = (chosen.start_weights.values[:, column].reshape(shape) for column in (0, 1))
    longest = float(result.attrs["epochs"])
    figure, by_name = panels(result.optimizer.values.tolist(), title, *map(str, result.weight.values))
    for name, axes in by_name.items():
        runs = chosen.sel(optimizer=name)
        epochs = runs.epochs_to_tolerance.values.reshape(shape)
        diverged = contests.diverged(runs).values.reshape(shape)
        stuck = ~(runs.reached.values.reshape(shape) | diverged)
        image = axes.pcolormesh(
            first,
            second,
            np.ma.masked_where(stuck | diverged, epochs),
            cmap="viridis_r",
            vmin=0,
            vmax=longest,
            rasterized=True,
        )  # fmt: skip
        _draw_failures(axes, first, second, stuck, diverged)
        axes.set_title(f"{name}: {100 * np.mean(stuck | diverged):.0f} % fail", fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="epochs to tolerance", aspect=40, pad=0.01)
    _legend_of_failures(figure)
    return figure


def trainability(
    maps: Mapping[str, xr.Dataset], limits: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str
) -> Figure:
    """Maps over learning rate and momentum: epochs to tolerance, slow and diverged, with curves of theory upon them.

    Args:
        maps: comparisons of one problem, optimizer and start over `learning_rate` and `momentum`, by title.
        limits: curves (learning rates, momenta) by label.
        title: above all.
    """
    figure = new_figure(6.2 * len(maps), 5.8)
    figure.suptitle(title)
    for axes, (label, result) in zip(np.atleast_1d(figure.subplots(1, len(maps))), maps.items(), strict=True):
        runs = result.isel(problem=0, optimizer=0, start=0).transpose("momentum", "learning_rate", ...)
        rates, momenta = np.meshgrid(runs.learning_rate, runs.momentum)
        diverged = contests.diverged(runs).values
        stuck = ~(runs.reached.values | diverged)
        image = axes.pcolormesh(
            rates, momenta, np.ma.masked_where(stuck | diverged, runs.epochs_to_tolerance), cmap="viridis_r", vmin=0,
            vmax=result.attrs["epochs"], rasterized=True,
        )  # fmt: skip
        _draw_failures(axes, rates, momenta, stuck, diverged)
        axes.set(xscale="log", xlabel="learning rate", ylabel="momentum", title=label)
        axes.set(xlim=(rates.min(), rates.max()), ylim=(momenta.min(), momenta.max()))
        for name, (x, y) in limits.items():
            axes.plot(x, y, "--", color="black", linewidth=1.6, label=name)
    figure.axes[0].legend(loc="lower left", fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="epochs to tolerance", pad=0.01)
    _legend_of_failures(figure)
    return figure


def _draw_failures(axes: Axes, x: np.ndarray, y: np.ndarray, stuck: np.ndarray, diverged: np.ndarray) -> None:
    for which, tint in ((stuck, STUCK), (diverged, DIVERGED)):
        if which.any():
            ones = np.ma.masked_where(~which, np.ones(which.shape))
            axes.pcolormesh(x, y, ones, cmap=ListedColormap([tint]), rasterized=True)


def _legend_of_failures(figure: Figure) -> None:
    patches = [
        Patch(color=STUCK, label="stuck or slow: not there within the epochs"),
        Patch(color=DIVERGED, label="diverged"),
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=2, frameon=False)


def paths(
    surface: xr.Dataset, runs: xr.Dataset, marked: Mapping[str, Sequence[float] | np.ndarray], title: str
) -> Figure:
    """A panel per optimizer: its paths from every start, over the contours of the loss."""
    first, second = surface.loss.dims
    figure, by_name = panels(runs.optimizer.values.tolist(), title, str(first), str(second))
    for name, axes in by_name.items():
        draw_contours(axes, surface)
        chosen = runs.sel(optimizer=name).transpose("start", "epoch", "weight")
        for start in range(chosen.sizes["start"]):
            draw_path(axes, chosen.isel(start=start), "path", width=1.2, stretch=10**9)
        for label, weights in marked.items():
            draw_point(axes, weights, label)
        epochs = chosen.epochs_to_tolerance.values
        words = ", ".join("–" if np.isnan(epoch) else f"{epoch:.0f}" for epoch in epochs)
        axes.set_title(f"{name}: {words}", fontsize=9)
        axes.set(xlim=_ends(surface[first]), ylim=_ends(surface[second]))
    handles = [axes.get_lines()[0], *(line for line in axes.get_lines() if line.get_label() in marked)]
    figure.legend(
        handles, ["path", *marked], loc="outside lower center", ncols=len(handles), frameon=False,
        title="above each panel: epochs to tolerance from each start; – where it is not reached",
    )  # fmt: skip
    return figure


def _ends(axis: xr.DataArray) -> tuple[float, float]:
    return float(axis.min()), float(axis.max())


def spreads(
    surface: xr.Dataset, by_label: Mapping[str, xr.Dataset], minimum: Sequence[float] | np.ndarray, title: str
) -> Figure:
    """The paths of all seeds for each batch size, whole and close to the minimum, and how far apart the seeds are.

    Args:
        surface: `loss` over two weights.
        by_label: runs (seed, epoch, weight) from one start.
        minimum: where the loss is lowest.
        title: above all.
    """
    figure = new_figure(3.4 * (len(by_label) + 1) + 0.6, 6.8)
    figure.suptitle(title)
    grid = figure.add_gridspec(2, len(by_label) + 1)
    apart = figure.add_subplot(grid[:, -1])
    ends = [runs.weights.isel(epoch=-1) for runs in by_label.values()]
    close = max(0.01, *(float(np.abs(end - end.mean("seed")).max()) for end in ends))
    for column, (label, runs) in enumerate(by_label.items()):
        whole, end = (figure.add_subplot(grid[row, column]) for row in (0, 1))
        for axes in (whole, end):
            draw_contours(axes, surface, *map(str, runs.weight.values[:2]))
            for seed in range(runs.sizes["seed"]):
                path = runs.weights.isel(seed=seed).transpose("weight", "epoch").values
                axes.plot(*path, color=colour(label), alpha=0.35, linewidth=0.9)
                axes.plot(*path[:, -1], "o", color=colour(label), markersize=3)
            draw_point(axes, minimum, "minimum")
        whole.set_title(label, fontsize=10)
        end.set_title("close to the minimum", fontsize=9)
        end.set(
            xlim=(minimum[0] - 2 * close, minimum[0] + 2 * close), ylim=(minimum[1] - 2 * close, minimum[1] + 2 * close)
        )
        apart.plot(runs.epoch, runs.weights.std("seed").max("weight"), color=colour(label), label=label, linewidth=1.8)
    apart.set(xlabel="epoch", title="spread over the shuffles", ylabel="standard deviation of a weight")
    apart.set_yscale("symlog", linthresh=1e-3)
    apart.grid(alpha=0.25)
    figure.legend(*apart.get_legend_handles_labels(), loc="outside lower center", ncols=len(by_label), frameon=False)
    return figure
