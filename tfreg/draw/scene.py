"""Runs and points in the coordinates of a loss surface, which is over two weights or a plane through more of them.

Conventions: coordinates are those of the surface, its first dimension first. A run that does not lie in the surface's
plane is projected onto it and keeps its own loss; `distance` is that from the plane.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tfreg.checks.errors import InputError, shown
from tfreg.checks.records import Runs, Surfaces
from tfreg.draw.box import box, check_some_inside, clipping_box, inside
from tfreg.draw.named_runs import check_run, loss_of, named_runs
from tfreg.surfaces.plane import project


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The trajectory of a run on a surface.

    Attributes:
        epochs: (n_epochs,), the recorded ones.
        coordinates: (n_epochs, 2) on the surface.
        loss: (n_epochs,), the run's own.
        distance: (n_epochs,) from the surface's plane; None where the surface is over two weights.
    """

    epochs: np.ndarray
    coordinates: np.ndarray
    loss: np.ndarray
    distance: np.ndarray | None = None

    @property
    def solid(self) -> np.ndarray:
        """The points (n_epochs, 3): coordinates, and the run's own loss."""
        return np.column_stack([self.coordinates, self.loss])

    @property
    def diverged(self) -> bool:
        """True if the last recorded loss or weights are not finite."""
        return not np.isfinite(self.solid[-1]).all()


@dataclass(frozen=True, eq=False)
class Scene:
    """A surface, the paths on it, a list for each label, and the coordinates (2,) of marked points within it."""

    label: str
    surface: xr.Dataset
    paths: Mapping[str, list[Trajectory]]
    points: Mapping[str, np.ndarray]

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """The corners (3,) of the box that the paths are clipped to."""
        return clipping_box(self.surface, (path.loss for paths in self.paths.values() for path in paths))


def scenes(surface: Surfaces, runs: Runs, points: Mapping | None = None) -> list[Scene]:
    """Return a scene for each surface.

    Args:
        surface: one, or one for each label.
        runs: for one surface a run (maybe with a leading `start`), a comparison with trajectories, or one of these for
            each label; for several surfaces a mapping with these for each of their labels.
        points: coordinates (2,) or weight vectors (n_weights,) to mark, by label; for several surfaces maybe a mapping
            with these for each. Points outside a surface are left out.

    Raises:
        InputError: no run or no surface, labels that differ, a run of other weights or another loss than the surface,
            or no path on it.
    """
    by_label, runs_by_label = _side_by_side(surface, runs)
    marks = {} if points is None else points
    nested = bool(marks) and all(isinstance(value, Mapping) for value in marks.values())
    if nested and not set(marks) <= set(by_label):
        raise InputError(f"expected points for {_listed(by_label)}, got them for {_listed(marks)}")
    return [
        _scene(label, one, runs_by_label[label], marks.get(label, {}) if nested else marks)
        for label, one in by_label.items()
    ]


def _side_by_side(surface: Surfaces, runs: Runs) -> tuple[Mapping[str, xr.Dataset], Mapping[str, Runs]]:
    if isinstance(surface, xr.Dataset):  # which is a mapping too
        return {"": surface}, {"": runs}  # type: ignore[dict-item]
    if not surface:
        raise InputError("surface: expected one surface or more, got none")
    if isinstance(runs, xr.Dataset) or not isinstance(runs, Mapping) or set(runs) != set(surface):
        got = _listed(runs) if isinstance(runs, Mapping) and not isinstance(runs, xr.Dataset) else type(runs).__name__
        raise InputError(f"expected runs for the same labels as the surfaces, {_listed(surface)}; got {got}")
    return surface, runs  # type: ignore[return-value]


def _listed(names: Mapping) -> str:
    return ", ".join(map(repr, names)) or "none"


