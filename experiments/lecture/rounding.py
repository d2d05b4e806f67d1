"""Float32 rounding: where a descent stalls, and how far its end depends on the order of a sum.

Conventions: an ulp is the distance from a float32 number to the next. A sum is rounded to the nearest number, so a step
of less than half an ulp changes nothing: the descent stalls although the gradient is not zero.
"""

import numpy as np

from tfreg import Problem, train

from keras.optimizers import Optimizer


def half_ulps(step: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The size of a step from float32 weights, in halves of an ulp of each weight: below 1 it is rounded away.

    Example:
        >>> half_ulps(np.array([1e-8, 1e-7]), np.array([1.0, 1.0])).round(2).tolist()
        [0.17, 1.68]
    """
    return np.abs(step) / (np.spacing(np.abs(np.asarray(weights, np.float32))) / 2)


def order_scatter(problem: Problem, optimizer: Optimizer, epochs: int, start: object, n_orders: int = 8) -> np.ndarray:
    """The range (n_weights,) of the final weights over trainings with the samples in `n_orders` other orders.

    The loss does not depend on the order, but the rounding of its sums does: a difference of this size between two
    programs or processors is no difference in what was computed.
    """
    n_samples = len(problem.dataset.inputs)
    ends = [
        train(problem, optimizer, epochs, start, record_every=epochs, batch_size=n_samples, seed=seed).weights.values
        for seed in range(n_orders)
    ]
    return np.ptp(np.stack(ends)[:, -1], axis=0)


def start_scatter(problem: Problem, optimizer: Optimizer, epochs: int, start: object, shift: float) -> np.ndarray:
    """The range (n_weights,) of the final weights over 100 starts that differ from one by a normal shift of this size.

    Biases of zero stay zero. Where a descent stalls depends on where it comes from.
    """
    shifts = np.random.default_rng(0).normal(scale=shift, size=(100, problem.n_weights))
    starts = np.asarray(start) + shifts * (np.asarray(start) != 0)
    return np.ptp(train(problem, optimizer, epochs, starts, record_every=epochs).weights.values[:, -1], axis=0)


def apart(scatter: np.ndarray) -> str:
    """A scatter (n_weights,) as the reason why digits differ."""
    distances = ", ".join(f"{distance:.1e}" for distance in scatter)
    return f"float32: with the samples in other orders the weights end up {distances} apart"
