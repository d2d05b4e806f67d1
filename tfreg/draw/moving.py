"""The parts of a descent that move from frame to frame: growing trajectories, current fits, and the epoch.

Conventions: a moving part is an artist and a function that, given an epoch, updates it. Parts are in the order in which
they are drawn.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from mpl_toolkits.mplot3d import Axes3D

from tfreg.datasets import Dataset
from tfreg.draw.axes import draw_point, end_look, end_of
from tfreg.draw.box import clipped, inside
from tfreg.draw.descent import widths_of
from tfreg.draw.scene import Scene, Trajectory
from tfreg.draw.style import Style

Moving = tuple[Artist, Callable[[int], None]]


def show_epoch(clock: Text, epoch: int) -> None:
    """Write the epoch."""
    clock.set_text(f"epoch {epoch}")


def moving_on_surface(axes: Axes, scene: Scene, style_of: Mapping[str, Style], epochs: np.ndarray) -> Iterator[Moving]:
    """Add growing paths of a scene to axes with its surface, and its points over them; yield the moving parts."""
    n_axes = 3 if isinstance(axes, Axes3D) else 2
    widths = widths_of(scene)
    nothing: list[list[float]] = [[]] * n_axes
    for name, paths in scene.paths.items():
        width = style_of[name].width or widths[name]
        dots = epochs if len(paths) == 1 else epochs[:0]
        for path in paths:
            look: dict[str, Any] = {"color": style_of[name].colour, "animated": True, "zorder": 10}
            (line,) = axes.plot(*nothing, style_of[name].line, linewidth=width, **look)
            (marks,) = axes.plot(*nothing, "o", markersize=2.5 + width, **look)
            (start,) = axes.plot(
                *nothing, "o", markersize=5 + width, markerfacecolor="white", clip_on=False, in_layout=False, **look
            )
            grow = partial(
                _update_trajectory, path=path, corners=scene.corners, epochs=dots, line=line, dots=marks, start=start
            )
            yield line, grow
            yield from ((part, _unchanged) for part in (marks, start))
            yield _moving_end(axes, path, scene.corners, look)
    drawn = (draw_point(axes, coordinates, style_of[name], scene.surface) for name, coordinates in scene.points.items())
    for mark in sorted(drawn, key=lambda mark: mark.get_zorder()):
        mark.set_animated(True)
        yield mark, _unchanged


def _moving_end(axes: Axes, path: Trajectory, corners: tuple[np.ndarray, np.ndarray], look: dict[str, Any]) -> Moving:
    """The mark at the end of a path, shown from its last epoch on."""
    points = path.solid if isinstance(axes, Axes3D) else path.coordinates
    at = end_of(points, path.diverged, corners)
    (mark,) = axes.plot(*np.empty((points.shape[1], 0)), **(look | end_look(path.diverged)))
    return mark, lambda epoch: _set_points(mark, at if epoch >= path.epochs[-1] else at[:0])


def _update_trajectory(
    epoch: int,
    path: Trajectory,
    corners: tuple[np.ndarray, np.ndarray],
    epochs: np.ndarray,
    line: Line2D,
    dots: Line2D,
    start: Line2D,
) -> None:
    points = path.solid if hasattr(line, "set_data_3d") else path.coordinates
    low, high = (corner[: points.shape[1]] for corner in corners)
    shown = inside(points, corners)
    _set_points(line, clipped(points[path.epochs <= epoch], low, high))
    _set_points(dots, points[shown & np.isin(path.epochs, epochs[epochs <= epoch])])
    _set_points(start, points[:1][shown[:1]])


def _set_points(line: Line2D, points: np.ndarray) -> None:
    """Put a line through points (n_points, 2) or (n_points, 3)."""
    if hasattr(line, "set_data_3d"):
        line.set_data_3d(*points.T)
    else:
        line.set_data(*points.T)


def _unchanged(epoch: int) -> None:
    """Leave an artist as it is: it is drawn again in each frame, over the parts that have moved."""


def moving_fits(
    axes: Axes, data: Dataset, scene: Scene, fits: Mapping[str, np.ndarray], style_of: Mapping[str, Style]
) -> Iterator[Moving]:
    """Add the fits of a scene's paths to axes with the data, and yield them as moving parts."""
    for name, width in widths_of(scene).items():
        style = style_of[name]
        (curve,) = axes.plot([], [], style.line, color=style.colour, linewidth=max(width, 2), animated=True)
        yield curve, partial(_update_fit, data=data, path=scene.paths[name][0], fits=fits[name], curve=curve)


def _update_fit(epoch: int, data: Dataset, path: Trajectory, fits: np.ndarray, curve: Line2D) -> None:
    curve.set_data(data.inputs[:, -1], fits[np.searchsorted(path.epochs, epoch, side="right") - 1])
