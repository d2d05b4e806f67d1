"""Figures of comparisons as maps: over starts and over hyper-parameters.

Conventions: functions draw records and never train. Panels are in the order of the comparison's optimizers, so
that an optimizer has the same place in every figure. Runs that do not reach the tolerance are grey, those that diverge
dark red.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tfreg.checks.errors import InputError, unknown
from tfreg.checks.kinds import Array, checked
from tfreg.checks.records import MomentumComparison, PlainComparison
from tfreg.checks.values import check_array
from tfreg.comparison.analysis import diverged, unstack_starts
from tfreg.draw.figure import Picture, draw_title, new_figure, panels
from tfreg.draw.style import DIVERGED, NOT_REACHED


@checked
def atlas(result: PlainComparison, problem: str, title: str = "") -> Picture:
    """Map the epochs that each start of a grid needs, in a panel per optimizer.

    Args:
        result: a comparison whose starts are a grid of two weights.
        problem: the label of one of its problems.
        title: above all panels.

    Raises:
        InputError: starts that are no grid of two weights.
    """
    if problem not in result.problem.values:
        raise unknown("problem", problem, result.problem.values.tolist())
    chosen = unstack_starts(result.sel(problem=problem))
    names = [str(name) for name in chosen.epochs_to_tolerance.dims if name in result.weight]
    first, second = np.meshgrid(*(chosen[name] for name in names), indexing="ij")
    figure, by_name = panels(result.optimizer.values.tolist(), title, *names)
    for name, axes in by_name.items():
        runs = chosen.sel(optimizer=name)
        failed = _failures(runs)
        image = _draw_map(axes, first, second, runs.epochs_to_tolerance.values, failed, result)
        axes.set_title(f"{name}: {100 * sum(np.mean(runs) for runs in failed.values()):.0f} % fail", fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="epochs to tolerance", aspect=40, pad=0.01)
    _legend_of_failures(figure)
    return figure


def _failures(runs: xr.Dataset) -> dict[str, np.ndarray]:
    """The runs that did not reach the tolerance, and those that diverged."""
    wild = diverged(runs).values
    return {"not reached": ~runs.reached.values & ~wild, "diverged": wild}


def _draw_map(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    epochs: np.ndarray,
    failed: Mapping[str, np.ndarray],
    result: xr.Dataset,
) -> QuadMesh:
    """Draw epochs as colours, failed runs in one colour each, and return the mappable of the epochs."""
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


@checked
def trainability(
    maps: Mapping[str, MomentumComparison],
    limits: Mapping[str, tuple[Array, Array]] | None = None,
    title: str = "",
) -> Picture:
    """Map the epochs to tolerance over learning rate and momentum, with theoretical curves on top.

    Args:
        maps: comparisons of one problem, optimizer and start over `learning_rate` and `momentum`, by title.
        limits: curves (learning rates, momenta) by label.
        title: above all.
    """
    if not maps:
        raise InputError("maps: expected one comparison or more, got none")
    figure = new_figure(6.2 * len(maps), 5.8)
    draw_title(figure, title)
    for axes, (label, result) in zip(np.atleast_1d(figure.subplots(1, len(maps))), maps.items(), strict=True):
        runs = result.isel(problem=0, optimizer=0, start=0).transpose("momentum", "learning_rate", ...)
        rates, momenta = np.meshgrid(runs.learning_rate, runs.momentum)
        image = _draw_map(axes, rates, momenta, runs.epochs_to_tolerance.values, _failures(runs), result)
        axes.set(xscale="log", xlabel="learning rate", ylabel="momentum", title=label)
        axes.set(xlim=(rates.min(), rates.max()), ylim=(momenta.min(), momenta.max()))
        for name, (x, y) in (limits or {}).items():
            check_array(f"limits: {name!r}", y, len(check_array(f"limits: {name!r}", x, "n_points")))
            axes.plot(x, y, "--", color="black", linewidth=1.6, label=name)
    if limits:
        figure.axes[0].legend(loc="lower left", fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="epochs to tolerance", pad=0.01)
    _legend_of_failures(figure)
    return figure
