"""Figures of loss surfaces, and what draws surfaces, paths and points into axes.

Conventions: functions draw records and never train. A surface is an `xarray.Dataset` with `loss` over two weights or
over u and v of a plane; the `long_name` of a dimension is its axis label. 3-D axes are made with
`computed_zorder=False`, so that paths stay in front of the surface they run on.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps, patheffects
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, SymLogNorm
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from mpl_toolkits.mplot3d import Axes3D

from tfreg.draw.box import box, clipped, height, inside
from tfreg.draw.scene import Path, Surfaces, check_surface
from tfreg.draw.style import DIVERGED, Picture, Style, new_figure
from tfreg.errors import InputError

VIEW = (25.0, 60.0)  # elevation and azimuth, in degrees
_DOTS = 30  # along a path
_LEVELS = 24


def _paler(name: str, share: float) -> Colormap:
    """A colour map mixed with white, so that paths stand out from the surface."""
    return LinearSegmentedColormap.from_list(name, 1 - share + share * colormaps[name](np.linspace(0, 1, 64))[:, :3])


SURFACE = _paler("cividis", 0.55)


def surfaces(surface: Surfaces, *, title: str = "", view: tuple[float, float] = VIEW) -> Picture:
    """Draw a loss surface in 3-D, or those of a dict side by side.

    Args:
        surface: one, or one by label.
        title: above all.
        view: elevation and azimuth, in degrees.

    Raises:
        InputError: no surface, or one of a single row.

    Example:
        >>> draw.surfaces({"MSE": tfreg.loss_surface(mse, over), "BCE": tfreg.loss_surface(bce, over)})
    """
    by_label = _by_label(surface)
    figure = new_figure(5.2 * len(by_label), 4.2)
    figure.suptitle(title)
    for position, (label, one) in enumerate(by_label.items(), start=1):
        axes = figure.add_subplot(1, len(by_label), position, projection="3d", computed_zorder=False)
        draw_surface(axes, one, label, view)
    return figure


def _by_label(surface: Surfaces) -> Mapping[str, xr.Dataset]:
    return {"": surface} if isinstance(surface, xr.Dataset) else surface


def curvature(surface: Surfaces, *, title: str = "") -> Picture:
    """Map the smallest curvature of surfaces: violet and hatched where it is negative, orange where positive.

    Args:
        surface: one with `curvature`, or one by label.
        title: above all.

    Raises:
        InputError: a surface without `curvature`.
    """
    by_label = _by_label(surface)
    figure = new_figure(5.4 * len(by_label), 4.4)
    figure.suptitle(title)
    for axes, (label, one) in zip(np.atleast_1d(figure.subplots(1, len(by_label))), by_label.items(), strict=True):
        if "curvature" not in one:
            raise InputError(
                f"expected a surface as tfreg.curvature_surface returns it, got one of {', '.join(map(str, one))}"
            )
        _draw_curvature(figure, axes, one, label)
    return figure


def _draw_curvature(figure: Figure, axes: Axes, surface: xr.Dataset, label: str) -> None:
    first, second = surface.curvature.dims
    values = surface.curvature.values.T
    strongest = max(float(np.nanmax(np.abs(values))), 1e-12)
    norm = SymLogNorm(linthresh=strongest / 1000, vmin=-strongest, vmax=strongest)
    image = axes.pcolormesh(surface[first], surface[second], values, norm=norm, cmap="PuOr_r", rasterized=True)
    if (values < 0).any():
        levels = [values.min(), 0]
        axes.contourf(surface[first], surface[second], values, levels=levels, colors="none", hatches=["///"])
        axes.contour(surface[first], surface[second], values, levels=[0], colors="black", linewidths=1.2)
    share = f"negative on {100 * np.mean(values < 0):.0f} % of the grid"
    axes.set(xlabel=first, ylabel=second, title=f"{label}: {share}" if label else share)
    decades = 10.0 ** np.arange(np.ceil(np.log10(strongest)) - 3, np.ceil(np.log10(strongest)))
    bar = figure.colorbar(image, ax=axes, label="smallest eigenvalue of the Hessian")
    bar.set_ticks([*-decades[::-1], 0, *decades])


def draw_surface(
    axes: Axes3D, surface: xr.Dataset, label: str = "", view: tuple[float, float] = VIEW, zoom: float = 1.0
) -> None:
    """Draw a loss surface into 3-D axes made with `computed_zorder=False`; axes that are narrow need less zoom.

    Raises:
        InputError: no surface, or one of a single row.
    """
    check_surface(surface)
    first, second = surface.loss.dims
    x, y = np.meshgrid(surface[first], surface[second], indexing="ij")
    low, high = box(surface)
    heights = np.where(np.isfinite(surface.loss.values), surface.loss.values, np.nan)
    axes.plot_surface(
        x, y, heights, cmap=SURFACE, vmin=low[2], vmax=max(high[2], np.nextafter(low[2], np.inf)), rcount=40, ccount=40,
        linewidth=0, antialiased=True, alpha=0.9,
    )  # fmt: skip
    axes.view_init(*view)
    xlabel, ylabel = axis_labels(surface)
    long = max(len(xlabel), len(ylabel)) > 8  # such labels need room beside the numbers, and within the figure
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_zlabel("loss", labelpad=6)
    axes.set_title(label, y=1.0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
        axis.labelpad = 9 if long else 5
    axes.set_box_aspect((4, 4, 3), zoom=zoom * (0.92 if long else 1))


def draw_contours(axes: Axes, surface: xr.Dataset, title: str = "", *, labelled: bool = True) -> ContourSet:
    """Draw a loss surface as filled contours, closer where the loss is low, and return them for a colour bar."""
    check_surface(surface)
    first, second = surface.loss.dims
    values = np.ma.masked_invalid(surface.loss.values.T)
    low, high = box(surface)
    # Something has to lie between the levels of a flat surface too.
    extent = max(high[2] - low[2], 1e-6 * max(1.0, abs(high[2])))
    levels = low[2] + extent * np.linspace(0, 1, _LEVELS + 1) ** 2
    filled = axes.contourf(surface[first], surface[second], values, levels=levels, cmap=SURFACE, extend="neither")
    if high[2] > low[2]:
        axes.contour(surface[first], surface[second], values, levels=levels, colors="white", linewidths=0.5)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), title=title)
    if labelled:
        xlabel, ylabel = axis_labels(surface)
        axes.set(xlabel=xlabel, ylabel=ylabel)
    return filled


def draw_levels(figure: Figure, axes: Axes, filled: ContourSet) -> None:
    """Draw the colour bar of filled contours beside their axes, with a few of the levels as numbers."""
    bar = figure.colorbar(filled, ax=axes, label="loss", aspect=30, pad=0.02, fraction=0.05)
    bar.set_ticks(np.asarray(filled.levels)[::6].tolist())
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))


def axis_labels(surface: xr.Dataset) -> tuple[str, str]:
    """Return the labels of a surface's two axes."""
    first, second = (str(surface[name].attrs.get("long_name", name)) for name in surface.loss.dims)
    return first, second


