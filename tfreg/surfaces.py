"""The loss over a grid of two weights.

Conventions: a grid holds the values of two named weights; a surface is an `xarray.Dataset` with `loss` over those two
dimensions, first weight first. Weights that the grid does not name stay as the model holds them.
"""

import numpy as np
import xarray as xr

from tfreg.errors import InputError, unknown
from tfreg.problem import Problem

Grid = dict[str, np.ndarray]


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
    values = {}
    for name, (first, end, step) in ranges.items():
        if not step > 0 or not end > first:
            raise InputError(f"grid: expected {name}=(first, end above first, step above 0), got {(first, end, step)}")
        values[name] = np.arange(first, end, step)
    return values


def loss_surface(problem: Problem, over: Grid) -> xr.Dataset:
    """The loss at every point of a grid of two weights.

    Memory stays bounded by a block of points, however fine the grid (see `tfreg.derivatives`).

    Returns:
        `loss` over the two weights, in the grid's order.

    Raises:
        InputError: the grid names a weight that the problem does not have.
    """
    (first, xs), (second, ys) = over.items()
    for name in over:
        if name not in problem.labels:
            raise unknown("weight", name, problem.labels)
    points = np.tile(problem.initial_weights, (len(xs) * len(ys), 1))
    mesh = np.meshgrid(xs, ys, indexing="ij")
    for name, values in zip(over, mesh, strict=True):
        points[:, problem.labels.index(name)] = values.ravel()
    loss = problem.loss_at(points).reshape(len(xs), len(ys))
    return xr.Dataset(
        {"loss": ((first, second), loss)},
        coords={first: xs, second: ys},
        attrs={"loss": getattr(problem.loss, "__name__", "loss"), "dataset": problem.dataset.name},
    )


def minimum(problem: Problem, near: object, steps: int = 50) -> np.ndarray:
    """The weights (n_weights,) where Newton's method comes to rest, starting at `near`.

    Each step solves H d = -g with the eigenvalues of the Hessian H made positive, so that it goes down from saddles and
    from concave places too, and is halved until the loss falls.

    Example:
        >>> minimum(Problem(models.logistic(2), losses.bce, datasets.bernoulli_line()), (0, 0)).round(2).tolist()
        [-1.02, 5.3]
    """
    weights = problem.check_weights(near)
    loss = problem.loss_at(weights)
    for _ in range(steps):
        values, vectors = np.linalg.eigh(problem.hessian_at(weights))
        curvature = np.maximum(np.abs(values), 1e-8)
        step = -vectors @ ((vectors.T @ problem.gradient_at(weights)) / curvature)
        halved = weights + step * 0.5 ** np.arange(24)[:, np.newaxis]
        losses = problem.loss_at(halved)
        best = int(np.nanargmin(losses))
        if not losses[best] < loss:
            break
        weights, loss = halved[best].astype(problem.dtype), losses[best]
    return weights
