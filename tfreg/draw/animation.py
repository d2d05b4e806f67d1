"""Animated descents, as GIF and as an HTML page with a player.

Conventions: an animation is a sequence of frames, images of one size, drawn over a background that is rendered once:
only what moves is drawn again, which is what makes thirty frames cost little more than one figure.
"""

import base64
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d.art3d import Line3D
from PIL import Image

from tfreg.datasets import Dataset
from tfreg.draw import data as figures
from tfreg.draw import surfaces as landscapes
from tfreg.draw.surfaces import Scene

# Given the epochs shown so far, puts an artist there and returns it.
_Moving = Callable[[np.ndarray], Artist]


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


def descent(scene: Scene, title: str, dpi: int = 80) -> Animation:
    """Paths growing point by point on the surfaces, and below each surface the data with the current fits.

    There is a frame for every fifteenth epoch, and the last; the picture is 10 by 7.6 inches of `dpi` pixels.
    """
    figure = figures.new_figure(10, 7.6)
    figure.set_dpi(dpi)
    figure.suptitle(title)
    moving = _lay_out(figure, scene)
    epochs = next(iter(next(iter(scene.paths.values())).values())).epoch.values
    at = np.unique([*range(0, len(epochs) - 1, landscapes.STRETCH), len(epochs) - 1])
    labels = {label for runs in scene.paths.values() for label in runs}
    exact = {"white", *(figures.colour(label) for label in (*labels, "true weights"))}
    frames = _with_one_palette(_frames(figure, moving, at), sorted(exact))
    return Animation(title, frames, [f"epoch {epoch}" for epoch in epochs[at]])


def _lay_out(figure: Figure, scene: Scene) -> list[_Moving]:
    """Draw all that stays, and return what moves."""
    grid = figure.add_gridspec(2, len(scene.surfaces), height_ratios=(1.4, 1))
    moving: list[_Moving] = []
    for column, (loss, surface) in enumerate(scene.surfaces.items()):
        solid = figure.add_subplot(grid[0, column], projection="3d", computed_zorder=False)
        landscapes.draw_surface(solid, surface, loss)
        star = landscapes.draw_point(solid, scene.points[loss]["true weights"], "true weights", surface)
        star.set_animated(True)
        flat = figure.add_subplot(grid[1, column])
        figures.draw_data(flat, scene.dataset, {})
        for order, (label, run) in enumerate(scene.paths[loss].items()):
            # The first path and fit are wider, so that they show where another runs over them.
            size, width = (4.5, 2.0) if order else (7.0, 4.8)
            style: dict[str, Any] = {"color": figures.colour(label), "animated": True}
            (edge,) = solid.plot([], [], [], "o", markersize=size + 1.5, color="white", animated=True)
            (path,) = solid.plot([], [], [], "o", markersize=size, **style)
            (curve,) = flat.plot([], [], linewidth=width, label=label, **style)
            # White discs go below all dots: where dots crowd, their white edges would be all one sees.
            moving.insert(0, partial(_grow, edge, run))
            moving += [partial(_grow, path, run), partial(_bend, curve, scene.dataset, scene.fits[loss][label])]
        moving.append(partial(_stay, star))
        flat.legend(loc="upper left", fontsize=8)
    return moving


def _grow(path: Line3D, run: xr.Dataset, at: np.ndarray) -> Artist:
    first, second = run.weights.values[at].T[:2]
    path.set_data_3d(first, second, run.loss.values[at])
    return path


def _stay(mark: Artist, at: np.ndarray) -> Artist:
    """Drawn again in each frame, over what has moved."""
    return mark


def _bend(curve: Line2D, dataset: Dataset, fits: np.ndarray, at: np.ndarray) -> Artist:
    curve.set_data(dataset.inputs[:, -1], fits[at[-1]])
    return curve


def _frames(figure: Figure, moving: Sequence[_Moving], at: np.ndarray) -> list[Image.Image]:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)
    images = []
    for k in range(len(at)):
        canvas.restore_region(background)
        for move in moving:
            artist = move(at[: k + 1])
            assert artist.axes is not None
            artist.axes.draw_artist(artist)
        images.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    return images


