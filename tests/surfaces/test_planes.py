"""Planes through weight space: that they go through what they should, and that loss and distance on them are right."""

import numpy as np
import pytest
import xarray as xr
from conftest import Refused
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfreg import losses, models, train
from tfreg.backend import keras
from tfreg.datasets import Dataset, piecewise
from tfreg.problem.problem import Problem
from tfreg.surfaces import Plane, grid, loss_surface, plane_through, principal_plane, project, random_plane

N_WEIGHTS = 7
vectors = arrays(np.float64, N_WEIGHTS, elements=st.floats(-10, 10, width=32))
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem(models.relu_net(2, "float64"), losses.mse, piecewise())


@pytest.fixture(scope="module")
def runs(problem: Problem) -> xr.Dataset:
    return train(problem, "sgd:0.1", 40, problem.random_starts(2, seed=1))


def as_run(weights: np.ndarray) -> xr.Dataset:
    return xr.Dataset({"weights": (("epoch", "weight"), weights), "loss": ("epoch", np.zeros(len(weights)))})


def random_points(seed: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, N_WEIGHTS))


@given(seeds)
def test_three_points_lie_in_their_plane(seed: int) -> None:
    points = random_points(seed)
    plane = plane_through(*points)
    coordinates, distance = project(plane.origin, plane.directions, points)
    np.testing.assert_allclose(distance, 0, atol=1e-12)
    np.testing.assert_allclose(plane.weights(coordinates), points, atol=1e-12)
    assert coordinates[0].tolist() == [0, 0]
    assert coordinates[1, 1] == pytest.approx(0, abs=1e-12)
    assert coordinates[1, 0] > 0


@given(seeds)
def test_distances_in_an_orthonormal_plane_are_distances_in_weight_space(seed: int) -> None:
    points = random_points(seed)
    plane = plane_through(*points)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    coordinates, _ = project(plane.origin, plane.directions, points)
    np.testing.assert_allclose(
        np.linalg.norm(coordinates[1] - coordinates[2]), np.linalg.norm(points[1] - points[2]), rtol=1e-12
    )


@given(seeds, vectors)
def test_projection_is_the_nearest_point(seed: int, weights: np.ndarray) -> None:
    """Also in a plane whose directions are neither orthogonal nor of length 1: what is left is orthogonal to both."""
    plane = Plane(np.ones(N_WEIGHTS), random_points(seed, 2))
    coordinates, distance = project(plane.origin, plane.directions, weights)
    left = weights - plane.weights(coordinates)
    np.testing.assert_allclose(plane.directions @ left, 0, atol=1e-9)
    assert distance == pytest.approx(np.linalg.norm(left))


def test_points_on_a_line_are_refused(refused: Refused) -> None:
    with refused("parallel"):
        plane_through(np.zeros(3), np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.6, 0.9]))
    with refused("parallel"):
        plane_through(np.zeros(3), np.zeros(3), np.ones(3))
    with refused("directions: expected numbers of shape (2, 3), got shape (2, 4)"):
        Plane(np.zeros(3), np.ones((2, 4)))


@given(seeds, arrays(np.float64, (9, 2), elements=st.floats(-10, 10, width=32)))
def test_pca_of_a_planar_path_loses_nothing(seed: int, coordinates: np.ndarray) -> None:
    coordinates[:3] = (0, 0), (1, 0), (0, 1)  # never a line
    path = Plane(np.ones(N_WEIGHTS), random_points(seed, 2)).weights(coordinates)
    plane = principal_plane({"one": as_run(path[:4]), "other": as_run(path[4:])})
    there, distance = project(plane.origin, plane.directions, path)
    np.testing.assert_allclose(distance, 0, atol=1e-9)
    np.testing.assert_allclose(plane.weights(there), path, atol=1e-9)
    assert np.var(there[:, 0]) >= np.var(there[:, 1])
    shares = [int(label.split("(")[1].removesuffix(" %)")) for label in plane.labels]
    assert sum(shares) in (99, 100, 101)


