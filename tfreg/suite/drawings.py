"""Saving drawings: a figure as PNG, a network diagram as SVG, an animation as GIF and as a page."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from tfreg.draw.figure import DPI, Drawing, save
from tfreg.draw.frames import Animation


def is_drawing(drawing: Any) -> bool:
    """True for a figure, a network diagram or an animation."""
    return isinstance(drawing, Figure | Animation)


def save_drawing(drawing: Any, stem: Path, dpi: int = DPI) -> list[Path]:
    """Write a drawing to `<stem>.png`, `<stem>.svg`, or `<stem>.gif` and `<stem>.html`, and return the files.

    Raises:
        InputError: a folder that cannot be written to.
    """
    if isinstance(drawing, Animation):
        paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("gif", "html")]
        for path in paths:
            drawing.save(path)
        return paths
    picture = stem.with_name(f"{stem.name}.{'svg' if isinstance(drawing, Drawing) else 'png'}")
    save(drawing, picture, dpi)
    return [picture]


def n_panels(drawing: Any) -> int:
    """The number of panels of a drawing: the axes of a figure without colour bars, two for an animation."""
    if isinstance(drawing, Animation):
        return 2
    return sum(axes.axison and axes.get_label() != "<colorbar>" for axes in drawing.axes) or 1
