"""Figures of many paths over the contours of one loss: by optimizer, or by batch size.

Conventions: functions draw records and never train. Panels are in the order of the comparison's optimizers.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Numbers, checked
from tfreg.checks.records import Paths, SeedRuns, Surface
from tfreg.checks.values import check_array
from tfreg.draw.axes import axis_labels, diverged_handle, draw_contours, draw_path, draw_point, point_handle
from tfreg.draw.box import box, clipping_box, inside
from tfreg.draw.figure import Picture, draw_title, new_figure, panels
from tfreg.draw.scene import Trajectory, marks_inside, paths_on
from tfreg.draw.style import DIVERGED, MARKED, MINIMUM, Style, Styles, styles_for

_PATH = Style("#000000")


@checked
def paths(
    surface: Surface,
    runs: Paths,
    points: Mapping[str, Numbers] | None = None,
    title: str = "",
    *,
    styles: Styles | None = None,
) -> Picture:
    """Draw the paths of each optimizer from every start over the contours of the loss, in a panel per optimizer.

    Args:
        surface: `loss` over two weights or over a plane.
        runs: a comparison with trajectories, of one problem.
        points: coordinates (2,) to mark, by name; those outside the surface are left out.
        title: above all panels.
        styles: of the points, by name.
    """
    given = {name: check_array(f"points: {name!r}", at, 2) for name, at in (points or {}).items()}
    marked = marks_inside(surface, given)
    style_of = styles_for(marked, MARKED | dict(styles or {}))
    figure, by_name = panels(runs.optimizer.values.tolist(), title, *axis_labels(surface))
    marks = {label: point_handle(label, style_of[label]) for label in marked}
    for name, axes in by_name.items():
        chosen = runs.sel(optimizer=name)
        drawn = paths_on(surface, chosen, name)
        draw_contours(axes, surface, labelled=False)
        corners = clipping_box(surface, (path.loss for path in drawn))
        for path in drawn:
            *_, end = draw_path(axes, path, _PATH, corners, width=1.2, dotted=False, outlined=True)
            if path.diverged:  # in black it would be taken for the minimum
                end.set_color(DIVERGED.colour)
                marks["diverged"] = diverged_handle()
        for label, at in marked.items():
            draw_point(axes, at, style_of[label], surface, label)
        epochs = zip(chosen.epochs_to_tolerance.values.ravel(), drawn, strict=True)
        words = ", ".join(("–" if np.isnan(n) else f"{n:.0f}") + "→" * _leaves(surface, path) for n, path in epochs)
        axes.set_title(f"{name}: {words}", fontsize=9)
    figure.legend(
        handles=[Line2D([], [], color=_PATH.colour, label="path"), *marks.values()], loc="outside lower center",
        ncols=1 + len(marks), frameon=False,
        title="above each panel: epochs to tolerance from each start; – not reached; → leaves the panel",
    )  # fmt: skip
    return figure


def _leaves(surface: xr.Dataset, path: Trajectory) -> bool:
    return not inside(path.coordinates, box(surface)).all()


@checked
def spreads(
    surface: Surface,
    by_label: Mapping[str, SeedRuns],
    minimum_weights: Numbers,
    title: str = "",
    *,
    styles: Styles | None = None,
) -> Picture:
    """Draw the paths of all seeds by batch size, whole and their last tenth, and the spread of the seeds.

    Args:
        surface: `loss` over two weights.
        by_label: runs (seed, epoch, weight) from one start.
        minimum_weights: (2,), where the loss is lowest.
        title: above all.
        styles: by label.
    """
    if not by_label:
        raise InputError("by_label: expected runs by one label or more, got none")
    minimum = check_array("minimum_weights", minimum_weights, 2)
    figure = new_figure(3.4 * (len(by_label) + 1) + 0.6, 6.8)
    draw_title(figure, title)
    grid = figure.add_gridspec(2, len(by_label) + 1)
    apart = figure.add_subplot(grid[:, -1])
    marks = marks_inside(surface, {"minimum": minimum})
    for column, (label, style) in enumerate(styles_for(by_label, styles).items()):
        weights = by_label[label].weights.transpose("seed", "epoch", "weight")
        whole, end = (figure.add_subplot(grid[row, column]) for row in (0, 1))
        last = weights.isel(epoch=slice(-max(2, weights.sizes["epoch"] // 10), None))
        draw_contours(whole, surface, label)
        draw_contours(end, surface, f"the last {last.sizes['epoch']} records")
        for axes, shown in ((whole, weights), (end, last)):
            for seed in shown.values:
                axes.plot(*seed.T, color=style.colour, alpha=0.3, linewidth=0.8)
                axes.plot(*seed[-1], "o", color=style.colour, markersize=3)
            for name, at in marks.items():
                draw_point(axes, at, MINIMUM, surface, name)
        _zoom(end, np.concatenate([last.values.reshape(-1, 2), np.reshape([*marks.values()], (-1, 2))]))
        epochs = by_label[label].epoch
        apart.plot(epochs, weights.std("seed").max("weight"), color=style.colour, label=label, linewidth=1.8)
    apart.set(xlabel="epoch", title="spread over the shuffles", ylabel="standard deviation of a weight")
    apart.set_yscale("symlog", linthresh=1e-3)
    apart.grid(alpha=0.25)
    figure.legend(*apart.get_legend_handles_labels(), loc="outside lower center", ncols=len(by_label), frameon=False)
    return figure


def _zoom(axes: Axes, points: np.ndarray) -> None:
    """Limit axes to points (n_points, 2), with a margin."""
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    margin = np.maximum(0.1 * (high - low), 1e-3)
    axes.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
