"""Matplotlib figures of data, surfaces and paths. They draw records and never train.

Conventions: functions return a `matplotlib.figure.Figure` that no window manager knows of. A surface is an
`xarray.Dataset` with `loss` over two weights; paths are runs over the same weights, by label. The same label always
has the same colour, from a palette that colour-blind readers can tell apart (Okabe and Ito, 2008).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from tfreg.datasets import Dataset

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
COLOURS = {
    "data": "#7F7F7F",
    "true probability": "#000000",
    "BCE fit": "#0072B2",
    "MSE fit": "#D55E00",
    "SGD, carried over and fresh alike": "#009E73",
    "SGD, state carried over": "#D55E00",
    "SGD, fresh": "#0072B2",
    "Adam, state carried over": "#D55E00",
    "Adam, fresh": "#0072B2",
    "true weights": "#D7191C",
    "minimum": "#000000",
}
STRETCH = 15  # epochs between the points of the lecture's paths
VIEW = (15.0, 75.0)  # elevation and azimuth of the lecture's 3-D figures, in degrees


def colour(label: str) -> str:
    """The colour of a label: a fixed one if it is known, else one of the palette, the same in every figure."""
    return COLOURS.get(label, PALETTE[crc32(label.encode()) % len(PALETTE)])


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, ready to be drawn into memory."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def data(dataset: Dataset, curves: Mapping[str, np.ndarray] | None = None, title: str = "") -> Figure:
    """The targets over the last input, with curves (n_samples,) such as a fit."""
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    draw_data(axes, dataset, curves or {})
    axes.set_title(title)
    axes.legend(loc="upper left")
    return figure


def draw_data(axes: Axes, dataset: Dataset, curves: Mapping[str, np.ndarray]) -> None:
    """Points, the known expectation and curves, into given axes."""
    x = dataset.inputs[:, -1]
    faint = 0.06 if len(x) > 500 else 0.6
    axes.plot(x, dataset.targets[:, 0], "o", color=colour("data"), alpha=faint, markersize=4, rasterized=True)
    axes.plot([], [], "o", color=colour("data"), markersize=4, label="data")
    if dataset.expected is not None:
        axes.plot(x, dataset.expected, "--", color=colour("true probability"), linewidth=1.4, label="true probability")
    for label, values in curves.items():
        axes.plot(x, values, color=colour(label), linewidth=2, label=label)
    axes.set_xlabel("x")
    axes.set_ylabel("y")


def surfaces(by_label: Mapping[str, xr.Dataset], title: str = "", view: tuple[float, float] = VIEW) -> Figure:
    """Loss surfaces in 3-D, side by side."""
    figure = new_figure(5.2 * len(by_label), 4.6)
    figure.suptitle(title)
    for position, (label, surface) in enumerate(by_label.items(), start=1):
        axes = figure.add_subplot(1, len(by_label), position, projection="3d", computed_zorder=False)
        draw_surface(axes, surface, label, view)
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
        draw_contours(flat, surface, label)
        for order, (name, run) in enumerate(scene.paths[label].items()):
            # The first path is drawn wider, so that it shows where another runs over it.
            width = 1.6 if order else 3.4
            draw_path(solid, run, name, width, surface)
            draw_path(flat, run, name, width)
        for name, weights in scene.points[label].items():
            draw_point(solid, weights, name, surface)
            draw_point(flat, weights, name)
    handles, labels = flat.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), title=note, frameon=False)
    return figure


def draw_surface(axes: Axes3D, surface: xr.Dataset, label: str, view: tuple[float, float] = VIEW) -> None:
    """A loss surface into 3-D axes made with `computed_zorder=False`, so that paths stay in front of it."""
    first, second = surface.loss.dims
    x, y = np.meshgrid(surface[first], surface[second], indexing="ij")
    axes.plot_surface(
        x, y, surface.loss.values, cmap="cividis", alpha=0.8, rcount=40, ccount=40, linewidth=0, antialiased=True
    )
    axes.view_init(*view)
    axes.set(xlabel=first, ylabel=second, title=label)
    axes.set_zlabel("loss", labelpad=6)
    axes.set_box_aspect(None, zoom=1.12)


def draw_contours(axes: Axes, surface: xr.Dataset, label: str) -> None:
    """A loss surface as filled contours, closer where the loss is low."""
    first, second = surface.loss.dims
    values = surface.loss.values.T
    lowest, highest = np.nanmin(values), np.nanmax(values)
    levels = lowest + (highest - lowest) * np.linspace(0, 1, 25) ** 2
    axes.contourf(surface[first], surface[second], values, levels=levels, cmap="cividis", alpha=0.55)
    axes.contour(surface[first], surface[second], values, levels=levels, colors="white", linewidths=0.4)
    axes.set(xlabel=first, ylabel=second, title=f"{label}, seen from above")


def draw_path(axes: Axes, run: xr.Dataset, label: str, width: float = 1.6, surface: xr.Dataset | None = None) -> None:
    """The path of a run over its first two weights, a dot every 15 epochs; on 3-D axes (with `surface`) at its loss."""
    first, second = run.weights.values.T[:2]
    height = () if surface is None else (run.loss.values,)
    style: dict[str, Any] = {"color": colour(label), "zorder": 10}
    outline = [patheffects.withStroke(linewidth=width + 1.6, foreground="white")]
    axes.plot(first, second, *height, linewidth=width, label=label, path_effects=outline, **style)
    dots = slice(None, None, STRETCH)
    axes.plot(first[dots], second[dots], *(h[dots] for h in height), "o", markersize=2 + width, **style)
    axes.plot(first[:1], second[:1], *(h[:1] for h in height), "o", markersize=6, markerfacecolor="white", **style)


def draw_point(
    axes: Axes, weights: Sequence[float] | np.ndarray, label: str, surface: xr.Dataset | None = None
) -> None:
    """A marked weight pair; on 3-D axes at the loss of the surface there."""
    marker, size = ("*", 13) if label == "true weights" else ("X", 8)
    height = () if surface is None else ([float(_height(surface, weights))],)
    axes.plot(
        [weights[0]], [weights[1]], *height, marker, color=colour(label), markersize=size, markeredgecolor="white",
        markeredgewidth=0.8, label=label, zorder=11,
    )  # fmt: skip


def _height(surface: xr.Dataset, weights: Sequence[float] | np.ndarray) -> np.ndarray:
    at = dict(zip(surface.loss.dims, weights, strict=True))
    return surface.loss.sel(at, method="nearest").values
