"""The loss over a grid of two weights, or of a plane through weight space, and how it slopes and curves there.

Conventions: a surface is an `xarray.Dataset` with `loss` over two dimensions: two weights by their labels, or the `u`
and `v` of a plane, whose `origin` and `directions` it then holds. Weights that a grid does not name stay as the model
holds them. `marked(mark, axis)` are the coordinates of points worth marking, where they are known; on a
plane they are projected, as paths are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import checked
from tfreg.checks.records import Runs
from tfreg.checks.sizes import check_memory
from tfreg.surfaces.grid import Grid, check_two_weights, grid_around, grid_points, weights_of
from tfreg.surfaces.minimum import minimum_weights
from tfreg.surfaces.plane import Plane, principal_plane, project

if TYPE_CHECKING:
    from tfreg.problem.problem import Problem

_SMALL = 16  # weights: with more, a Hessian takes too long to compile for a mark on a figure
_NUMBERS_AT_ONCE = 2**22  # of the weight vectors that are in memory at a time


@dataclass(frozen=True, eq=False)
class _Window:
    """A grid and the plane that it lies in; a grid of two weights lies in the plane along their axes."""

    over: Grid
    plane: Plane
    marked: dict[str, np.ndarray]  # weight vectors, by name

    @property
    def shape(self) -> tuple[int, int]:
        first, second = map(len, self.over.values())
        return first, second


@checked
def loss_surface(
    problem: Problem,
    over: Grid | None = None,
    *,
    around: Runs | None = None,
    plane: Plane | None = None,
    margin: float = 0.25,
    steps: int = 81,
) -> xr.Dataset:
    """The loss at every point of a grid.

    The grid is given, or chosen so that it holds the paths of runs: over the two weights of a net that has no others,
    over the principal plane of the paths for any other net.

    Args:
        problem: whose loss.
        over: values of two weights, as `tfreg.grid` gives them, or of the `u` and `v` of a plane.
        around: one run, a run from many starts, or a mapping of runs.
        plane: where the grid lies, if it is one of `u` and `v`; with `around`, the plane to draw the paths on.
        margin: room around the paths at each side, as a share of their extent.
        steps: the number of values in each direction of a grid around paths.

    Returns:
        `loss` over the grid; `marked` points, as far as known: the data's true weights, and around the paths of a small
        net the minimum next to their lowest point. Memory stays bounded, however fine the grid and large the net.

    Raises:
        InputError: neither or both of `over` and `around`, a grid that is not of two weights of the problem, or runs of
            another problem.

    Example:
        >>> run = train(problem, "adam:0.1", epochs=435, start=(-10, -1))
        >>> loss_surface(problem, around=run).loss.shape
        (81, 81)
    """
    window = _window(problem, over, around, plane, margin, steps)
    _check_size(window, numbers_per_point=2)
    loss = np.concatenate([problem.loss_at(window.plane.weights(part)) for part in _parts(window, problem)])
    return _labelled(problem, window, loss.reshape(window.shape))


@checked
def curvature_surface(
    problem: Problem,
    over: Grid | None = None,
    *,
    around: Runs | None = None,
    plane: Plane | None = None,
    margin: float = 0.25,
    steps: int = 81,
) -> xr.Dataset:
    """The loss surface with its gradient and its curvature, by automatic differentiation.

    Arguments and errors are those of `loss_surface`.

    Returns:
        `loss` over the grid; `gradient`, with a last dimension `axis` for the two directions; and `curvature`, the
        smallest eigenvalue of the Hessian in the two: where it is negative, the surface is not convex.
    """
    window = _window(problem, over, around, plane, margin, steps)
    _check_size(window, numbers_per_point=10)
    parts = [problem.slopes_at(window.plane.weights(part), window.plane.directions) for part in _parts(window, problem)]
    loss, gradient, hessian = (
        np.concatenate(values).reshape(*window.shape, *values[0].shape[1:]) for values in zip(*parts, strict=True)
    )
    return _labelled(problem, window, loss).assign(
        gradient=((*window.over, "axis"), gradient),
        curvature=(tuple(window.over), np.linalg.eigvalsh(hessian)[..., 0]),
    )


def _window(
    problem: Problem, over: Grid | None, around: Runs | None, plane: Plane | None, margin: float, steps: int
) -> _Window:
    if (over is None) == (around is None):
        raise InputError("expected a grid (tfreg.grid) or around=runs, and one of them")
    if problem.n_weights < 2:
        raise InputError("expected a net with two weights or more, got one; draw its loss with tfreg.draw.curves")
    true_weights = problem.dataset.true_weights
    # Data may be fitted by another model than the one that drew them.
    known = true_weights is not None and len(true_weights) == problem.n_weights
    marked = {"true weights": np.asarray(true_weights, dtype=np.float64)} if known else {}
    if over is not None:
        return _on_plane(problem, over, plane, marked) if plane is not None else _over_weights(problem, over, marked)
    assert around is not None
    rows = problem.check_weights(weights_of(around), "around")
    marked |= _minimum_near(problem, rows)
    if plane is None and problem.n_weights == 2:
        first, second = problem.labels
        return _over_weights(problem, grid_around(rows, (first, second), margin, steps), marked)
    plane = principal_plane(around) if plane is None else plane
    coordinates, _ = project(plane.origin, plane.directions, rows)
    return _on_plane(problem, grid_around(coordinates, margin=margin, steps=steps), plane, marked)


def _on_plane(problem: Problem, over: Grid, plane: Plane, marked: dict[str, np.ndarray]) -> _Window:
    if tuple(over) != ("u", "v"):
        raise InputError(f"plane: expected a grid of u and v, got {', '.join(over) or 'none'}")
    problem.check_weights(plane.origin, "plane")
    return _Window(over, plane, marked)


def _over_weights(problem: Problem, over: Grid, marked: dict[str, np.ndarray]) -> _Window:
    check_two_weights(over, problem.labels)
    pair = [problem.labels.index(name) for name in over]
    origin, directions = problem.initial_weights.astype(np.float64), np.zeros((2, problem.n_weights))
    origin[pair], directions[[0, 1], pair] = 0, 1
    first, second = over
    # The loss over two of many weights is another one than theirs, with minima elsewhere.
    return _Window(over, Plane(origin, directions, (first, second)), marked if problem.n_weights == 2 else {})


def _minimum_near(problem: Problem, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The minimum that Newton's method finds from the lowest point of the paths of a small net, if there is one."""
    losses = problem.loss_at(rows)
    if problem.n_weights > _SMALL or not np.isfinite(losses).any():
        return {}
    found = minimum_weights(problem, rows[np.nanargmin(losses)])
    _, gradient, hessian = problem.expansion_at(found)
    if not np.isfinite(hessian).all() or not np.linalg.eigvalsh(hessian)[0] > 0:
        return {}
    # On linearly separable data the loss falls for ever: Newton's step stays long there.
    step = np.linalg.solve(hessian, gradient)
    return {"minimum": found} if np.linalg.norm(step) < 0.01 * max(1.0, float(np.linalg.norm(found))) else {}


