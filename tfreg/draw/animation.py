"""Animated descents, as GIF and as an HTML page with a player.

Conventions: an animation is a sequence of frames, images of one size, over a background that is rendered once: only
what moves is drawn again, which makes thirty frames cost little more than one figure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from mpl_toolkits.mplot3d import Axes3D
from numpy.typing import ArrayLike
from PIL import Image

from tfreg.datasets import Dataset
from tfreg.draw.box import clipped, inside
from tfreg.draw.data import draw_data
from tfreg.draw.descent import Points, draw_legend, legend_handles, looks_of, widths_of
from tfreg.draw.frames import Animation, in_one_palette
from tfreg.draw.scene import Path, Runs, Scene, Surfaces, scenes
from tfreg.draw.style import Picture, Style, new_figure
from tfreg.draw.surfaces import VIEW, draw_contours, draw_point, draw_surface
from tfreg.errors import InputError, check_counts
from tfreg.progress import progress

_DPI = 80
# Given an epoch, puts an artist where it belongs then.
_Moving = tuple[Artist, Callable[[int], None]]
Fits = Mapping[str, ArrayLike] | Mapping[str, Mapping[str, ArrayLike]]


def descent_animation(
    surface: Surfaces,
    runs: Runs | Mapping[str, Runs],
    *,
    title: str = "",
    styles: Mapping[str, Style] | None = None,
    points: Points | None = None,
    data: Dataset | None = None,
    fits: Fits | None = None,
    n_frames: int = 30,
    view: tuple[float, float] = VIEW,
) -> Animation:
    """Animate paths that grow on their loss surface, and below it the data with the current fits.

    Without data and fits, the view from above stands below the surface.

    Args:
        surface: as `draw.descent` takes it.
        runs: as `draw.descent` takes them.
        title: above all panels.
        styles: of paths and points, by name.
        points: to mark, as `draw.descent` takes them.
        data: a problem's data set.
        fits: by the names of the runs (for several surfaces by their labels first), predictions (n_epochs, n_samples)
            at each recorded epoch.
        n_frames: the epochs shown are spread evenly, the first and the last among them; fewer if fewer are recorded.
        view: elevation and azimuth, in degrees.

    Raises:
        InputError: as for `draw.descent`; data without fits or fits without data; fits of other runs or another shape.

    Example:
        >>> draw.descent_animation(surface, runs).save("descent.gif")  # or .html
    """
    check_counts(n_frames=n_frames)
    columns = scenes(surface, runs, points)
    if (data is None) != (fits is None):
        raise InputError("expected both data and fits, or neither of them")
    looks = looks_of(columns, styles)
    by_scene = [_fits_of(scene, data, fits, len(columns)) for scene in columns] if data is not None else None
    epochs = _epochs(columns, n_frames)
    figure = new_figure(5.2 * max(len(columns), 2), 7.6 if len(columns) > 1 else 4.8)
    figure.set_dpi(_DPI)
    figure.suptitle(title)
    moving = _lay_out(figure, columns, looks, epochs, data, by_scene, view)
    exact = ["white", "black", *(style.colour for style in looks.values())]
    frames = in_one_palette(_frames(figure, moving, epochs), exact)
    return Animation(title, frames, [f"epoch {epoch}" for epoch in epochs])


def _fits_of(scene: Scene, data: Dataset, fits: Fits | None, n_scenes: int) -> dict[str, np.ndarray]:
    """The fits of a scene's paths, by name."""
    chosen = fits or {}
    if n_scenes > 1 or scene.label in chosen:
        chosen = chosen.get(scene.label, {})  # type: ignore[assignment]
    if not isinstance(chosen, Mapping) or set(chosen) != set(scene.paths):
        got = ", ".join(map(repr, chosen)) if isinstance(chosen, Mapping) else type(chosen).__name__
        where = f" on {scene.label}" if scene.label else ""
        raise InputError(f"expected fits for the runs{where}, {', '.join(map(repr, scene.paths))}; got {got or 'none'}")
    found = {}
    for name, paths in scene.paths.items():
        expected = (len(paths[0].epochs), len(data.inputs))
        found[name] = np.asarray(chosen[name])
        if found[name].shape != expected or len(paths) > 1:
            raise InputError(f"expected fits (n_epochs, n_samples) = {expected} of one run for {name!r}, got "
                             f"{found[name].shape} for {len(paths)} starts")  # fmt: skip
    return found


def _epochs(columns: Sequence[Scene], n_frames: int) -> np.ndarray:
    """The epochs shown: recorded ones, spread evenly."""
    recorded = np.unique([*(e for scene in columns for paths in scene.paths.values() for e in paths[0].epochs)])
    return recorded[np.unique(np.linspace(0, len(recorded) - 1, n_frames).round().astype(int))]


