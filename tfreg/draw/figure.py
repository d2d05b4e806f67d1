"""Figures: new ones, their panels and legends, and saved ones, in the same bytes on every machine.

Conventions: sizes are in inches. Figures are made without pyplot, so none is kept open; a notebook shows one that ends
a cell.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tfreg.errors import InputError
from tfreg.files import write_whole

DPI = 100  # pixels an inch, of saved figures and in notebooks
_COLUMNS = 6  # of small panels


class Picture(Figure):
    """A Matplotlib figure outside pyplot, shown as PNG by a notebook when it ends a cell."""

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


def save(figure: Figure, path: str | Path, dpi: int = DPI) -> None:
    """Save a figure as .png or .svg, the same figure in the same bytes, whole or not at all.

    Raises:
        InputError: another suffix, or a folder that cannot be written to.

    Example:
        >>> save(draw.data(dataset), "data.png")
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("png", "svg"):
        raise InputError(f"cannot save a figure as {path.name!r}; expected a name that ends in .png or .svg")
    write_whole(path, lambda temporary: temporary.write_bytes(rendered(figure, kind, dpi)))


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
    figure.suptitle(title)
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


def draw_legend(figure: Figure, handles: list[Line2D], note: str = "") -> None:
    """Draw a legend below a figure, in as many rows as its texts need."""
    n_rows = -(-sum(len(str(handle.get_label())) + 9 for handle in handles) // int(11 * figure.get_figwidth()))
    n_columns = -(-len(handles) // n_rows)
    figure.legend(handles=handles, loc="outside lower center", ncols=n_columns, title=note, frameon=False)
