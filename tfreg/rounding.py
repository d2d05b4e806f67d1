"""What float32 numbers tell: where a descent stalls, how far its end depends on the order of a sum, who drew a weight.

Conventions: an ulp is the distance from a float32 number to the next. A number is rounded to the nearest one, so a step
of less than half an ulp changes nothing: the descent stalls although the gradient is not zero.
"""

import numpy as np

from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training.train import train


def in_half_ulps(step: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The size of a step from float32 weights, in halves of an ulp of each weight: below 1 it is rounded away.

    Example:
        >>> in_half_ulps(np.array([1e-8, 1e-7]), np.array([1.0, 1.0])).round(2).tolist()
        [0.17, 1.68]
    """
    return np.abs(step) / (np.spacing(np.abs(np.asarray(weights, np.float32))) / 2)


def order_scatter(problem: Problem, optimizer: Optimizer, epochs: int, start: object, n_orders: int = 8) -> np.ndarray:
    """How far apart the same full-batch training ends for each weight when the samples come in other orders.

    The loss does not depend on the order, but the rounding of its sums does: a difference of this size between two
    programs or processors is no difference in what was computed.

    Returns:
        The range (n_weights,) of the final weights over so many random sequences of orders.
    """
    n_samples = len(problem.dataset.inputs)
    ends = [
        train(problem, optimizer, epochs, start, record_every=epochs, batch_size=n_samples, seed=seed).weights.values
        for seed in range(n_orders)
    ]
    return np.ptp(np.stack(ends)[:, -1], axis=0)


def glorot_lattice(weights: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest values that TensorFlow's Glorot-uniform initialiser can draw in float32.

    It draws 2 u limit - limit from a uniform u = k / 2^23 with a whole k, so what it draws lies on a lattice, which is
    coarser than the float32 numbers are.

    Returns:
        The nearest values of the lattice, their u, and for each weight the chance that a float32 number of its size
        lies on the lattice.

    Example:
        >>> glorot_lattice(np.array([0.52757335, 0.5275735]), 2**0.5)[0].tolist()  # the first is one, the second none
        [0.5275733470916748, 0.5275733470916748]
    """
    scale = np.float32(limit)
    k = np.rint((np.asarray(weights, np.float64) / float(scale) + 1) / 2 * 2**23)
    nearest = (k / 2**23).astype(np.float32) * (2 * scale) - scale
    chance = np.spacing(np.abs(nearest)) / (2 * float(scale) / 2**23)
    return nearest, k / 2**23, np.minimum(chance, 1)
