"""Matplotlib figures of loss surfaces and of the paths on them. They draw records and never train.

Conventions: a surface is an `xarray.Dataset` with `loss` over two weights; paths are runs over the same weights, by
label. 3-D axes are made with `computed_zorder=False`, so that paths stay in front of the surface they run on. Colours
are those of `tfreg.draw.data`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d import Axes3D

from tfreg.datasets import Dataset
from tfreg.draw.data import colour, new_figure
from tfreg.errors import InputError

STRETCH = 15  # epochs between the points of the lecture's paths
VIEW = (15.0, 75.0)  # elevation and azimuth of the lecture's 3-D figures, in degrees


def surfaces(by_label: Mapping[str, xr.Dataset], title: str = "", view: tuple[float, float] = VIEW) -> Figure:
    """Loss surfaces in 3-D, side by side."""
    figure = new_figure(5.2 * len(by_label), 4.6)
    figure.suptitle(title)
    for position, (label, surface) in enumerate(by_label.items(), start=1):
        axes = figure.add_subplot(1, len(by_label), position, projection="3d", computed_zorder=False)
        draw_surface(axes, surface, label, view)
    return figure


def curvatures(by_label: Mapping[str, xr.Dataset], title: str = "") -> Figure:
    """Maps of the smallest curvature of surfaces: violet and hatched where it is negative, orange where positive."""
    figure = new_figure(5.4 * len(by_label), 4.4)
    figure.suptitle(title)
    for axes, (label, surface) in zip(np.atleast_1d(figure.subplots(1, len(by_label))), by_label.items(), strict=True):
        first, second = surface.curvature.dims
        values = surface.curvature.values.T
        strongest = np.abs(values).max()
        norm = SymLogNorm(linthresh=strongest / 1000, vmin=-strongest, vmax=strongest)
        image = axes.pcolormesh(surface[first], surface[second], values, norm=norm, cmap="PuOr_r", rasterized=True)
        if (values < 0).any():
            levels = [values.min(), 0]
            axes.contourf(surface[first], surface[second], values, levels=levels, colors="none", hatches=["///"])
            axes.contour(surface[first], surface[second], values, levels=[0], colors="black", linewidths=1.2)
        axes.set(
            xlabel=first, ylabel=second, title=f"{label}: negative on {100 * np.mean(values < 0):.0f} % of the grid"
        )
        decades = 10.0 ** np.arange(np.ceil(np.log10(strongest)) - 3, np.ceil(np.log10(strongest)))
        bar = figure.colorbar(image, ax=axes, label="smallest eigenvalue of the Hessian")
        bar.set_ticks([*-decades[::-1], 0, *decades])
    return figure


@dataclass(frozen=True, eq=False)
class Scene:
    """Paths on loss surfaces, as figures and animations show them; all are keyed by the name of the loss.

    Attributes:
        surfaces: `loss` over two weights.
        paths: runs by label, recorded at every epoch.
        fits: by the same labels, the model's outputs (epochs, n_samples).
        points: weights to mark, by label (`true weights`, `minimum`).
        dataset: what was fitted.
    """

    surfaces: Mapping[str, xr.Dataset]
    paths: Mapping[str, Mapping[str, xr.Dataset]]
    fits: Mapping[str, Mapping[str, np.ndarray]]
    points: Mapping[str, Mapping[str, Sequence[float] | np.ndarray]]
    dataset: Dataset


def descents(scene: Scene, title: str = "", note: str = "") -> Figure:
    """Each surface in 3-D and, below it, as contours, with the same paths on both; `note` stands above the legend."""
    figure = new_figure(5.2 * len(scene.surfaces), 9.4)
    figure.suptitle(title)
    grid = figure.add_gridspec(2, len(scene.surfaces), height_ratios=(1.15, 1))
    for column, (label, surface) in enumerate(scene.surfaces.items()):
        solid = figure.add_subplot(grid[0, column], projection="3d", computed_zorder=False)
        flat = figure.add_subplot(grid[1, column])
        draw_surface(solid, surface, label)
        draw_contours(flat, surface, *_axis_labels(surface), f"{label}, seen from above")
        for order, (name, run) in enumerate(scene.paths[label].items()):
            # The first path is drawn wider, so that it shows where another runs over it.
            width = 1.6 if order else 5
            draw_path(solid, run, name, width, surface)
            draw_path(flat, run, name, width)
        for name, weights in scene.points[label].items():
            draw_point(solid, weights, name, surface)
            draw_point(flat, weights, name)
    handles, labels = flat.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), title=note, frameon=False)
    return figure


def plane(
    surface: xr.Dataset,
    paths: Mapping[str, xr.Dataset],
    points: Mapping[str, Sequence[float] | np.ndarray],
    title: str = "",
    view: tuple[float, float] = VIEW,
) -> Figure:
    """A loss surface over a plane through weight space, with paths that need not run in it.

    Each path is drawn at its own loss, which off the plane is not the surface's; a third panel shows how far off it is.

    Args:
        surface: `loss` over the plane.
        paths: runs as they are seen in the plane, with their `distance` from it (`tfreg.planes.projected`), by label.
        points: coordinates (u, v) to mark, by label.
        title: above all panels.
        view: elevation and azimuth, in degrees.
    """
    figure = new_figure(11.2, 8.2)
    figure.suptitle(title)
    grid = figure.add_gridspec(2, 2, height_ratios=(2.6, 1), width_ratios=(1.2, 1), wspace=0.06)
    solid = figure.add_subplot(grid[0, 0], projection="3d", computed_zorder=False)
    flat, off = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, :])
    draw_surface(solid, surface, "", view)
    # The labels of a plane's axes are long: they need room beside the numbers, and within the figure.
    solid.set_box_aspect(None, zoom=0.94)
    for axis in (solid.xaxis, solid.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.labelpad = 10
    draw_contours(flat, surface, *_axis_labels(surface))
    for name, run in paths.items():
        draw_path(solid, run, name, surface=surface)
        draw_path(flat, run, name)
        epochs, distance = run.epoch.values, run.distance.values
        words = f"{name}: up to {distance.max():.2f} off the plane, {distance[-1]:.2f} at the end"
        off.plot(epochs, distance, color=colour(name), linewidth=1.8, label=words)
    for name, coordinates in points.items():
        draw_point(solid, coordinates, name, surface)
        draw_point(flat, coordinates, name)
    # The first steps are by far the longest.
    off.set_xscale("symlog", linthresh=10)
    off.set(xlabel="epoch", ylabel="distance from the plane", ylim=(0, None))
    off.legend()
    handles, labels = flat.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def draw_surface(axes: Axes3D, surface: xr.Dataset, label: str, view: tuple[float, float] = VIEW) -> None:
    """A loss surface into 3-D axes made with `computed_zorder=False`, so that paths stay in front of it."""
    first, second = surface.loss.dims
    if min(surface.loss.shape) < 2:
        raise InputError(f"a surface needs 2 values of each weight or more, got {surface.loss.shape}; take small steps")
    x, y = np.meshgrid(surface[first], surface[second], indexing="ij")
    axes.plot_surface(
        x, y, surface.loss.values, cmap="cividis", alpha=0.8, rcount=40, ccount=40, linewidth=0, antialiased=True
    )
    axes.view_init(*view)
    xlabel, ylabel = _axis_labels(surface)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=label)
    axes.set_zlabel("loss", labelpad=6)
    axes.set_box_aspect(None, zoom=1.12)


def draw_contours(axes: Axes, surface: xr.Dataset, xlabel: str = "", ylabel: str = "", title: str = "") -> None:
    """A loss surface as filled contours, closer where the loss is low."""
    first, second = surface.loss.dims
    values = surface.loss.values.T
    lowest, highest = np.nanmin(values), np.nanmax(values)
    levels = lowest + (highest - lowest) * np.linspace(0, 1, 25) ** 2
    axes.contourf(surface[first], surface[second], values, levels=levels, cmap="cividis", alpha=0.55)
    axes.contour(surface[first], surface[second], values, levels=levels, colors="white", linewidths=0.4)
    if xlabel:
        axes.set(xlabel=xlabel, ylabel=ylabel, title=title)


def _axis_labels(surface: xr.Dataset) -> tuple[str, str]:
    first, second = (str(surface[name].attrs.get("long_name", name)) for name in surface.loss.dims)
    return first, second


def draw_path(
    axes: Axes,
    run: xr.Dataset,
    label: str,
    width: float = 1.6,
    surface: xr.Dataset | None = None,
    stretch: int = STRETCH,
) -> None:
    """The path of a run over its first two weights, with a dot every `stretch` records.

    On 3-D axes (that is, with `surface`) it is drawn at the run's own loss.
    """
    first, second = run.weights.values.T[:2]
    height = () if surface is None else (run.loss.values,)
    style: dict[str, Any] = {"color": colour(label), "zorder": 10}
    outline = [patheffects.withStroke(linewidth=width + 1.6, foreground="white")]
    axes.plot(first, second, *height, linewidth=width, label=label, path_effects=outline, **style)
    dots = slice(None, None, stretch)
    axes.plot(first[dots], second[dots], *(h[dots] for h in height), "o", markersize=2 + width, **style)
    axes.plot(first[:1], second[:1], *(h[:1] for h in height), "o", markersize=6, markerfacecolor="white", **style)


def draw_point(
    axes: Axes, weights: Sequence[float] | np.ndarray, label: str, surface: xr.Dataset | None = None
) -> Line2D:
    """A marked weight pair; on 3-D axes at the loss of the surface there."""
    marker, size = ("*", 13) if label == "true weights" else ("X", 8)
    height = () if surface is None else ([float(_height(surface, weights))],)
    (mark,) = axes.plot(
        [weights[0]], [weights[1]], *height, marker, color=colour(label), markersize=size, markeredgecolor="white",
        markeredgewidth=0.8, label=label, zorder=11,
    )  # fmt: skip
    return mark


def _height(surface: xr.Dataset, weights: Sequence[float] | np.ndarray) -> np.ndarray:
    at = dict(zip(surface.loss.dims, weights, strict=True))
    return surface.loss.sel(at, method="nearest").values
