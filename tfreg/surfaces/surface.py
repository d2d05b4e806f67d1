"""The loss over a grid of two weights, and how it slopes and curves there.

Conventions: a grid holds the values of two named weights; a surface is an `xarray.Dataset` with `loss` over those two
dimensions, first weight first. Weights that the grid does not name stay as the model holds them.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tfreg.errors import InputError, unknown
from tfreg.problem.problem import Problem

Grid = dict[str, np.ndarray]
_NUMBERS_AT_ONCE = 2**24  # weights of the points that are in memory at a time


def grid(**ranges: tuple[float, float, float]) -> Grid:
    """Two weights and their values, each given as (first, end, step) with the end left out, as `numpy.arange`.

    Labels that are no Python names go in as `grid(**{"hidden/kernel[0,0]": (-1, 1, 0.1), ...})`.

    Raises:
        InputError: not two weights, or a range without values.

    Example:
        >>> {name: len(values) for name, values in grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2)).items()}
        {'w0': 65, 'w1': 55}
    """
    if len(ranges) != 2:
        raise InputError(f"grid: expected two weights, got {', '.join(ranges) or 'none'}")
    return {name: _values(name, range_) for name, range_ in ranges.items()}


def _values(name: str, range_: object) -> np.ndarray:
    try:
        first, end, step = (float(part) for part in range_)  # type: ignore[attr-defined]
        if np.isfinite([first, end]).all() and 0 < step < np.inf and end > first:
            return np.arange(first, end, step)
    except (TypeError, ValueError):
        pass
    raise InputError(f"grid: expected {name}=(first, end above first, step above 0), got {range_!r:.60}")


def points(over: Grid) -> np.ndarray:
    """All points of a grid as rows (n_points, 2), the second weight running fastest."""
    return np.stack(np.meshgrid(*over.values(), indexing="ij"), axis=-1).reshape(-1, 2)


def loss_surface(problem: Problem, over: Grid) -> xr.Dataset:
    """The loss at every point of a grid of two weights.

    Memory stays bounded by a block of points, however fine the grid and wide the net (see `tfreg.problem.evaluate`).

    Returns:
        `loss` over the two weights, in the grid's order.

    Raises:
        InputError: the grid is not of two weights, or names one that the problem does not have.
    """
    _positions(problem, over)
    return xr.Dataset(
        {"loss": (tuple(over), _over_grid(problem, over, problem.loss_at))},
        coords=dict(over),
        attrs={"loss": getattr(problem.loss, "__name__", "loss"), "dataset": problem.dataset.name},
    )


def curvature_surface(problem: Problem, over: Grid) -> xr.Dataset:
    """The loss surface with its gradient and its curvature, by automatic differentiation.

    Returns:
        `loss` over the two weights; `gradient`, with a last dimension `weight` for the two; and `curvature`, the
        smallest eigenvalue of the Hessian in the two: where it is negative, the surface is not convex.

    Raises:
        InputError: the grid is not of two weights, or names one that the problem does not have.
    """
    pair = _positions(problem, over)
    gradient = _over_grid(problem, over, lambda points: problem.gradient_at(points)[:, pair])
    hessian = _over_grid(problem, over, lambda points: problem.hessian_at(points)[:, pair][:, :, pair])
    return (
        loss_surface(problem, over)
        .assign_coords(weight=list(over))
        .assign(
            gradient=((*over, "weight"), gradient),
            curvature=(tuple(over), np.linalg.eigvalsh(hessian)[..., 0]),
        )
    )


def _positions(problem: Problem, over: Grid) -> list[int]:
    if len(over) != 2:
        raise InputError(f"expected a grid of two weights, got {', '.join(over) or 'none'}; make one with tfreg.grid")
    for name in over:
        if name not in problem.labels:
            raise unknown("weight", name, problem.labels)
    return [problem.labels.index(name) for name in over]


def _over_grid(problem: Problem, over: Grid, evaluate: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What `evaluate` gives at all points of a grid, the two weights first; points are made a part at a time."""
    pairs = points(over)
    n_rows = max(1, _NUMBERS_AT_ONCE // problem.n_weights)
    values = []
    for part in np.split(pairs, range(n_rows, len(pairs), n_rows)):
        weights = np.tile(problem.initial_weights, (len(part), 1))
        weights[:, _positions(problem, over)] = part
        values.append(evaluate(weights))
    whole = np.concatenate(values)
    return whole.reshape(*(len(axis) for axis in over.values()), *whole.shape[1:])


def minimum(problem: Problem, near: object, steps: int = 50) -> np.ndarray:
    """The weights (n_weights,) where Newton's method comes to rest, starting at `near`.

    Each step solves H d = -g with the eigenvalues of the Hessian H made positive, so that it goes down from saddles and
    from concave places too, and is halved until the loss falls.

    Raises:
        InputError: the loss at `near` is not finite.

    Example:
        >>> minimum(Problem(models.logistic(2), losses.bce, datasets.bernoulli_line()), (0, 0)).round(2).tolist()
        [-1.02, 5.3]
    """
    weights = problem.check_weights(near)
    if not np.isfinite(problem.loss_at(weights)):
        raise InputError(f"minimum: expected to begin where the loss is finite, got {problem.loss_at(weights)}")
    for _ in range(steps):
        values, vectors = np.linalg.eigh(problem.hessian_at(weights))
        curvature = np.maximum(np.abs(values), 1e-8)
        step = -vectors @ ((vectors.T @ problem.gradient_at(weights)) / curvature)
        # The first candidate is to stay.
        candidates = weights + step * np.append(0, 0.5 ** np.arange(24))[:, np.newaxis]
        best = int(np.nanargmin(problem.loss_at(candidates)))
        if best == 0:
            break
        weights = candidates[best].astype(problem.dtype)
    return weights