def _lay_out(
    figure: Picture,
    columns: Sequence[Scene],
    looks: Mapping[str, Style],
    epochs: np.ndarray,
    data: Dataset | None,
    fits: Sequence[Mapping[str, np.ndarray]] | None,
    view: tuple[float, float],
) -> list[_Moving]:
    """Draw all that stays, and return what moves, the lowest first."""
    # One surface stands beside what belongs to it, several above.
    single = len(columns) == 1
    grid = figure.add_gridspec(1, 2) if single else figure.add_gridspec(2, len(columns), height_ratios=(1.35, 1))
    clock = figure.text(0.99, 0.985, "", ha="right", va="top", animated=True)
    moving: list[_Moving] = [(clock, partial(_tell, clock))]
    handles: list[Any] = [*legend_handles(list(columns), looks)]
    for column, scene in enumerate(columns):
        solid = figure.add_subplot(grid[0, column], projection="3d", computed_zorder=False)
        draw_surface(solid, scene.surface, scene.label, view, zoom=0.9 if single else 1.0)
        moving += _on_surface(solid, scene, looks, epochs)
        flat = figure.add_subplot(grid[0, 1] if single else grid[1, column])
        name = f"{scene.label}, " if scene.label else ""
        if data is None or fits is None:
            draw_contours(flat, scene.surface, f"{name}seen from above")
            moving += _on_surface(flat, scene, looks, epochs)
        else:
            draw_data(flat, data, {})
            flat.set_title(f"{name}data and fits")
            moving += _on_data(flat, data, scene, fits[column], looks)
    if data is not None:
        handles += flat.get_legend_handles_labels()[0]
    draw_legend(figure, handles)
    return moving


def _tell(clock: Text, epoch: int) -> None:
    clock.set_text(f"epoch {epoch}")


def _on_surface(axes: Axes, scene: Scene, looks: Mapping[str, Style], epochs: np.ndarray) -> Iterator[_Moving]:
    """The growing paths of a scene, its points over them."""
    n_axes = 3 if isinstance(axes, Axes3D) else 2
    widths = widths_of(scene)
    nothing: list[list[float]] = [[]] * n_axes
    for name, paths in scene.paths.items():
        width = looks[name].width or widths[name]
        dots = epochs if len(paths) == 1 else epochs[:0]
        for path in paths:
            look: dict[str, Any] = {"color": looks[name].colour, "animated": True, "zorder": 10}
            (line,) = axes.plot(*nothing, looks[name].line, linewidth=width, **look)
            (marks,) = axes.plot(*nothing, "o", markersize=2.5 + width, **look)
            (start,) = axes.plot(
                *nothing, "o", markersize=5 + width, markerfacecolor="white", clip_on=False, in_layout=False, **look
            )
            grow = partial(_grow, path=path, corners=scene.corners, epochs=dots, line=line, dots=marks, start=start)
            yield line, grow
            yield from ((part, _stay) for part in (marks, start))
    drawn = (draw_point(axes, coordinates, looks[name], scene.surface) for name, coordinates in scene.points.items())
    for mark in sorted((mark for mark in drawn if mark is not None), key=lambda mark: mark.get_zorder()):
        mark.set_animated(True)
        yield mark, _stay


def _grow(
    epoch: int,
    path: Path,
    corners: tuple[np.ndarray, np.ndarray],
    epochs: np.ndarray,
    line: Line2D,
    dots: Line2D,
    start: Line2D,
) -> None:
    points = path.solid if hasattr(line, "set_data_3d") else path.coordinates
    low, high = (corner[: points.shape[1]] for corner in corners)
    shown = inside(points, corners)
    _place(line, clipped(points[path.epochs <= epoch], low, high))
    _place(dots, points[shown & np.isin(path.epochs, epochs[epochs <= epoch])])
    _place(start, points[:1][shown[:1]])


def _place(line: Line2D, points: np.ndarray) -> None:
    """Put a line through points (n_points, 2) or (n_points, 3)."""
    if hasattr(line, "set_data_3d"):
        line.set_data_3d(*points.T)
    else:
        line.set_data(*points.T)


def _stay(epoch: int) -> None:
    """Move nothing: the artist is drawn again in each frame, over what has moved."""


def _on_data(
    axes: Axes, data: Dataset, scene: Scene, fits: Mapping[str, np.ndarray], looks: Mapping[str, Style]
) -> Iterator[_Moving]:
    """The fits of a scene's paths, over the data."""
    for name, width in widths_of(scene).items():
        style = looks[name]
        (curve,) = axes.plot([], [], style.line, color=style.colour, linewidth=max(width, 2), animated=True)
        yield curve, partial(_bend, data=data, path=scene.paths[name][0], fits=fits[name], curve=curve)


def _bend(epoch: int, data: Dataset, path: Path, fits: np.ndarray, curve: Line2D) -> None:
    curve.set_data(data.inputs[:, -1], fits[np.searchsorted(path.epochs, epoch, side="right") - 1])


def _frames(figure: Figure, moving: Sequence[_Moving], epochs: np.ndarray) -> list[Image.Image]:
    """A frame for each epoch; with a progress bar if all of them take longer than a second."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)

    def frame(epoch: int) -> Image.Image:
        canvas.restore_region(background)
        for artist, move in moving:
            move(epoch)
            figure.draw_artist(artist)
        return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())

    began = perf_counter()
    images = [frame(epochs[0])]
    slow = (perf_counter() - began) * len(epochs) > 1
    with progress("frames", len(epochs), done=1) if slow else nullcontext(lambda: None) as advance:
        for epoch in epochs[1:]:
            images.append(frame(epoch))
            advance()
    return images
