"""Nodes, arrows and boxes drawn at given places.

Conventions: places and sizes are in points, x to the right and y upwards. Widths of texts are those of the font that
comes with Matplotlib, never of a font of the system, so that a diagram is the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch
from matplotlib.textpath import TextPath

from tfreg.draw.figure import Drawing

DIAMETER = 36.0  # of a node
_SIZE = 11.0  # of texts
_INK = "#222222"
_LINE: dict[str, Any] = {"edgecolor": "#555555", "linewidth": 0.7, "clip_on": False}
_MARGIN = 6.0
_FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


@cache
def text_width(text: str) -> float:
    """Return the width of a text, in points."""
    if not text.strip():
        return 0.0
    return float(TextPath((0, 0), text, size=_SIZE, prop=FontProperties(fname=_FONT), usetex=False).get_extents().x1)


@dataclass(frozen=True)
class Node:
    """A labelled ellipse, a rounded box ("box"), or the label alone ("text")."""

    name: str
    label: str
    x: float
    y: float
    fill: str
    shape: str = "ellipse"

    @property
    def width(self) -> float:
        """The width in points, enough for the label."""
        return max(DIAMETER, text_width(self.label) + 18)

    def edge(self, towards: "Node") -> tuple[float, float]:
        """The point of the outline on the straight line to another node."""
        way = np.array([towards.x - self.x, towards.y - self.y])
        share = way / (self.width / 2, DIAMETER / 2)
        reach = np.abs(share).max() if self.shape == "box" else np.linalg.norm(share)
        return self.x + float(way[0] / reach), self.y + float(way[1] / reach)


@dataclass(frozen=True)
class Arrow:
    """A straight arrow, with a label at the share `along` of its length."""

    tail: Node
    head: Node
    label: str = ""
    along: float = 0.5

    @property
    def place(self) -> tuple[float, float]:
        """The place of its label."""
        at = [a + (b - a) * self.along for a, b in ((self.tail.x, self.head.x), (self.tail.y, self.head.y))]
        return at[0], at[1]


@dataclass(frozen=True)
class Box:
    """A rounded box with a title at its top."""

    title: str
    left: float
    bottom: float
    right: float
    top: float


def drawing(nodes: Sequence[Node], arrows: Sequence[Arrow], boxes: Sequence[Box] = ()) -> Drawing:
    """Draw boxes below arrows below nodes and labels, in a figure just large enough for them."""
    left = min([*(n.x - n.width / 2 for n in nodes), *(box.left for box in boxes)]) - _MARGIN
    right = max([*(n.x + n.width / 2 for n in nodes), *(box.right for box in boxes)]) + _MARGIN
    bottom = min([*(n.y - DIAMETER / 2 for n in nodes), *(box.bottom for box in boxes)]) - _MARGIN
    top = max([*(n.y + DIAMETER / 2 for n in nodes), *(box.top for box in boxes)]) + _MARGIN
    figure = Drawing(figsize=((right - left) / 72, (top - bottom) / 72))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    for box in boxes:
        outline = "round,pad=0,rounding_size=8"
        size = (box.right - box.left, box.top - box.bottom)
        axes.add_patch(
            FancyBboxPatch((box.left, box.bottom), *size, outline, facecolor="none", edgecolor="#BBBBBB", clip_on=False)
        )
        _write(axes, (box.left + box.right) / 2, box.top - 11, box.title, f"box-{box.title}")
    for arrow in arrows:
        _draw_arrow(axes, arrow)
    for node in nodes:
        _draw_node(axes, node)
    return figure


def _draw_arrow(axes: Axes, arrow: Arrow) -> None:
    name = f"{arrow.tail.name}-{arrow.head.name}"
    ends = arrow.tail.edge(arrow.head), arrow.head.edge(arrow.tail)
    line = FancyArrowPatch(
        *ends, arrowstyle="-|>", mutation_scale=8, shrinkA=0, shrinkB=0, facecolor="#555555", zorder=2, **_LINE
    )
    line.set_gid(f"arrow-{name}")
    axes.add_patch(line)
    if arrow.label:
        _write(axes, *arrow.place, arrow.label, name, background="white")


def _draw_node(axes: Axes, node: Node) -> None:
    if node.shape == "ellipse":
        axes.add_patch(Ellipse((node.x, node.y), node.width, DIAMETER, facecolor=node.fill, zorder=3, **_LINE))
    elif node.shape == "box":
        corner = (node.x - node.width / 2, node.y - DIAMETER / 2)
        outline = "round,pad=0,rounding_size=8"
        axes.add_patch(FancyBboxPatch(corner, node.width, DIAMETER, outline, facecolor=node.fill, zorder=3, **_LINE))
    _write(axes, node.x, node.y, node.label, node.name)


def _write(axes: Axes, x: float, y: float, text: str, name: str, background: str = "") -> None:
    box = {"facecolor": background, "edgecolor": "none", "pad": 1} if background else None
    # Names of features are not formulas, however many dollar signs they have.
    axes.text(
        x, y, text, ha="center", va="center_baseline", fontsize=_SIZE, color=_INK, zorder=4, gid=name,
        font=FontProperties(family="sans-serif", fname=_FONT, size=_SIZE), bbox=box, parse_math=False,
    )  # fmt: skip