def _scene(label: str, surface: xr.Dataset, runs: Runs, points: Mapping[str, ArrayLike]) -> Scene:
    check_surface(surface)
    named = named_runs(runs)
    paths = {name: paths_on(surface, run, name) for name, run in named.items()}
    check_some_inside(surface, [path.coordinates for several in paths.values() for path in several], label)
    labels = [str(weight) for weight in next(iter(named.values())).weight.values]
    given = {str(name): _coordinates(surface, labels, at, str(name)) for name, at in points.items()}
    return Scene(label, surface, paths, marks_inside(surface, marks_of(surface) | given))


def check_surface(surface: xr.Dataset) -> None:
    """Check that a surface can be drawn.

    Raises:
        InputError: no surface, or one of a single row.
    """
    if not isinstance(surface, xr.Dataset) or "loss" not in surface or surface.loss.ndim != 2:
        raise InputError(f"expected a surface as tfreg.loss_surface returns it, got {type(surface).__name__}")
    if min(surface.loss.shape) < 2:
        raise InputError(f"a surface needs 2 values of each weight or more, got {surface.loss.shape}; take small steps")


def marks_of(surface: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the coordinates (2,) of the points that a surface holds as `marked`, by name."""
    if "marked" not in surface:
        return {}
    return {str(mark): surface.marked.sel(mark=mark).values for mark in surface.mark.values}


def marks_inside(surface: xr.Dataset, marks: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the marks whose coordinates (2,) lie within a surface; others would stretch its axes."""
    return {name: at for name, at in marks.items() if inside(at, box(surface))}


def paths_on(surface: xr.Dataset, run: xr.Dataset, name: str) -> list[Trajectory]:
    """Return the paths of a run on a surface, one for each start.

    Raises:
        InputError: no run, an empty one, or a run of other weights or another loss than the surface.
    """
    check_run(run, name)
    of_surface, of_run = surface.attrs.get("loss"), loss_of(run)
    if of_surface is not None and of_run is not None and of_surface != of_run:
        raise InputError(f"{name!r} is a run of another problem: its loss is {of_run}, the surface's is {of_surface}")
    order = (*(dim for dim in run.weights.dims if dim not in ("epoch", "weight")), "epoch", "weight")
    weights, loss = run.weights.transpose(*order), run.loss.transpose(*order[:-1]).values
    labels = [str(weight) for weight in run.weight.values]
    coordinates, distance = _on_surface(surface, labels, weights.values.astype(np.float64), name)
    n_epochs = run.sizes["epoch"]
    each = zip(coordinates.reshape(-1, n_epochs, 2), loss.reshape(-1, n_epochs), strict=True)
    off = distance.reshape(-1, n_epochs) if distance is not None else [None] * loss[..., 0].size
    return [Trajectory(run.epoch.values, at, heights, away) for (at, heights), away in zip(each, off, strict=True)]


def _on_surface(
    surface: xr.Dataset, labels: list[str], weights: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray | None]:
    """The coordinates (…, 2) of weight vectors (…, n_weights), and their distance (…) from a plane."""
    if "origin" in surface:
        if labels != [str(weight) for weight in surface.weight.values]:
            raise InputError(
                f"{name!r} is a run of another problem: it has {len(labels)} weights ({labels[0]}, …), "
                f"the surface's plane {surface.sizes['weight']} ({surface.weight.values[0]}, …)"
            )
        return project(surface.origin.values, surface.directions.values, weights)
    axes = [str(dim) for dim in surface.loss.dims]
    missing = [axis for axis in axes if axis not in labels]
    if missing:
        raise InputError(f"{name!r} is a run of another problem: it has no weight {missing[0]!r} as the surface has")
    return weights[..., [labels.index(axis) for axis in axes]], None


def _coordinates(surface: xr.Dataset, labels: list[str], at: ArrayLike, name: str) -> np.ndarray:
    """The coordinates (2,) of a point, given by its coordinates or as a weight vector."""
    try:
        point = np.asarray(at, dtype=np.float64)
    except (TypeError, ValueError):
        point = np.empty(0)
    if point.shape not in ((2,), (len(labels),)):
        raise InputError(f"expected 2 coordinates or {len(labels)} weights for {name!r}, got {shown(at)}")
    return point if point.shape == (2,) else _on_surface(surface, labels, point, name)[0]
