"""The box that a surface fills, and paths clipped to it.

Conventions: a corner (3,) holds the surface's two coordinates and the loss, in this order.
"""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tfreg.checks.errors import InputError


def clipped(points: np.ndarray, low: ArrayLike, high: ArrayLike) -> np.ndarray:
    """Clip a line through points (n_points, d) to a box; rows of NaN part the remaining pieces.

    A line inside the box is returned as it is. Segments are cut as in Liang and Barsky (1984).

    Example:
        >>> clipped(np.array([[0.0, 0.0], [2.0, 0.0]]), (0, 0), (1, 1)).tolist()
        [[0.0, 0.0], [1.0, 0.0], [nan, nan]]
    """
    points, low, high = (np.asarray(array, dtype=np.float64) for array in (points, low, high))
    if ((low <= points) & (points <= high)).all():
        return points
    first, last = points[:-1], points[1:]
    with np.errstate(all="ignore"):
        step = last - first
        at = np.stack([(low - first) / step, (high - first) / step])
        # A coordinate that stays the same within the box cuts nothing off.
        still = (step == 0) & (low <= first) & (first <= high)
        enter = np.where(still, 0, at.min(axis=0)).max(axis=1).clip(0, 1)
        leave = np.where(still, 1, at.max(axis=0)).min(axis=1).clip(0, 1)
        kept = enter < leave
        ends = [first + share[:, np.newaxis] * step for share in (enter, leave)]
    return np.stack([*ends, np.full_like(first, np.nan)], axis=1)[kept].reshape(-1, points.shape[1])


def inside(points: np.ndarray, corners: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return True (n_points,) for each point inside a box; points that are not finite are outside.

    Points (n_points, 2) are compared with the first two numbers of the corners.
    """
    low, high = (corner[: points.shape[-1]] for corner in corners)
    return np.asarray(((low <= points) & (points <= high)).all(axis=-1))


def box(surface: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest corner (3,) of a surface: its two dimensions and its finite losses."""
    first, second = (surface[dim].values for dim in surface.loss.dims)
    loss = surface.loss.values[np.isfinite(surface.loss.values)]
    if not loss.size:
        raise InputError("a surface needs a finite loss somewhere; choose a grid closer to the minimum")
    low = [first.min(), second.min(), loss.min()]
    return np.array(low, np.float64), np.array([first.max(), second.max(), loss.max()], np.float64)


def clipping_box(surface: xr.Dataset, losses: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (3,) of the box that paths are clipped to: the surface's, down to the lowest of their losses.

    Extends 5 % above the surface, since a path may run a little off it.
    """
    low, high = box(surface)
    finite = (loss[np.isfinite(loss)] for loss in losses)
    low[2] = min([low[2], *(float(loss.min()) for loss in finite if loss.size)])
    high[2] += max(0.05 * (high[2] - low[2]), 1e-6 * max(1.0, abs(high[2])))
    return low, high


def on_surface(surface: xr.Dataset, coordinates: np.ndarray) -> bool:
    """Return True if some of a path through coordinates (n_epochs, 2) lies within a surface."""
    low, high = (corner[:2] for corner in box(surface))
    return bool(inside(coordinates, (low, high)).any() or len(clipped(coordinates, low, high)))


def check_some_inside(surface: xr.Dataset, paths: Sequence[np.ndarray], label: str) -> None:
    """Check that some of the paths, of coordinates (n_epochs, 2), runs over a surface.

    Raises:
        InputError: all run elsewhere, or none has finite coordinates.
    """
    if any(on_surface(surface, path) for path in paths):
        return
    points = np.concatenate(paths)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        raise InputError("expected a run with finite weights, got none")
    corners = box(surface)
    there, here = (_ranges(surface, low, high) for low, high in [(points.min(axis=0), points.max(axis=0)), corners])
    raise InputError(
        f"every path lies outside the surface{' of ' * bool(label)}{label}: paths at {there}, surface at {here}; "
        "choose a grid around the paths: loss_surface(problem, around=runs)"
    )


def _ranges(surface: xr.Dataset, low: np.ndarray, high: np.ndarray) -> str:
    ends = zip(surface.loss.dims, low, high, strict=False)
    return ", ".join(f"{dim} {first:.4g} to {last:.4g}" for dim, first, last in ends)


def height(surface: xr.Dataset, coordinates: ArrayLike) -> float:
    """Return the loss of a surface at the grid point nearest to coordinates (2,)."""
    at: dict[Hashable, float] = dict(zip(surface.loss.dims, np.asarray(coordinates, float), strict=True))
    return float(surface.loss.sel(at, method="nearest"))
