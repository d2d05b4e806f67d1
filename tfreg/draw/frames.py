"""An animation as a record of frames: saved as GIF or as an HTML page with a player, and shown in notebooks."""

import base64
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from tfreg.checks.kinds import FilePath, checked
from tfreg.draw.figure import named_path
from tfreg.files import write_whole

_MILLISECONDS = 200  # that a frame is shown
_LAST_MILLISECONDS = 2000


@checked
@dataclass(frozen=True, eq=False)
class Animation:
    """Frames of one size with a title and a caption for each; it plays at the end of a notebook's cell."""

    title: str
    frames: Sequence[Image.Image]
    captions: Sequence[str]

    @checked
    def save(self, path: FilePath) -> None:
        """Write a .gif, repeated for ever, or an .html page with a player, whole or not at all.

        Raises:
            InputError: another suffix, or a folder that cannot be written to.
        """
        path = named_path(path, "an animation", (".gif", ".html"))
        content = _gif if path.suffix.lower() == ".gif" else lambda animation: _page(animation).encode()
        write_whole(path, lambda temporary: temporary.write_bytes(content(self)))

    def _repr_html_(self) -> str:
        return f'<img alt="{escape(self.title)}" src="data:image/gif;base64,{base64.b64encode(_gif(self)).decode()}">'


def _gif(animation: Animation) -> bytes:
    first, *others = animation.frames
    durations = [_MILLISECONDS] * len(others) + [_LAST_MILLISECONDS]
    stream = io.BytesIO()
    first.save(stream, format="GIF", save_all=True, append_images=others, duration=durations, loop=0, disposal=1)
    return stream.getvalue()


def in_one_palette(images: Sequence[Image.Image], exact: Iterable[str]) -> list[Image.Image]:
    """Return images in 256 colours: the exact ones, and those of the last image, which shows everything."""
    pure = np.unique([to_rgb(name) for name in exact], axis=0) * 255
    common = images[-1].quantize(256 - len(pure), method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colours = np.resize(pure.round().astype(int), (256, 3))
    colours[len(pure) :] = np.resize(np.reshape(common.getpalette() or [], (-1, 3)), (256 - len(pure), 3))
    # Pillow looks colours up by the corner of a cell of 4 x 4 x 4: no other may be nearer there than the exact one.
    for one in colours[: len(pure)]:
        corner = one // 4 * 4
        colours[((colours - corner) ** 2).sum(axis=1) <= ((one - corner) ** 2).sum()] = one
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.ravel().tolist())
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]


def _page(animation: Animation) -> str:
    first = np.asarray(animation.frames[0].convert("RGB"))
    player = files("tfreg.draw").joinpath("player.html").read_text(encoding="utf-8")
    return Template(player).substitute(
        title=escape(animation.title),
        width=first.shape[1],
        height=first.shape[0],
        last=len(animation.frames) - 1,
        base=_data_url(first),
        changes=json.dumps([_data_url(_change(first, frame)) for frame in animation.frames]),
        captions=json.dumps(list(animation.captions)),
        milliseconds=_MILLISECONDS,
    )


def _change(first: np.ndarray, frame: Image.Image) -> np.ndarray:
    """A frame (height, width, 4), transparent wherever it equals the first, which takes a tenth of the bytes."""
    pixels = np.asarray(frame.convert("RGB"))
    opaque = np.where((pixels != first).any(axis=2), 255, 0).astype(np.uint8)
    return np.dstack([np.where(opaque[..., np.newaxis], pixels, 0), opaque])


def _data_url(pixels: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", compress_level=2)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
