"""The look of all figures: one style for each concept, a palette for the rest, and how figures are made and saved.

Conventions: sizes of figures are in inches, of lines and markers in points. Colours follow Okabe and Ito (2008), whose
palette colour-blind readers can tell apart. A concept (a loss, an optimizer, the data) has one colour in every figure.
"""

import colorsys
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from tfreg.errors import InputError
from tfreg.files import write_whole

PALETTE = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#0072B2", "#D55E00")
DPI = 100  # pixels an inch, of saved figures and in notebooks
_COLUMNS = 6  # of small panels


@dataclass(frozen=True)
class Style:
    """How a series is drawn: its colour, line, marker, and the width of its line.

    Attributes:
        colour: anything that Matplotlib takes.
        line: "-", "--", ":" or "-."; "" for none.
        marker: as in Matplotlib, where single points are drawn.
        width: of the line, in points; None leaves it to the figure.

    Example:
        >>> draw.data(dataset, {"before": fit}, styles={"before": draw.Style("#999999", line=":")})
    """

    colour: str
    line: str = "-"
    marker: str = "o"
    width: float | None = None


DATA, TRUTH = Style("#7F7F7F"), Style("#000000", "--")
MINIMUM, TRUE_WEIGHTS = Style("#000000", marker="X"), Style("#D7191C", marker="*")
MARKED = {"minimum": MINIMUM, "true weights": TRUE_WEIGHTS}
RIGHT, WRONG, UNDECIDED = Style("#00543D"), Style("#D6246E"), Style("#222222")
REACHED, NOT_REACHED, DIVERGED = Style("#3B528B"), Style("#BDBDBD"), Style("#8B1A1A", marker="x")
CLASSES = (Style("#E69F00"), Style("#56B4E9", marker="s"))
STATES = {"carried over": Style("#CC79A7"), "fresh": Style("#009E73")}

LOSSES = {"bce": Style("#0072B2"), "mse": Style("#D55E00")}

# The optimizers of one family are shades of one hue: plain steps green, Adam's blue, adaptive rates orange, others
# purple.
OPTIMIZERS = {
    "sgd": Style("#117733"),
    "momentum": Style("#009E73"),
    "nesterov": Style("#7BC8A4"),
    "adam": Style("#0072B2"),
    "amsgrad": Style("#56B4E9"),
    "adamw": Style("#332288"),
    "adamax": Style("#88CCEE"),
    "nadam": Style("#6A8FD8"),
    "schedulefreeadamw": Style("#44AA99"),
    "rmsprop": Style("#D55E00"),
    "adagrad": Style("#E69F00"),
    "adadelta": Style("#DDCC77"),
    "adafactor": Style("#CC6677"),
    "ftrl": Style("#999933"),
    "lion": Style("#882255"),
    "lamb": Style("#CC79A7"),
    "muon": Style("#AA4499"),
}


def styles_for(labels: Iterable[str], styles: Mapping[str, Style] | None = None) -> dict[str, Style]:
    """Return a style for each label, no two of the same colour unless the caller gave them.

    A label has the style given for it, else that of the loss or optimizer it names ("BCE fit", "adam:0.1"), else the
    next of the palette.

    Example:
        >>> [style.colour for style in styles_for(["BCE", "MSE", "something else"]).values()]
        ['#0072B2', '#D55E00', '#009E73']
    """
    labels = list(dict.fromkeys(labels))
    chosen = {label: style for label, style in (styles or {}).items() if label in labels}
    taken = {to_hex(style.colour) for style in chosen.values()}
    # All names first: a palette that goes before would take their colours.
    for label in labels:
        for style in _named(label) if label not in chosen else ():
            if to_hex(style.colour) not in taken:
                chosen[label] = style
                taken.add(to_hex(style.colour))
                break
    spare = (style for style in _spare() if to_hex(style.colour) not in taken)
    return {label: chosen.get(label) or next(spare) for label in labels}


def _named(label: str) -> Iterator[Style]:
    """The styles of the losses, then of the optimizers, that are words of a label."""
    words = re.findall("[a-z]+", label.lower())
    for known in (LOSSES, OPTIMIZERS):
        yield from (known[word] for word in words if word in known)


def _spare() -> Iterator[Style]:
    """Different styles without end: the palette, then the optimizers' colours, then hues a golden section apart."""
    seen = set(PALETTE)
    yield from map(Style, PALETTE)
    for style in OPTIMIZERS.values():
        if style.colour not in seen:
            seen.add(style.colour)
            yield style
    number = 0
    while True:
        yield Style(to_hex(colorsys.hsv_to_rgb(0.618034 * number % 1, 0.8, 0.5 + 0.4 * (number % 2))))
        number += 1


class Picture(Figure):
    """A Matplotlib figure that no window manager knows of and that a notebook shows when it ends a cell."""

    def _repr_png_(self) -> bytes:
        return rendered(self, "png")


class Drawing(Picture):
    """A figure of lines and text, which a notebook shows as SVG."""

    def _repr_svg_(self) -> str:
        return rendered(self, "svg").decode()


def new_figure(width: float, height: float) -> Picture:
    """Return an empty figure of so many inches."""
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
    """Return the bytes of a figure as "png" or "svg"; neither the date, nor a program, nor the fonts here are in it."""
    # The font that Matplotlib brings along is the same on every machine.
    settings: Any = {"font.sans-serif": ["DejaVu Sans"], "svg.fonttype": "none", "svg.hashsalt": "tfreg"}
    unnamed = {"Software": None} if kind == "png" else {"Creator": None, "Date": None, "Format": None, "Type": None}
    stream = io.BytesIO()
    with matplotlib.rc_context(settings):
        figure.savefig(stream, format=kind, dpi=dpi, metadata=unnamed)
    return stream.getvalue()


def panels(names: Sequence[str], title: str, xlabel: str, ylabel: str) -> tuple[Picture, dict[str, Axes]]:
    """Return a figure with a panel for each name, six in a row and all on the same axes, and the panels by name."""
    n_columns = min(_COLUMNS, len(names))
    n_rows = -(-len(names) // n_columns)
    # A legend needs 7 inches, however few the panels are.
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
