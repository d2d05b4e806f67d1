"""Figures of loss surfaces and of their curvature.

Conventions: functions draw records and never train. A surface is an `xarray.Dataset` with `loss` over two weights or
over u and v of a plane.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import checked
from tfreg.checks.records import Surfaces
from tfreg.draw.axes import VIEW, View, draw_point, draw_surface, point_handle
from tfreg.draw.figure import PANEL_NAME, Picture, draw_legend, draw_title, new_figure, shortened
from tfreg.draw.scene import marks_inside, marks_of
from tfreg.draw.style import MARKED, MINIMUM


@checked
def surfaces(surface: Surfaces, *, title: str = "", view: View = VIEW) -> Picture:
    """Draw a loss surface in 3-D, or those of a dict side by side, with the points that they hold as `marked`.

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
    draw_title(figure, title)
    handles: dict[str, Line2D] = {}
    for position, (label, one) in enumerate(by_label.items(), start=1):
        axes = figure.add_subplot(1, len(by_label), position, projection="3d", computed_zorder=False)
        draw_surface(axes, one, shortened(label, PANEL_NAME), view)
        for name, at in marks_inside(one, marks_of(one)).items():
            style = MARKED.get(name, MINIMUM)
            draw_point(axes, at, style, one, name)
            handles.setdefault(name, point_handle(shortened(name), style))
    if handles:
        draw_legend(figure, [*handles.values()])
    return figure


def _by_label(surface: Surfaces) -> Mapping[str, xr.Dataset]:
    if not isinstance(surface, xr.Dataset) and not surface:
        raise InputError("surface: expected one surface or more, got none")
    return {"": surface} if isinstance(surface, xr.Dataset) else surface


@checked
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
    draw_title(figure, title)
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
