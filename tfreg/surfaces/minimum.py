"""The lowest loss of a problem, as the mark that optimizers are measured by."""

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize

from tfreg import models
from tfreg.errors import InputError
from tfreg.problem.problem import Problem


def lowest_loss(problem: Problem, starts: np.ndarray, n_descents: int = 8) -> float:
    """The lowest loss that L-BFGS-B (SciPy) reaches from the best of some starts, weights of zero among them.

    For a convex problem that is its minimum, to the precision of its dtype. Where there are many minima, it is the
    lowest of those found, and an optimizer may well find a lower one.

    Args:
        problem: what is minimised.
        starts: weight vectors (S, n_weights).
        n_descents: how many of the starts are descended from.

    Raises:
        InputError: the loss is not finite at any start.

    Example:
        >>> problem = Problem(models.logistic(2), losses.bce, datasets.bernoulli_line())
        >>> round(lowest_loss(problem, np.zeros((1, 2))), 4)
        0.4122
    """
    candidates = np.concatenate([np.zeros((1, problem.n_weights)), starts])
    heights = problem.loss_at(candidates)
    order = np.argsort(np.where(np.isfinite(heights), heights, np.inf))[:n_descents]
    lowest = float(heights[order[0]])
    if not np.isfinite(lowest):
        raise InputError("the loss is not finite at any start, so no minimum is found; begin closer to zero")

    def loss_and_gradient(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = float(problem.loss_at(weights)), problem.gradient_at(weights).astype(np.float64)
        # Where the loss is not finite, a line search has to turn back.
        return (value, gradient) if np.isfinite(value) else (np.inf, np.zeros_like(gradient))

    for start in candidates[order]:
        with np.errstate(invalid="ignore"):
            found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-10})
        if np.isfinite(found.fun):
            lowest = min(lowest, float(found.fun))
    return lowest


def marks(problems: Mapping[str, Problem], share: float = 0.01) -> tuple[dict[str, float], dict[str, float]]:
    """The minimum of each problem, and a tolerance that means the same for all: a share of what there is to gain.

    That is the distance from the loss of weights that are all zero, which make the same prediction for every input,
    to the minimum; losses of other scales, such as MSE and BCE, can be compared by it.
    """
    minimum, tolerance = {}, {}
    for name, problem in problems.items():
        minimum[name] = lowest_loss(problem, models.glorot_starts(problem.model, 64, seed=0))
        tolerance[name] = share * (float(problem.loss_at(np.zeros(problem.n_weights))) - minimum[name])
    return minimum, tolerance
