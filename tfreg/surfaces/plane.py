"""Planes through weight space: where a net with more than two weights has a loss surface that can be drawn.

Conventions: weight vectors are as in `tfreg.problem`. A point of a plane has the coordinates (u, v): it is the weight
vector origin + u * directions[0] + v * directions[1]. The directions of `through` and `principal` are orthonormal, so
that distances in the plane are distances in weight space; those of `random_filter_normalised` have the lengths that
its authors want. A path need not run in the plane: its coordinates are those of the nearest point of the plane, and
how far away that is, is part of the record.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tfreg.errors import InputError
from tfreg.problem.problem import Problem
from tfreg.surfaces.surface import Grid

_MAX_ELEMENTS = 2**22  # of the weight vectors in memory at once


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane through weight space.

    Attributes:
        origin: weight vector (n_weights,), the point (0, 0).
        directions: array (2, n_weights), not parallel.
        labels: what its two directions mean, as figures write it at their axes.

    Raises:
        InputError: arrays of other shapes, or directions that are (nearly) parallel.
    """

    origin: np.ndarray
    directions: np.ndarray
    labels: tuple[str, str] = ("u", "v")

    def __post_init__(self) -> None:
        for name in ("origin", "directions"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        if self.origin.ndim != 1 or self.directions.shape != (2, len(self.origin)):
            raise InputError(
                f"a plane needs an origin (n_weights,) and directions (2, n_weights), "
                f"got {self.origin.shape} and {self.directions.shape}"
            )
        longest, shortest = np.linalg.svd(self.directions, compute_uv=False)
        if not shortest > 1e-9 * longest:
            raise InputError("the two directions of a plane must not be parallel or zero; take other points")

    def weights(self, coordinates: ArrayLike) -> np.ndarray:
        """The weight vectors (…, n_weights) at coordinates (…, 2)."""
        return self.origin + np.asarray(coordinates, dtype=np.float64) @ self.directions


def through(p: ArrayLike, q: ArrayLike, r: ArrayLike, labels: tuple[str, str] = ("u", "v")) -> Plane:
    """The plane through three weight vectors: p is its origin, q lies on the u axis.

    Example:
        >>> project(through([0, 0, 0], [3, 0, 0], [1, 1, 0]), [1, 2, 5])
        (array([1., 2.]), array(5.))
    """
    origin, to_q, to_r = (np.asarray(point, dtype=np.float64) for point in (p, q, r))
    # Checked before the second direction is made orthogonal: of a parallel one only rounding errors would be left.
    sides = Plane(origin, np.stack([to_q - origin, to_r - origin])).directions
    first = sides[0] / np.linalg.norm(sides[0])
    second = sides[1] - (sides[1] @ first) * first
    return Plane(origin, np.stack([first, second / np.linalg.norm(second)]), labels)


def principal(*runs: xr.Dataset) -> Plane:
    """The plane that one or more trajectories leave least: through their mean, along their two principal components.

    Every recorded epoch counts alike. The labels say which share of the trajectories' variance lies in each direction.

    Raises:
        InputError: fewer than three different weight vectors, or all of them on one line.
    """
    points = np.concatenate([run.weights.values.reshape(-1, run.sizes["weight"]) for run in runs]).astype(np.float64)
    mean = points.mean(axis=0)
    _, spread, components = np.linalg.svd(points - mean, full_matrices=False)
    if len(spread) < 2 or not spread[1] > 1e-9 * spread[0]:
        raise InputError("principal: expected trajectories with points off a line; a line lies in many planes")
    # The sign of a component is arbitrary; with its largest entry positive, every machine draws the same figure.
    signs = np.sign(components[[0, 1], np.abs(components[:2]).argmax(axis=1)])
    first, second = 100 * spread[:2] ** 2 / (spread**2).sum()
    labels = (f"first principal direction ({first:.0f} %)", f"second principal direction ({second:.0f} %)")
    return Plane(mean, components[:2] * signs[:, np.newaxis], labels)


def random_filter_normalised(problem: Problem, seed: int, center: ArrayLike) -> Plane:
    """The plane through `center` along two random directions, normalised filter by filter.

    A filter is what comes into one unit, its bias included. Each filter of a normal random direction is scaled to the
    length of the same filter of the center (Li, Xu, Taylor, Studer and Goldstein 2018, "Visualizing the loss landscape
    of neural nets"), so that a step of 1 is as large as the weights themselves, whatever their scale in each layer.

    Example:
        >>> problem = Problem(models.relu_net(512), losses.mse, datasets.piecewise())
        >>> random_filter_normalised(problem, 0, problem.initial_weights).directions.shape
        (2, 1537)
    """
    origin = np.asarray(problem.check_weights(center, "center"), dtype=np.float64)
    filters = _filters(problem)
    directions = np.random.default_rng(seed).normal(size=(2, len(origin)))
    length = np.sqrt(np.bincount(filters, origin**2))
    for direction in directions:
        direction *= (length / np.sqrt(np.bincount(filters, direction**2)))[filters]
    return Plane(origin, directions, ("random direction", "another random direction"))


def _filters(problem: Problem) -> np.ndarray:
    """For each weight the number of the filter that it belongs to, shape (n_weights,)."""
    numbers = []
    first = 0
    for layer in problem.model.layers:
        shapes = [tuple(variable.shape) for variable in layer.trainable_variables]
        # The last axis of kernels and biases goes through the units.
        numbers += [first + np.broadcast_to(np.arange(shape[-1]), shape).ravel() for shape in shapes]
        first += max((shape[-1] for shape in shapes), default=0)
    return np.concatenate(numbers)


def project(plane: Plane, weights: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates (…, 2) of weight vectors (…, n_weights) in the plane, and their distance (…) from it."""
    away = np.asarray(weights, dtype=np.float64) - plane.origin
    coordinates = away @ np.linalg.pinv(plane.directions)
    return coordinates, np.linalg.norm(away - coordinates @ plane.directions, axis=-1)


def projected(plane: Plane, run: xr.Dataset) -> xr.Dataset:
    """A run as it is seen in the plane.

    Returns:
        `weights` over epoch and (u, v); `loss`, which is the run's own and not that of the plane below it; and
        `distance`, how far off the plane it runs.
    """
    coordinates, distance = project(plane, run.weights.values)
    lead = run.loss.dims
    return xr.Dataset(
        {"weights": ((*lead, "weight"), coordinates), "loss": (lead, run.loss.values), "distance": (lead, distance)},
        coords={"epoch": run.epoch.values, "weight": ["u", "v"]},
        attrs=run.attrs,
    )


def around(*points: ArrayLike, margin: float = 0.25, steps: tuple[int, int] = (81, 81)) -> Grid:
    """A grid of so many steps that holds all the points (…, 2), with a share of their extent as a margin around it.

    Example:
        >>> {name: len(values) for name, values in around([(0, 0), (1, 2)], steps=(5, 9)).items()}
        {'u': 5, 'v': 9}
    """
    coordinates = np.concatenate([np.reshape(point, (-1, 2)) for point in points])
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    room = margin * np.maximum(high - low, 1e-3 * max(1.0, (high - low).max()))
    ends = zip(low - room, high + room, steps, strict=True)
    return dict(zip(("u", "v"), (np.linspace(*end) for end in ends), strict=True))


def surface(problem: Problem, plane: Plane, over: Grid) -> xr.Dataset:
    """The loss at every point of a grid of the plane; memory stays bounded, however fine the grid and large the net.

    Args:
        problem: what the weights are of.
        plane: where to look.
        over: values of u and of v, as `tfreg.grid(u=(-1, 1, 0.1), v=(-1, 1, 0.1))` or `around` give them.

    Returns:
        `loss` over u and v, with the plane's `origin` and `directions`.
    """
    if tuple(over) != ("u", "v"):
        raise InputError(f"surface: expected values of u and v, got {', '.join(over) or 'none'}")
    points = np.stack(np.meshgrid(*over.values(), indexing="ij"), axis=-1)
    flat = points.reshape(-1, 2)
    parts = np.array_split(flat, -(-len(flat) * problem.n_weights // _MAX_ELEMENTS))
    loss = np.concatenate([problem.loss_at(plane.weights(part)) for part in parts]).reshape(points.shape[:2])
    named = {
        name: (name, values, {"long_name": label})
        for (name, values), label in zip(over.items(), plane.labels, strict=True)
    }
    return xr.Dataset(
        {
            "loss": (("u", "v"), loss),
            "origin": (("weight",), plane.origin),
            "directions": (("direction", "weight"), plane.directions),
        },
        coords={**named, "weight": np.array(problem.labels, dtype=object), "direction": ["u", "v"]},
        attrs={"loss": getattr(problem.loss, "__name__", "loss"), "dataset": problem.dataset.name},
    )
