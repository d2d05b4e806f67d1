"""Planes through weight space: where a net with more than two weights has a loss surface that can be drawn.

Conventions: weight vectors are as in `tfreg.problem`. A point of a plane has the coordinates (u, v): it is the weight
vector origin + u * directions[0] + v * directions[1]. The directions of `plane_through` and `principal_plane` are
orthonormal, so that distances in the plane are distances in weight space; those of `random_plane` have the lengths that
its authors want. A path need not run in the plane: its coordinates are those of the nearest point of the plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, Numbers, Seed, checked
from tfreg.checks.records import Runs
from tfreg.checks.values import check_array
from tfreg.surfaces.grid import weights_of

if TYPE_CHECKING:
    from tfreg.problem.problem import Problem


@checked
@dataclass(frozen=True, eq=False)
class Plane:
    """A plane through weight space.

    Attributes:
        origin: weight vector (n_weights,), the point (0, 0).
        directions: array (2, n_weights), not parallel.
        labels: the meaning of the two directions, as figures write it at their axes.

    Raises:
        InputError: arrays of other shapes, or directions that are (nearly) parallel.
    """

    origin: Array
    directions: Array
    labels: tuple[str, str] = ("u", "v")

    def __post_init__(self) -> None:
        origin = check_array("origin", self.origin, "n_weights", finite=True)
        directions = check_array("directions", self.directions, 2, len(origin), finite=True)
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "directions", directions)
        longest, shortest = np.linalg.svd(self.directions, compute_uv=False)
        if not shortest > 1e-9 * longest:
            raise InputError("expected two directions that are not parallel, and not zero; take other points")

    @checked
    def weights(self, coordinates: Numbers) -> np.ndarray:
        """The weight vectors (…, n_weights) at coordinates (…, 2)."""
        return self.origin + check_array("coordinates", coordinates, ..., 2) @ self.directions


@checked
def plane_through(p: Numbers, q: Numbers, r: Numbers, labels: tuple[str, str] = ("u", "v")) -> Plane:
    """The plane through three weight vectors: p is its origin, q lies on the u axis.

    Raises:
        InputError: the three lie on one line.

    Example:
        >>> plane = plane_through([0, 0, 0], [3, 0, 0], [1, 1, 0])
        >>> project(plane.origin, plane.directions, [1, 2, 5])
        (array([1., 2.]), np.float64(5.0))
    """
    origin = check_array("p", p, "n_weights", finite=True)
    to_q, to_r = (check_array(name, one, len(origin), finite=True) for name, one in (("q", q), ("r", r)))
    # Checked before the second direction is made orthogonal: of a parallel one only rounding errors would be left.
    sides = Plane(origin, np.stack([to_q - origin, to_r - origin])).directions
    first = sides[0] / np.linalg.norm(sides[0])
    second = sides[1] - (sides[1] @ first) * first
    return Plane(origin, np.stack([first, second / np.linalg.norm(second)]), labels)


@checked
def principal_plane(runs: Runs) -> Plane:
    """The plane that trajectories leave least: through their mean, along their two principal components.

    Every recorded epoch counts alike. The labels say which share of the trajectories' variance lies in each direction.
    Points on a line leave the second direction open, a single point both: then the axes of weight space that lie
    closest to a right angle are taken.

    Args:
        runs: one run, or a mapping of runs, of a net with two weights or more.
    """
    points = weights_of(runs)
    mean = points.mean(axis=0)
    _, spread, components = np.linalg.svd(points - mean, full_matrices=False)
    scale = max(1.0, float(np.abs(mean).max()))
    n_known = min(2, int((spread > 1e-9 * np.maximum(spread[0], scale)).sum()))
    directions = _completed(components[:n_known])
    # The sign of a component is arbitrary; with its largest entry positive, every machine draws the same figure.
    signs = np.sign(directions[[0, 1], np.abs(directions).argmax(axis=1)])
    shares = np.zeros(2)
    shares[:n_known] = 100 * spread[:n_known] ** 2 / (spread**2).sum()
    labels = tuple(f"{rank} principal direction ({share:.0f} %)" for rank, share in zip(_RANKS, shares, strict=True))
    return Plane(mean, directions * signs[:, np.newaxis], (labels[0], labels[1]))


_RANKS = ("first", "second")


def _completed(components: np.ndarray) -> np.ndarray:
    """Two orthonormal directions (2, n_weights): the given ones, and axes made orthogonal to them."""
    directions = list(components)
    while len(directions) < 2:
        known = np.reshape(directions, (-1, components.shape[1]))
        axis = np.zeros(components.shape[1])
        axis[np.argmin((known**2).sum(axis=0))] = 1
        axis -= known.T @ (known @ axis)
        directions.append(axis / np.linalg.norm(axis))
    return np.stack(directions)


@checked
def random_plane(problem: Problem, seed: Seed, center: Numbers) -> Plane:
    """The plane through `center` along two random directions, normalised filter by filter.

    A filter holds the weights that lead into one unit, its bias included. Each filter of a normal random direction is
    scaled to the length of the same filter of the center (Li, Xu, Taylor, Studer and Goldstein 2018, "Visualizing the
    loss landscape of neural nets"), so that a step of 1 is as large as the weights themselves, whatever their scale in
    each layer.

    Example:
        >>> problem = Problem(models.relu_net(512), losses.mse, datasets.piecewise())
        >>> random_plane(problem, 0, problem.initial_weights).directions.shape
        (2, 1537)
    """
    origin = np.asarray(problem.check_weights(center, "center"), dtype=np.float64)
    filters = _filters(problem)
    directions = np.random.default_rng(seed).normal(size=(2, len(origin)))
    length = np.sqrt(np.bincount(filters, origin**2))
    scaled = [direction * (length / np.sqrt(np.bincount(filters, direction**2)))[filters] for direction in directions]
    return Plane(origin, np.stack(scaled), ("random direction", "another random direction"))


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


@checked
def project(origin: Numbers, directions: Numbers, weights: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates (…, 2) of weight vectors (…, n_weights) in a plane, and their distance (…) from it."""
    start = check_array("origin", origin, "n_weights", finite=True)
    along = check_array("directions", directions, 2, len(start), finite=True)
    away = check_array("weights", weights, ..., len(start)) - start
    # A diverged run overflows on its way to the plane.
    with np.errstate(invalid="ignore", over="ignore"):
        coordinates = away @ np.linalg.pinv(along)
        return coordinates, np.linalg.norm(away - coordinates @ along, axis=-1)


def projected(plane: Plane, run: xr.Dataset) -> xr.Dataset:
    """A run as it is seen in the plane: `weights` over (u, v), its own `loss`, and its `distance` from the plane."""
    coordinates, distance = project(plane.origin, plane.directions, run.weights.values)
    lead = run.loss.dims
    return xr.Dataset(
        {"weights": ((*lead, "weight"), coordinates), "loss": (lead, run.loss.values), "distance": (lead, distance)},
        coords={"epoch": run.epoch.values, "weight": ["u", "v"]},
        attrs=run.attrs,
    )
