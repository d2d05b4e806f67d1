"""Figures: new ones, their panels and legends, and saved ones, in the same bytes on every machine.

Conventions: sizes are in inches. Figures are made without pyplot, so none is kept open; a notebook shows one that ends
a cell.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any
from unicodedata import east_asian_width

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from tfreg.checks.errors import InputError, shown
from tfreg.checks.kinds import Count, FilePath, checked
from tfreg.draw.fonts import fonts_for
from tfreg.files import write_whole

DPI = 100  # pixels an inch, of saved figures and in notebooks
_COLUMNS = 6  # of small panels
_LONGEST = 40  # characters of a name in a legend
_LONGEST_TITLE = 600  # characters
PANEL_NAME = 28  # characters of a name above a panel


class Picture(Figure):
    """A Matplotlib figure outside pyplot, shown as PNG by a notebook when it ends a cell."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure, with fonts for every script that it holds."""
        with fonts_for(self):
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        return rendered(self, "png")


class Drawing(Picture):
    """A figure of lines and text, shown as SVG by a notebook."""

    def _repr_svg_(self) -> str:
        return rendered(self, "svg").decode()


def new_figure(width: float, height: float) -> Picture:
    """Return an empty figure, its width and height in inches."""
    figure = Picture(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@checked
def save(figure: Figure, path: FilePath, dpi: Count = DPI) -> None:
    """Save a figure as .png or .svg, the same figure in the same bytes, whole or not at all.

    Raises:
        InputError: another suffix, or a folder that cannot be written to.

    Example:
        >>> save(draw.data(dataset), "data.png")
    """
    path = named_path(path, "a figure", (".png", ".svg"))
    if not 20 <= dpi <= 2000:
        raise InputError(f"dpi: expected a whole number from 20 to 2000, got {shown(dpi)}")
    kind = path.suffix.lower().removeprefix(".")
    write_whole(path, lambda temporary: temporary.write_bytes(rendered(figure, kind, dpi)))


def named_path(path: str | Path, what: str, suffixes: tuple[str, str]) -> Path:
    """Return the path of a file that ends in one of two suffixes, in any case.

    Raises:
        InputError: another suffix.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise InputError(f"cannot save {what} as {path.name!r}; expected a name that ends in {' or '.join(suffixes)}")
    return path


def rendered(figure: Figure, kind: str, dpi: int = DPI) -> bytes:
    """Return the bytes of a figure as "png" or "svg", free of dates, program names and this machine's fonts."""
    # The font that comes with Matplotlib is the same on every machine.
    settings: Any = {"font.sans-serif": ["DejaVu Sans"], "svg.fonttype": "none", "svg.hashsalt": "tfreg"}
    unnamed = {"Software": None} if kind == "png" else {"Creator": None, "Date": None, "Format": None, "Type": None}
    stream = io.BytesIO()
    with matplotlib.rc_context(settings):
        figure.savefig(stream, format=kind, dpi=dpi, metadata=unnamed)
    return stream.getvalue()


def panels(names: Sequence[str], title: str, xlabel: str, ylabel: str) -> tuple[Picture, dict[str, Axes]]:
    """Return a figure with a panel for each name, up to six in a row with shared axes, and the panels by name."""
    n_columns = min(_COLUMNS, len(names))
    n_rows = -(-len(names) // n_columns)
    # Even below one panel, a legend needs 7 inches.
    figure = new_figure(max(7.0, 2.2 * n_columns + 0.8), (2.1 if n_columns > 2 else 3.2) * n_rows + 0.9)
    draw_title(figure, title)
    figure.supylabel(ylabel, fontsize="medium")
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).ravel()
    for spare in range(len(names), len(grid)):
        grid[spare].set_axis_off()
    for place, (name, axes) in enumerate(zip(names, grid, strict=False)):
        axes.set_title(name, fontsize=9)
        if place + n_columns >= len(names):  # the lowest of its column
            axes.set_xlabel(xlabel)
            axes.tick_params(labelbottom=True)
    return figure, dict(zip(names, grid, strict=False))


def draw_title(figure: Figure, title: str) -> None:
    """Write a title above all panels, in as many lines as it needs."""
    _wrap(figure, figure.suptitle(shortened(title, _LONGEST_TITLE)))


def _wrap(figure: Figure, text: Text) -> None:
    """Break a text into as many lines as it needs within the width of a figure."""
    with fonts_for(figure):
        share = text.get_window_extent().width / (0.98 * figure.bbox.width)
    if share > 1:
        text.set_text(fill(text.get_text(), int(0.95 * len(text.get_text()) / share)))


def shortened(name: str, longest: int = _LONGEST) -> str:
    """Return a name as a legend can hold it: cut, with an ellipsis, where it has more characters than 40.

    Example:
        >>> shortened("a very long name", longest=8)
        'a very …'
    """
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _width(text: str) -> int:
    """The width of a text in letters, as which most of Chinese, Japanese and Korean count double."""
    return len(text) + sum(east_asian_width(character) in "WF" for character in text)


def draw_legend(figure: Figure, handles: list[Line2D], note: str = "") -> None:
    """Draw a legend below a figure, in as many rows as its texts need."""
    n_rows = -(-sum(_width(str(handle.get_label())) + 9 for handle in handles) // int(11 * figure.get_figwidth()))
    n_columns = -(-len(handles) // n_rows)
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=n_columns, title=note, frameon=False)
    _wrap(figure, legend.get_title())
