"""Figures of comparisons as maps: over starts and over hyper-parameters.

Conventions: functions draw records and never train. A panel for each optimizer stands in the order of the comparison,
so that the same place is the same optimizer in every figure. Runs that do not reach the tolerance are grey, those that
diverge dark red.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tfreg.comparison.run_grid import STATUS
from tfreg.draw.style import DIVERGED, NOT_REACHED, Picture, new_figure, panels
from tfreg.errors import InputError


def atlas(result: xr.Dataset, problem: str, title: str = "") -> Picture:
    """Map the epochs that each start of a grid needs, in a panel per optimizer.

    Args:
        result: a comparison whose starts are a grid of two weights.
        problem: which of its problems.
        title: above all panels.

    Raises:
        InputError: starts that are no grid of two weights.
    """
    chosen, shape = _gridded(result.sel(problem=problem))
    first, second = (chosen.start_weights.values[:, column].reshape(shape) for column in (0, 1))
    figure, by_name = panels(result.optimizer.values.tolist(), title, *map(str, result.weight.values))
    for name, axes in by_name.items():
        runs = chosen.sel(optimizer=name)
        failed = _failures(runs)
        shown = {kind: values.reshape(shape) for kind, values in failed.items()}
        image = _draw_map(axes, first, second, runs.epochs_to_tolerance.values.reshape(shape), shown, result)
        axes.set_title(f"{name}: {100 * np.mean([*failed.values()], axis=1).sum():.0f} % fail", fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="epochs to tolerance", aspect=40, pad=0.01)
    _legend_of_failures(figure)
    return figure


def _gridded(result: xr.Dataset) -> tuple[xr.Dataset, tuple[int, int]]:
    """The comparison with the starts in the order of their grid, the second weight fastest, and the grid's shape."""
    starts = result.start_weights.values
    shape = tuple(len(np.unique(column)) for column in starts.T)
    if len(shape) != 2 or shape[0] * shape[1] != len(np.unique(starts, axis=0)) or len(starts) != shape[0] * shape[1]:
        raise InputError(
            f"expected starts on a grid of two weights, as tfreg.grid makes them; got {len(starts)} others"
        )
    return result.isel(start=np.lexsort((starts[:, 1], starts[:, 0]))), shape


def _failures(runs: xr.Dataset) -> dict[str, np.ndarray]:
    """The runs that were not brought to the tolerance, and those that diverged."""
    status = runs.status.values
    diverged = status == STATUS.index("diverged")
    return {"not reached": ~diverged & (status != STATUS.index("reached")), "diverged": diverged}


def _draw_map(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    epochs: np.ndarray,
    failed: Mapping[str, np.ndarray],
    result: xr.Dataset,
) -> QuadMesh:
    """Draw epochs as colours, and what failed in a colour of its own; return the mappable of the epochs."""
    reached = np.ma.masked_where(failed["not reached"] | failed["diverged"], epochs)
    image = axes.pcolormesh(
        x, y, reached, cmap="viridis_r", vmin=0, vmax=float(result.attrs["epochs"]), rasterized=True
    )
    for kind, style in (("not reached", NOT_REACHED), ("diverged", DIVERGED)):
        if failed[kind].any():
            ones = np.ma.masked_where(~failed[kind], np.ones(failed[kind].shape))
            axes.pcolormesh(x, y, ones, cmap=ListedColormap([style.colour]), rasterized=True)
    return image


def _legend_of_failures(figure: Figure) -> None:
    patches = [
        Patch(color=NOT_REACHED.colour, label="not reached within the epochs"),
        Patch(color=DIVERGED.colour, label="diverged"),
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=2, frameon=False)


def trainability(
    maps: Mapping[str, xr.Dataset],
    limits: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    title: str = "",
) -> Picture:
    """Map the epochs to tolerance over learning rate and momentum, with curves of theory upon them.

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
        image = _draw_map(axes, rates, momenta, runs.epochs_to_tolerance.values, _failures(runs), result)
        axes.set(xscale="log", xlabel="learning rate", ylabel="momentum", title=label)
        axes.set(xlim=(rates.min(), rates.max()), ylim=(momenta.min(), momenta.max()))
        for name, (x, y) in (limits or {}).items():
            axes.plot(x, y, "--", color="black", linewidth=1.6, label=name)
    if limits:
        figure.axes[0].legend(loc="lower left", fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="epochs to tolerance", pad=0.01)
    _legend_of_failures(figure)
    return figure
