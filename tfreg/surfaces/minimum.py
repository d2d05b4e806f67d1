"""The minimum of a problem: its weights, its loss, and a tolerance above it that means the same for every loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, Count, checked

if TYPE_CHECKING:
    from tfreg.problem.problem import Problem

ARRIVED = "arrived is where 1 % of the gap from the loss of zero weights to the minimum is left"


@checked
def minimum_weights(problem: Problem, near: object, steps: Count = 50) -> np.ndarray:
    """The weights (n_weights,) where Newton's method comes to rest, starting at `near`.

    Each step solves H d = -g with the eigenvalues of the Hessian H made positive, so that it goes down from saddles and
    from concave places too, and is halved until the loss falls.

    Raises:
        InputError: the loss at `near` is not finite.

    Example:
        >>> problem = Problem(models.logistic(2), losses.bce, datasets.bernoulli_line())
        >>> minimum_weights(problem, near=(0, 0)).astype(float).round(2).tolist()
        [-1.02, 5.3]
    """
    weights = problem.check_weights(near)
    if not np.isfinite(problem.loss_at(weights)):
        raise InputError(f"minimum_weights: expected to begin where the loss is finite, got {problem.loss_at(weights)}")
    for _ in range(steps):
        _, gradient, hessian = problem.expansion_at(weights)
        if not (np.isfinite(hessian).all() and np.isfinite(gradient).all()):
            break  # as far out on the unclipped BCE of separable data
        values, vectors = np.linalg.eigh(hessian)
        step = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-8))
        # Candidate 0 is the current point.
        candidates = weights + step * np.append(0, 0.5 ** np.arange(24))[:, np.newaxis]
        best = int(np.nanargmin(problem.loss_at(candidates)))
        if best == 0:
            break
        weights = candidates[best].astype(problem.dtype)
    return weights


@checked
def lowest_loss(problem: Problem, starts: Array, n_descents: Count = 8) -> float:
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
        0.3007
    """
    from scipy.optimize import minimize  # takes a while to load

    problem.check_weights(starts, "starts", finite=False)
    candidates = np.concatenate([np.zeros((1, problem.n_weights)), np.atleast_2d(starts)])
    heights = problem.loss_at(candidates)
    order = np.argsort(np.where(np.isfinite(heights), heights, np.inf))[:n_descents]
    lowest = float(heights[order[0]])
    if not np.isfinite(lowest):
        raise InputError("the loss is not finite at any start, so no minimum is found; begin closer to zero")

    def loss_and_gradient(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = problem.loss_and_gradient_at(weights)
        # Where the loss is not finite, a line search has to turn back.
        return (float(value), gradient.astype(np.float64)) if np.isfinite(value) else (np.inf, np.zeros(len(weights)))

    for start in candidates[order]:
        with np.errstate(invalid="ignore"):
            found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-10})
        if np.isfinite(found.fun):
            lowest = min(lowest, float(found.fun))
    return lowest


@checked
def targets(
    problems: Mapping[str, Problem], share: float = 0.01, *, minimum: Mapping[str, float] | None = None
) -> xr.Dataset:
    """The loss that counts as arrived for each problem: a share of what there is to gain above its minimum.

    What there is to gain is the distance from the loss of weights that are all zero, which make the same prediction for
    every input, to the minimum; so losses of other scales, such as MSE and BCE, can be compared.

    Args:
        problems: by name.
        share: of what there is to gain.
        minimum: the lowest loss of those problems for which it is known.

    Returns:
        `minimum(problem)`, as given or the lowest loss from 64 random starts, and `tolerance(problem)`.

    Example:
        >>> targets({"BCE": problem}).minimum.round(4).values.tolist()
        [0.3007]
    """
    minima = [
        minimum[name] if minimum and name in minimum else lowest_loss(problem, problem.random_starts(64, seed=0))
        for name, problem in problems.items()
    ]
    zero = [float(problem.loss_at(np.zeros(problem.n_weights))) for problem in problems.values()]
    tolerances = [share * (loss - lowest) for loss, lowest in zip(zero, minima, strict=True)]
    return xr.Dataset(
        {"minimum": ("problem", minima), "tolerance": ("problem", tolerances)}, coords={"problem": list(problems)}
    )


@checked
def goals(problems: Mapping[str, Problem]) -> dict[str, float]:
    """The loss at which a run has arrived, by problem: the minimum and the tolerance of `targets`; `ARRIVED` says so.

    Example:
        >>> round(goals({"BCE": problem})["BCE"], 4)
        0.3046
    """
    found = targets(problems)
    return dict(zip(problems, (found.minimum + found.tolerance).values.tolist(), strict=True))