def _check_size(window: _Window, numbers_per_point: int) -> None:
    first, second = window.shape
    n_bytes = 8 * (numbers_per_point + 4) * first * second
    check_memory(f"a surface of {first} x {second} points", n_bytes, "give fewer steps or a coarser grid")


def _parts(window: _Window, problem: Problem) -> list[np.ndarray]:
    """All points of a grid (n, 2), in parts whose weight vectors fit into memory."""
    points = grid_points(window.over)
    n_rows = max(1, _NUMBERS_AT_ONCE // problem.n_weights)
    return np.split(points, range(n_rows, len(points), n_rows))


def _labelled(problem: Problem, window: _Window, loss: np.ndarray) -> xr.Dataset:
    first, second = window.over
    plane = window.plane
    variables: dict[str, tuple] = {"loss": ((first, second), loss)}
    coordinates: dict[str, tuple] = {
        name: ((name,), values, {} if name == label else {"long_name": label})
        for (name, values), label in zip(window.over.items(), plane.labels, strict=True)
    }
    coordinates["axis"] = (("axis",), [first, second])
    if (first, second) == ("u", "v"):
        variables |= {"origin": (("weight",), plane.origin), "directions": (("axis", "weight"), plane.directions)}
        coordinates["weight"] = (("weight",), np.array(problem.labels, dtype=object))
    if window.marked:
        at, _ = project(plane.origin, plane.directions, np.stack([*window.marked.values()]))
        variables["marked"] = (("mark", "axis"), at)
        coordinates["mark"] = (("mark",), list(window.marked))
    return xr.Dataset(variables, coordinates, {"loss": problem.loss_source, "dataset": problem.dataset.name})