def _with_one_palette(images: Sequence[Image.Image], exact: Sequence[str]) -> list[Image.Image]:
    """The frames in 256 colours: those of the last frame, which shows everything, and the exact ones of what moves."""
    pure = np.array([to_rgb(name) for name in exact]) * 255
    common = images[-1].quantize(256 - len(exact), method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colours = np.resize(pure.round().astype(int), (256, 3))
    colours[len(exact) :] = np.reshape(common.getpalette() or [], (-1, 3))[: 256 - len(exact)]
    # Pillow looks colours up by the corner of a cell of 4 x 4 x 4: none may be nearer there than the exact one.
    for one in colours[: len(exact)]:
        corner = one // 4 * 4
        colours[((colours - corner) ** 2).sum(axis=1) <= ((one - corner) ** 2).sum()] = one
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.ravel().tolist())
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]


def _page(animation: Animation) -> str:
    first = np.asarray(animation.frames[0].convert("RGB"))
    return _PAGE.substitute(
        title=escape(animation.title),
        width=first.shape[1],
        height=first.shape[0],
        last=len(animation.frames) - 1,
        base=_data_url(first),
        changes=json.dumps([_data_url(_change(first, frame)) for frame in animation.frames]),
        captions=json.dumps(list(animation.captions)),
        milliseconds=int(1000 * animation.seconds_per_frame),
    )


def _change(first: np.ndarray, frame: Image.Image) -> np.ndarray:
    """A frame (height, width, 4) that is transparent wherever it equals the first: a tenth of the size."""
    pixels = np.asarray(frame.convert("RGB"))
    opaque = np.where((pixels != first).any(axis=2), 255, 0).astype(np.uint8)
    return np.dstack([np.where(opaque[..., np.newaxis], pixels, 0), opaque])


def _data_url(pixels: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", compress_level=2)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
  body { font: 15px/1.4 system-ui, sans-serif; color: #222; }
  body { margin: 1rem auto; max-width: ${width}px; padding: 0 1rem; }
  h1 { font-size: 1.1rem; }
  canvas { width: 100%; height: auto; display: block; }
  .controls { display: flex; gap: .7rem; align-items: center; }
  input { flex: 1; }
  button { font: inherit; min-width: 5em; }
  output { min-width: 6em; text-align: right; font-variant-numeric: tabular-nums; }
</style>
<h1>$title</h1>
<canvas id="canvas" width="$width" height="$height" role="img" aria-label="$title"></canvas>
<div class="controls">
  <button id="play">Pause</button>
  <input id="slider" type="range" min="0" max="$last" value="0" aria-label="frame">
  <output id="caption"></output>
</div>
<p><small>Space plays and pauses, the arrow keys step.</small></p>
<script>
  const base = "$base";
  const changes = $changes, captions = $captions;
  const byId = id => document.getElementById(id);
  const [canvas, play, slider, caption] = ["canvas", "play", "slider", "caption"].map(byId);
  const pictures = [base, ...changes].map(source => Object.assign(new Image(), { src: source }));
  let timer = null;
  function show(k) {
    slider.value = k;
    caption.textContent = captions[k];
    // Put together at full size: scaled apart, in a narrow window the first frame would shine through.
    for (const picture of [pictures[0], pictures[k + 1]]) canvas.getContext("2d").drawImage(picture, 0, 0);
  }
  function stop() { clearInterval(timer); timer = null; play.textContent = "Play"; }
  function start() {
    play.textContent = "Pause";
    timer = setInterval(() => show((+slider.value + 1) % changes.length), $milliseconds);
  }
  play.onclick = () => timer ? stop() : start();
  slider.oninput = () => { stop(); show(+slider.value); };
  document.onkeydown = event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === " ") play.onclick();
    else if (step) { stop(); show((+slider.value + step + changes.length) % changes.length); }
    else return;
    event.preventDefault();
  };
  onload = () => { show(0); start(); };  // once all pictures are there
</script>
</html>
""")