def draw_path(
    axes: Axes,
    path: Path,
    style: Style,
    corners: tuple[np.ndarray, np.ndarray],
    *,
    width: float = 1.6,
    label: str = "_path",
    dotted: bool = True,
    outlined: bool = False,
) -> list[Line2D]:
    """Draw a path into the box with these corners (3,), with its start, its end and about thirty dots between.

    On 3-D axes it is drawn at the run's own loss. What is not finite or outside the box is left out.
    """
    points = path.solid[:, : len(_kept(axes))]
    low, high = (corner[: points.shape[1]] for corner in corners)
    look: dict[str, Any] = {"color": style.colour, "zorder": 10}
    outline = [patheffects.withStroke(linewidth=width + 1.6, foreground="white")] if outlined else None
    line = clipped(points, low, high)
    drawn = axes.plot(
        *line.T, style.line, linewidth=width, label=label, path_effects=outline, solid_capstyle="round", **look
    )
    shown = inside(points, corners)
    if dotted:
        every = np.arange(len(points)) % stride(len(points)) == 0
        drawn += axes.plot(*points[shown & every].T, "o", markersize=2 + width, **look)
    # Where a run starts or ends at the border, its whole mark is seen.
    ends: dict[str, Any] = look | {"clip_on": False, "in_layout": False}
    start = points[:1][shown[:1]]
    drawn += axes.plot(*start.T, "o", markersize=5 + width, markerfacecolor="white", **ends)
    if path.diverged:
        last = line[~np.isnan(line).any(axis=1)][-1:]
        return drawn + axes.plot(*last.T, DIVERGED.marker, markersize=7, markeredgewidth=2, **ends)
    end = points[-1:][shown[-1:]]
    return drawn + axes.plot(*end.T, "s", markersize=6, markeredgecolor="white", markeredgewidth=0.8, **ends)


def stride(n_records: int) -> int:
    """Return how many records apart the dots of a path are: about thirty are drawn."""
    return max(1, -(-n_records // _DOTS))


def _kept(axes: Axes) -> str:
    return "xyz" if isinstance(axes, Axes3D) else "xy"


def draw_point(
    axes: Axes, coordinates: np.ndarray, style: Style, surface: xr.Dataset, label: str = "_point"
) -> Line2D | None:
    """Draw a marked point of a surface; on 3-D axes at the loss of the surface there, and none outside of it."""
    if not inside(np.asarray(coordinates), box(surface)):
        return None
    at = [*coordinates, height(surface, coordinates)][: len(_kept(axes))]
    # A star is larger than other marks, which may lie close: it goes below.
    size, order = (15, 11) if style.marker == "*" else (8, 12)
    look: dict[str, Any] = {"color": style.colour, "markersize": size, "zorder": order, "label": label}
    (mark,) = axes.plot(*([value] for value in at), style.marker, markeredgecolor="white", markeredgewidth=0.8, **look)
    return mark
