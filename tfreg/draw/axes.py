"""Surfaces, trajectories and marked points, drawn into given axes.

Conventions: a surface is an `xarray.Dataset` with `loss` over two weights or over u and v of a plane; the `long_name`
of a dimension is its axis label. 3-D axes are made with `computed_zorder=False`, so that trajectories stay in front of
the surface they run on.
"""

from typing import Annotated, Any

import numpy as np
import xarray as xr
from matplotlib import colormaps, patheffects
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from mpl_toolkits.mplot3d import Axes3D

from tfreg.checks.kinds import worded
from tfreg.checks.values import check_array
from tfreg.draw.box import box, clipped, height, inside
from tfreg.draw.scene import Trajectory, check_surface
from tfreg.draw.style import DIVERGED, Style

VIEW = (25.0, 60.0)  # elevation and azimuth, in degrees
_Angles = tuple[float, float]
View = Annotated[_Angles, worded(f"(elevation, azimuth) in degrees, such as {VIEW}", _Angles)]
_DOTS = 30  # along a trajectory
_LEVELS = 24


def _paler(name: str, share: float) -> Colormap:
    """A colour map mixed with white, from which paths stand out."""
    return LinearSegmentedColormap.from_list(name, 1 - share + share * colormaps[name](np.linspace(0, 1, 64))[:, :3])


SURFACE = _paler("cividis", 0.55)


def draw_surface(
    axes: Axes3D, surface: xr.Dataset, label: str = "", view: tuple[float, float] = VIEW, zoom: float = 1.0
) -> None:
    """Draw a loss surface into 3-D axes made with `computed_zorder=False`; narrow axes need less zoom.

    Raises:
        InputError: no surface, one of a single row, or no view of two angles.
    """
    check_surface(surface)
    check_array("view", view, 2, finite=True)
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
    # The levels of a flat surface have to differ too.
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
    path: Trajectory,
    style: Style,
    corners: tuple[np.ndarray, np.ndarray],
    *,
    width: float = 1.6,
    label: str = "_path",
    dotted: bool = True,
    outlined: bool = False,
) -> list[Line2D]:
    """Draw a path within the box with these corners (3,), with its start, its end and about thirty dots between.

    On 3-D axes it is drawn at the run's own loss. Points that are not finite or outside the box are left out.
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
    start = points[:1][shown[:1]]
    # At the border too, the marks of start and end are drawn whole.
    ends: dict[str, Any] = look | {"clip_on": False, "in_layout": False}
    drawn += axes.plot(*start.T, "o", markersize=5 + width, markerfacecolor="white", **ends)
    return drawn + axes.plot(*end_of(points, path.diverged, corners).T, **(look | end_look(path.diverged)))


def end_of(points: np.ndarray, diverged: bool, corners: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return where a path through points (n_points, d) ends within a box, (1, d); (0, d) if it ends outside."""
    if not diverged:
        return points[-1:][inside(points, corners)[-1:]]
    line = clipped(points, *(corner[: points.shape[1]] for corner in corners))
    line = line if len(line) else points[inside(points, corners)]
    return line[~np.isnan(line).any(axis=1)][-1:]


def end_look(diverged: bool) -> dict[str, Any]:
    """Return the look of the mark where a path ends, whole at the border too."""
    look: dict[str, Any] = {"linestyle": "", "clip_on": False, "in_layout": False}
    if diverged:
        return look | {"marker": DIVERGED.marker, "markersize": 7, "markeredgewidth": 2}
    return look | {"marker": "s", "markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.8}


def diverged_handle() -> Line2D:
    """Return the legend's entry for the mark of a run that diverged."""
    return Line2D([], [], color=DIVERGED.colour, marker=DIVERGED.marker, linestyle="", label="diverged")


def stride(n_records: int) -> int:
    """Return the number of records from dot to dot of a path with about thirty dots."""
    return max(1, -(-n_records // _DOTS))


def _kept(axes: Axes) -> str:
    return "xyz" if isinstance(axes, Axes3D) else "xy"


def draw_point(axes: Axes, coordinates: np.ndarray, style: Style, surface: xr.Dataset, label: str = "_point") -> Line2D:
    """Draw a marked point within a surface, on 3-D axes at the loss of the surface there."""
    at = [*coordinates, height(surface, coordinates)][: len(_kept(axes))]
    # A star is larger than other marks, which may lie close by, so it goes below them.
    size, order = (15, 11) if style.marker == "*" else (8, 12)
    look: dict[str, Any] = {"color": style.colour, "markersize": size, "zorder": order, "label": label}
    (mark,) = axes.plot(*([value] for value in at), style.marker, markeredgecolor="white", markeredgewidth=0.8, **look)
    return mark


def point_handle(label: str, style: Style) -> Line2D:
    """Return the entry of a marked point in a legend."""
    size = 12 if style.marker == "*" else 8
    return Line2D(
        [], [], color=style.colour, marker=style.marker, linestyle="", markersize=size, markeredgecolor="white",
        label=label,
    )  # fmt: skip
