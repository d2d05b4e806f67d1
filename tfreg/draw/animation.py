"""Animated descents, as GIF and as an HTML page with a player.

Conventions: an animation is a sequence of frames, images of one size. Their background is rendered once, and only the
moving parts are drawn again for each frame, so thirty frames cost little more than one figure.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Count, Numbers, checked
from tfreg.checks.records import Runs, Surfaces
from tfreg.checks.values import check_counts
from tfreg.datasets import Dataset
from tfreg.draw.axes import VIEW, View, draw_contours, draw_surface
from tfreg.draw.data import draw_data
from tfreg.draw.descent import Points, legend_handles, scene_styles
from tfreg.draw.figure import PANEL_NAME, Picture, draw_legend, draw_title, new_figure, shortened
from tfreg.draw.frames import Animation, in_one_palette
from tfreg.draw.moving import Moving, moving_fits, moving_on_surface, show_epoch
from tfreg.draw.scene import Scene, scenes
from tfreg.draw.style import Style, Styles
from tfreg.process.progress import progress

_DPI = 80  # fewer pixels an inch than single figures have: a frame takes as many bytes as a figure
Fits = Mapping[str, Numbers] | Mapping[str, Mapping[str, Numbers]]


@checked
def descent_animation(
    surface: Surfaces,
    runs: Runs,
    *,
    title: str = "",
    styles: Styles | None = None,
    points: Points | None = None,
    data: Dataset | None = None,
    fits: Fits | None = None,
    n_frames: Count = 30,
    view: View = VIEW,
) -> Animation:
    """Animate paths that grow on their loss surface, and beside it (below several) the data with the current fits.

    Without data and fits, the view from above takes their place.

    Args:
        surface: as `draw.descent` takes it.
        runs: as `draw.descent` takes them.
        title: above all panels.
        styles: of paths and points, by name.
        points: to mark, as `draw.descent` takes them.
        data: a problem's data set.
        fits: by the names of the runs (for several surfaces by their labels first), predictions (n_epochs, n_samples)
            at each recorded epoch.
        n_frames: the number of epochs shown, spread evenly from the first to the last; fewer if fewer are recorded.
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
    style_of = scene_styles(columns, styles)
    by_scene = [_fits_of(scene, data, fits, len(columns)) for scene in columns] if data is not None else None
    epochs = _epochs(columns, n_frames)
    figure = new_figure(5.2 * max(len(columns), 2), 7.6 if len(columns) > 1 else 4.8)
    figure.set_dpi(_DPI)
    draw_title(figure, title)
    moving = _lay_out(figure, columns, style_of, epochs, data, by_scene, view)
    exact = ["white", "black", *(style.colour for style in style_of.values())]
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
    style_of: Mapping[str, Style],
    epochs: np.ndarray,
    data: Dataset | None,
    fits: Sequence[Mapping[str, np.ndarray]] | None,
    view: tuple[float, float],
) -> list[Moving]:
    """Draw the background, and return the moving parts, the lowest first."""
    # The data stand beside a single surface, and below each of several.
    single = len(columns) == 1
    grid = figure.add_gridspec(1, 2) if single else figure.add_gridspec(2, len(columns), height_ratios=(1.35, 1))
    clock = figure.text(0.99, 0.985, "", ha="right", va="top", animated=True)
    moving: list[Moving] = [(clock, partial(show_epoch, clock))]
    handles: list[Any] = [*legend_handles(list(columns), style_of)]
    for column, scene in enumerate(columns):
        solid = figure.add_subplot(grid[0, column], projection="3d", computed_zorder=False)
        label = shortened(scene.label, PANEL_NAME)
        draw_surface(solid, scene.surface, label, view, zoom=0.9 if single else 1.0)
        moving += moving_on_surface(solid, scene, style_of, epochs)
        flat = figure.add_subplot(grid[0, 1] if single else grid[1, column])
        name = f"{label}, " if label else ""
        if data is None or fits is None:
            draw_contours(flat, scene.surface, f"{name}seen from above")
            moving += moving_on_surface(flat, scene, style_of, epochs)
        else:
            draw_data(flat, data, {})
            flat.set_title(f"{name}data and fits")
            moving += moving_fits(flat, data, scene, fits[column], style_of)
    if data is not None:
        handles += flat.get_legend_handles_labels()[0]
    draw_legend(figure, handles)
    return moving


def _frames(figure: Figure, moving: Sequence[Moving], epochs: np.ndarray) -> list[Image.Image]:
    """Draw a frame for each epoch, with a progress bar if all of them take longer than a second."""
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
