"""The values that Keras's Glorot-uniform initialiser can draw in float32: the evidence for where a start came from."""

import numpy as np


def nearest_drawable(weights: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest values that the initialiser can draw.

    TensorFlow draws 2 u limit - limit from a uniform u = k / 2^23 with a whole k, so what it draws lies on a lattice,
    which is coarser than the float32 numbers are.

    Args:
        weights: (n,).
        limit: sqrt(6 / (inputs + units)).

    Returns:
        The nearest values of the lattice, their u, and for each weight the chance that a float32 number of its size
        lies on the lattice.

    Example:
        >>> nearest_drawable(np.array([0.52757335, 0.5275735]), 2**0.5)[0].tolist()  # the first is one, the second none
        [0.5275733470916748, 0.5275733470916748]
    """
    scale = np.float32(limit)
    k = np.rint((np.asarray(weights, np.float64) / float(scale) + 1) / 2 * 2**23)
    nearest = (k / 2**23).astype(np.float32) * (2 * scale) - scale
    chance = np.spacing(np.abs(nearest)) / (2 * float(scale) / 2**23)
    return nearest, k / 2**23, np.minimum(chance, 1)
