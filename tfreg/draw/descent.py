"""Figures of descents: the paths of optimizers on their loss surface, in 3-D and from above."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tfreg.checks.kinds import Numbers, checked, worded
from tfreg.checks.records import Runs, Surfaces
from tfreg.draw.axes import VIEW, View, draw_contours, draw_levels, draw_path, draw_point, draw_surface, point_handle
from tfreg.draw.box import box, inside, on_surface
from tfreg.draw.figure import PANEL_NAME, Picture, draw_legend, draw_title, new_figure, shortened
from tfreg.draw.scene import Scene, scenes
from tfreg.draw.style import DIVERGED, MARKED, Style, Styles, check_styles, styles_for

_Points = Mapping[str, Numbers] | Mapping[str, Mapping[str, Numbers]]
Points = Annotated[_Points, worded("a dict of coordinates by name", _Points)]


@checked
def descent(
    surface: Surfaces,
    runs: Runs,
    *,
    title: str = "",
    note: str = "",
    styles: Styles | None = None,
    points: Points | None = None,
    view: View = VIEW,
) -> Picture:
    """Draw the paths of runs on their loss surface, in 3-D and from above, each at its own loss.

    Over a plane through more than two weights, paths are projected, and a last panel shows their distance from it.

    Args:
        surface: one, or a dict of surfaces that are drawn side by side.
        runs: for one surface a run (its starts look alike), a comparison with trajectories (a path for each optimizer,
            rate, seed and problem) or a dict of these by name; for a dict of surfaces a dict with one of these for each
            of the same labels.
        title: above all panels.
        note: above the legend.
        styles: of paths and points, by name.
        points: coordinates (2,) or weight vectors (n_weights,) to mark, by name, beside those that the surface holds as
            `marked`; for several surfaces maybe a dict of such dicts. Points outside the surface are left out.
        view: elevation and azimuth, in degrees.

    Raises:
        InputError: no run or no surface, labels that differ, runs of another problem, or no path on the surface.

    Example:
        >>> runs = {name: tfreg.train(problem, name, 435, (-10, -1)) for name in ("sgd:0.1", "adam:0.1")}
        >>> draw.descent(tfreg.loss_surface(problem, around=runs), runs).savefig("descent.png")
    """
    columns = scenes(surface, runs, points)
    style_of = scene_styles(columns, styles)
    off_plane = any(path.distance is not None for scene in columns for paths in scene.paths.values() for path in paths)
    figure, solids, flats, below = _panels(len(columns), off_plane)
    draw_title(figure, title)
    for column, (scene, solid, flat) in enumerate(zip(columns, solids, flats, strict=True)):
        label = shortened(scene.label, PANEL_NAME)
        draw_surface(solid, scene.surface, label, view, zoom=0.9 if len(columns) == 1 else 1.0)
        name = f"{label}, seen from above" if label else "seen from above"
        draw_levels(figure, flat, draw_contours(flat, scene.surface, name))
        for axes in (solid, flat):
            draw_scene(axes, scene, style_of)
        if below:
            _draw_distances(below[column], scene, style_of)
    draw_legend(figure, legend_handles(columns, style_of), note)
    return figure


def _panels(n_columns: int, off_plane: bool) -> tuple[Picture, list[Axes], list[Axes], list[Axes]]:
    """A figure with 3-D axes, axes from above, and maybe axes of distances: side by side for one surface."""
    rows = (n_columns > 1) + 1
    heights = [1.15, 1][:rows] + [0.42] * off_plane
    figure = new_figure(5.6 * max(n_columns, 2), 1.0 + 4.1 * sum(heights))
    widths = [1.12, 1] if n_columns == 1 else [1] * n_columns
    grid = figure.add_gridspec(len(heights), len(widths), height_ratios=heights, width_ratios=widths)
    solid_at = [grid[0, column] for column in range(n_columns)]
    flat_at = [grid[1, column] for column in range(n_columns)] if rows == 2 else [grid[0, 1]]
    below_at = [grid[rows, column] if rows == 2 else grid[1, :] for column in range(n_columns if off_plane else 0)]
    solids = [figure.add_subplot(place, projection="3d", computed_zorder=False) for place in solid_at]
    return figure, solids, [figure.add_subplot(at) for at in flat_at], [figure.add_subplot(at) for at in below_at]


def scene_styles(columns: list[Scene], styles: Mapping[str, Style] | None) -> dict[str, Style]:
    """Return the style of every path and point of some scenes."""
    check_styles(styles)
    given = MARKED | dict(styles or {})
    names = [name for scene in columns for name in (*scene.paths, *scene.points)]
    marks = {name for scene in columns for name in scene.points} - set(given)
    # Paths have dots: a point whose style is not given is a cross.
    chosen = styles_for(names, given)
    return {name: replace(style, marker="X") if name in marks else style for name, style in chosen.items()}


def widths_of(scene: Scene) -> dict[str, float]:
    """Return the width of each path: the first is the widest, so that it stays visible under the others."""
    if any(len(paths) > 1 for paths in scene.paths.values()):
        return dict.fromkeys(scene.paths, 1.2)
    widest = 1.6 if len(scene.paths) == 1 else 5.0
    return dict(zip(scene.paths, np.linspace(widest, 1.6, len(scene.paths)).tolist(), strict=True))


def draw_scene(axes: Axes, scene: Scene, style_of: Mapping[str, Style]) -> None:
    """Draw the paths and the points of a scene into axes that hold its surface."""
    widths = widths_of(scene)
    for name, paths in scene.paths.items():
        single = len(paths) == 1
        for number, path in enumerate(paths):
            # With a white outline, a path would hide another below it.
            draw_path(
                axes, path, style_of[name], scene.corners, width=style_of[name].width or widths[name],
                label="_path" if number else name, dotted=single, outlined=single and len(scene.paths) == 1,
            )  # fmt: skip
    for name, coordinates in scene.points.items():
        draw_point(axes, coordinates, style_of[name], scene.surface, name)


def _draw_distances(axes: Axes, scene: Scene, style_of: Mapping[str, Style]) -> None:
    """Draw the distance of each path from the plane over the epochs."""
    corners, far, near = box(scene.surface), 0.0, 0.0
    for name, paths in scene.paths.items():
        for path in paths:
            if path.distance is not None:
                shown = np.where(np.isfinite(path.distance), path.distance, np.nan)
                far, near = _farther(far, shown), _farther(near, shown[inside(path.coordinates, corners)])
                axes.plot(path.epochs, shown, style_of[name].line, color=style_of[name].colour, linewidth=1.8)
    # The first steps are by far the longest; unlike a scale that is linear near zero, a square root has no kink.
    axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
    # A run that has left the surface is so far away that it would flatten all others.
    top = 1.05 * near if far > 10 * near > 0 else None
    axes.set(xlabel="epoch", ylabel="distance\nfrom the plane", xlim=(0, None), ylim=(0, top))
    axes.grid(alpha=0.25)


def _farther(distance: float, others: np.ndarray) -> float:
    """The greatest of a distance and others, NaN left out."""
    return float(np.nanmax([distance, *others]))


def legend_handles(columns: list[Scene], style_of: Mapping[str, Style]) -> list[Line2D]:
    """Return the entries of the legend of some scenes: paths, points, starts and ends, each once."""
    handles: dict[str, Line2D] = {}
    visible = {
        name for scene in columns for name, paths in scene.paths.items()
        if any(on_surface(scene.surface, path.coordinates) for path in paths)
    }  # fmt: skip
    for scene in columns:
        widths = widths_of(scene)
        for name, paths in scene.paths.items():
            fates = ["diverged"] * all(path.diverged for path in paths) + ["outside"] * (name not in visible)
            fate = f" ({', '.join(fates)})" if fates else ""
            style = style_of[name]
            line: dict[str, Any] = {"linestyle": style.line, "linewidth": style.width or widths[name]}
            handles.setdefault(name, Line2D([], [], color=style.colour, label=shortened(name) + fate, **line))
        for name in scene.points:
            handles.setdefault(name, point_handle(shortened(name), style_of[name]))
    start = Line2D([], [], color="#666666", linestyle="", marker="o", markerfacecolor="white", label="start")
    return [*handles.values(), start, *_end_handles(columns)]


def _end_handles(columns: list[Scene]) -> list[Line2D]:
    paths = [path for scene in columns for paths in scene.paths.values() for path in paths]
    ends = {"end": "s"} | ({"last point before it diverges": DIVERGED.marker} if any(p.diverged for p in paths) else {})
    look: dict[str, Any] = {"color": "#666666", "linestyle": "", "markeredgewidth": 2}
    return [Line2D([], [], marker=marker, label=name, **look) for name, marker in ends.items()]
