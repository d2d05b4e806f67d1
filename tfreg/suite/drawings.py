"""Drawings to files: a Matplotlib figure as PNG, a network diagram as SVG, an animation as GIF and as a page."""

from pathlib import Path
from typing import Any

import graphviz
from matplotlib.figure import Figure

from tfreg.draw.animation import Animation
from tfreg.draw.data import save as save_figure
from tfreg.draw.network import save as save_diagram
from tfreg.files import write_whole


def is_drawing(drawing: Any) -> bool:
    """Tell if this is a figure, a network diagram or an animation."""
    return isinstance(drawing, Figure | graphviz.Digraph | Animation)


def save_drawing(drawing: Any, stem: Path, dpi: int = 100) -> list[Path]:
    """Write a drawing to `<stem>.png`, `<stem>.svg`, or `<stem>.gif` and `<stem>.html`, and return the files.

    Raises:
        InputError: a folder that cannot be written to.
    """
    if isinstance(drawing, Animation):
        gif, page = (stem.with_name(f"{stem.name}.{suffix}") for suffix in ("gif", "html"))
        write_whole(gif, drawing.save_gif)
        write_whole(page, drawing.save_html)
        return [gif, page]
    if isinstance(drawing, Figure):
        picture = stem.with_name(f"{stem.name}.png")
        save_figure(drawing, picture, dpi)
        return [picture]
    diagram = stem.with_name(f"{stem.name}.svg")
    save_diagram(drawing, diagram)
    return [diagram]


def n_panels(drawing: Any) -> int:
    """How many panels a drawing has: the axes of a figure without colour bars; an animation counts as two."""
    if isinstance(drawing, Figure):
        return sum(axes.axison and axes.get_label() != "<colorbar>" for axes in drawing.axes)
    return 2 if isinstance(drawing, Animation) else 1
