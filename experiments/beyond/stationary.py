"""A proof, up to rounding, that the MSE of a logistic model has one stationary point in a box of its weights.

Conventions: the loss is f(w) = mean (p - y)^2 with p = sigmoid(x·w); g is its gradient, H its Hessian. At a distance of
at most r from a point, p (1 - p) grows by a factor of at most exp(r |x|), so third derivatives have a bound T. Hence
|g| >= |g(c)| - |H(c)| r - T r^2 / 2 within r of a point c, and no eigenvalue of H falls by more than T r.
"""

import numpy as np

from tfreg import Problem, datasets

Box = tuple[tuple[float, float], tuple[float, float]]


def third_derivative_bound(problem: Problem, weights: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The bound T (n,) on the third derivatives in any direction within a radius (n,) of weights (n, n_weights).

    The third derivative of (p - y)^2 by x·w is 2 (3 p' p'' + (p - y) p'''), where p' = p (1 - p) bounds p'' and p'''.
    """
    size = np.linalg.norm(problem.dataset.inputs, axis=1)
    p = datasets.sigmoid(weights @ problem.dataset.inputs.T)
    slope = np.minimum(p * (1 - p) * np.exp(radius[:, np.newaxis] * size), 0.25)
    return np.mean(2 * (3 * slope**2 + slope) * size**3, axis=1)


def without_stationary_point(problem: Problem, centers: np.ndarray, radius: float) -> np.ndarray:
    """For each center (n, 2) whether the gradient is certainly not zero within the radius of it."""
    gradient = np.linalg.norm(problem.gradient_at(centers), axis=1)
    hessian = np.abs(np.linalg.eigvalsh(problem.hessian_at(centers))).max(axis=1)
    third = third_derivative_bound(problem, centers, np.full(len(centers), radius))
    return gradient > hessian * radius + third * radius**2 / 2


def proven_cells(problem: Problem, minimum: np.ndarray, box: Box, step: float = 0.25, halvings: int = 16) -> int | None:
    """The number of cells that prove that the box has no other stationary point than the minimum; None if they do not.

    Cells in which the gradient may be zero are cut into four again, until those that are left lie in a ball around the
    minimum in which the loss is strictly convex: there the minimum is the only one.

    Args:
        problem: a logistic model of two weights with the MSE, in float64.
        minimum: where the gradient is zero, (2,).
        box: the first and the last value of each weight.
        step: the size of the first cells; it divides the box.
        halvings: how often the cells may be cut.
    """
    sides = [np.arange(low, high, step) + step / 2 for low, high in box]
    centers, n_cells = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 2), 0
    lowest = np.linalg.eigvalsh(problem.hessian_at(minimum))[0]
    for _ in range(halvings):
        n_cells += len(centers)
        centers = centers[~without_stationary_point(problem, centers, step / np.sqrt(2))]
        ball = np.linalg.norm(centers - minimum, axis=1).max(initial=0) + step / np.sqrt(2)
        if lowest > third_derivative_bound(problem, minimum[np.newaxis], np.array([ball]))[0] * ball:
            return n_cells
        step /= 2
        quarters = step / 2 * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
        centers = (centers[:, np.newaxis] + quarters).reshape(-1, 2)
    return None
