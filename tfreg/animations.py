"""Animated descents, as GIF and as an HTML page with a player.

Conventions: an animation is a sequence of frames, images of one size, drawn over a background that is rendered once:
only what moves is drawn again, which is what makes thirty frames cost little more than one figure.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from PIL import Image

from tfreg import figures
from tfreg.datasets import Dataset


@dataclass(frozen=True, eq=False)
class Animation:
    """Frames with a title; `captions` says what each frame shows."""

    title: str
    frames: Sequence[Image.Image]
    captions: Sequence[str]
    seconds_per_frame: float = 0.2

    def save_gif(self, path: Path) -> None:
        """Write all frames as a GIF that repeats for ever, the last frame held for two seconds."""
        durations = [int(1000 * self.seconds_per_frame)] * (len(self.frames) - 1) + [2000]
        self.frames[0].save(
            path, format="GIF", save_all=True, append_images=self.frames[1:], duration=durations, loop=0, disposal=1
        )

    def save_html(self, path: Path) -> None:
        """Write a page that plays the frames, with a slider, and needs nothing but itself."""
        path.write_text(_page(self), encoding="utf-8")


def descent(
    surfaces: Mapping[str, xr.Dataset],
    paths: Mapping[str, Mapping[str, xr.Dataset]],
    fits: Mapping[str, Mapping[str, np.ndarray]],
    dataset: Dataset,
    points: Mapping[str, Mapping[str, Sequence[float]]],
    title: str,
    dpi: int = 80,
) -> Animation:
    """Paths growing point by point on loss surfaces, and below each surface the data with the current fits.

    Args:
        surfaces: by the name of their loss.
        paths: for each surface, runs by label, all recorded at the same epochs: one frame an epoch.
        fits: for each surface, by the same labels, the model's outputs (epochs, n_samples).
        dataset: what was fitted.
        points: for each surface, weights to mark, by label.
        title: above all.
        dpi: pixels per inch of the 10 by 7.6 inch picture.
    """
    figure = figures.new_figure(10, 7.6)
    figure.set_dpi(dpi)
    figure.suptitle(title)
    grid = figure.add_gridspec(2, len(surfaces), height_ratios=(1.4, 1))
    moving: list[tuple[Artist, xr.Dataset, np.ndarray | None]] = []
    for column, (label, surface) in enumerate(surfaces.items()):
        solid = figure.add_subplot(grid[0, column], projection="3d", computed_zorder=False)
        figures.draw_surface(solid, surface, label)
        for name, weights in points[label].items():
            figures.draw_point(solid, weights, name, surface)
        flat = figure.add_subplot(grid[1, column])
        figures.draw_data(flat, dataset, {})
        for name, run in paths[label].items():
            style = {"color": figures.colour(name), "label": name, "animated": True}
            (dots,) = solid.plot([], [], [], "o", markersize=4.5, markeredgecolor="white", markeredgewidth=0.5, zorder=12, **style)
            (curve,) = flat.plot([], [], linewidth=2, **style)
            moving += [(dots, run, None), (curve, run, fits[label][name])]
        flat.legend(loc="upper left", fontsize=8)
    frames = _frames(figure, moving, dataset.inputs[:, -1])
    epochs = next(iter(next(iter(paths.values())).values())).epoch.values
    return Animation(title, frames, [f"epoch {epoch}" for epoch in epochs])


def _frames(
    figure: Figure, moving: Sequence[tuple[Artist, xr.Dataset, np.ndarray | None]], x: np.ndarray
) -> list[Image.Image]:
    canvas = figure.canvas
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)
    images = []
    for k in range(moving[0][1].sizes["epoch"]):
        canvas.restore_region(background)
        for artist, run, fit in moving:
            if fit is None:
                first, second = run.weights.values[: k + 1].T[:2]
                artist.set_data_3d(first, second, run.loss.values[: k + 1])
            else:
                artist.set_data(x, fit[k])
            artist.axes.draw_artist(artist)
        images.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    return _with_one_palette(images)


def _with_one_palette(images: Sequence[Image.Image]) -> list[Image.Image]:
    """The frames in the 256 colours of the last, which shows everything: small files, and nothing flickers."""
    palette = images[-1].quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