def test_pca_leaves_less_than_any_other_plane(runs: xr.Dataset) -> None:
    points = runs.weights.values.reshape(-1, N_WEIGHTS)
    principal = principal_plane(runs)
    best = project(principal.origin, principal.directions, points)[1]
    assert best.max() > 0.01  # these paths are not planar
    for seed in range(20):
        other = Plane(points.mean(axis=0), random_points(seed, 2))
        assert (best**2).sum() < (project(other.origin, other.directions, points)[1] ** 2).sum()


def filters(weights: np.ndarray, n_inputs: int, n_units: int) -> np.ndarray:
    """What comes into each unit of a net with one hidden layer and one output, bias included: one row a unit."""
    kernel, bias, output, last = np.split(weights, np.cumsum([n_inputs * n_units, n_units, n_units]))
    hidden = np.vstack([kernel.reshape(n_inputs, n_units), bias]).T
    lengths = [*np.linalg.norm(hidden, axis=1), np.linalg.norm([*output, *last])]
    return np.array(lengths)


@pytest.mark.parametrize(("n_inputs", "n_units"), [(1, 2), (3, 5)])
def test_filter_norms_match(n_inputs: int, n_units: int) -> None:
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((n_inputs,)), dense(n_units, "tanh"), dense(1)])
    random = np.random.default_rng(0)
    data = Dataset("random", random.normal(size=(8, n_inputs)), random.normal(size=8))
    problem = Problem(model, losses.mse, data)
    center = random.normal(size=problem.n_weights)
    plane = random_plane(problem, 3, center)
    expected = filters(center.astype(np.float32), n_inputs, n_units)
    for direction in plane.directions:
        np.testing.assert_allclose(filters(direction, n_inputs, n_units), expected, rtol=1e-6)
    assert project(plane.origin, plane.directions, plane.origin)[0].tolist() == [0, 0]


def test_a_random_plane_is_decided_by_its_seed(problem: Problem) -> None:
    center = np.ones(N_WEIGHTS)
    one, same, other = (random_plane(problem, seed, center).directions for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


@pytest.mark.parametrize("limit", [2**22, 10 * N_WEIGHTS], ids=["in one part", "in many parts"])
def test_the_surface_is_the_loss_at_the_points_of_the_plane(
    problem: Problem, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfreg.surfaces.surface._NUMBERS_AT_ONCE", limit)
    plane = plane_through(*random_points(5), labels=("along", "across"))
    surface = loss_surface(problem, grid(u=(-1, 1, 0.25), v=(0, 2, 0.2)), plane=plane)
    assert surface.loss.dims == ("u", "v")
    assert surface.loss.shape == (8, 10)
    weights = surface.origin.values + np.array([surface.u[3], surface.v[7]]) @ surface.directions.values
    assert float(surface.loss[3, 7]) == pytest.approx(float(problem.loss_at(weights)), rel=1e-12)
    assert surface.u.attrs["long_name"] == "along"
    assert tuple(surface.weight.values) == problem.labels


def test_a_surface_over_other_names_is_refused(problem: Problem, refused: Refused) -> None:
    with refused("a grid of u and v"):
        loss_surface(problem, grid(w0=(0, 1, 0.5), w1=(0, 1, 0.5)), plane=plane_through(*random_points(5)))


@pytest.mark.parametrize("n_points", [1, 5])
def test_the_principal_plane_of_a_line_or_a_point_is_completed_by_axes(n_points: int) -> None:
    path = 3.0 + np.arange(n_points)[:, np.newaxis] * np.array([0, 1.0, 2, 0])
    plane = principal_plane(as_run(path))
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(project(plane.origin, plane.directions, path)[1], 0, atol=1e-12)
    assert plane.labels[1] == "second principal direction (0 %)"
