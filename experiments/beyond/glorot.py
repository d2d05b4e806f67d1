"""The values that Keras's Glorot-uniform initialiser can draw in float32: the evidence for where a start came from."""

import numpy as np
import pandas as pd


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


def drawable_table(start: str, kernel: tuple[float, ...], size: int) -> pd.DataFrame:
    """A row for each value of a kernel: the nearest value that can be drawn, and if it is the same float32 number.

    Args:
        start: the name of the start, for the first column.
        kernel: (n,).
        size: the number of inputs plus the number of units of its layer.

    Example:
        >>> drawable_table("mine", (0.52757335, 0.5275735), size=3).drawable.tolist()
        [True, False]
    """
    value = np.array(kernel, np.float32)
    nearest, uniform, chance = nearest_drawable(value, np.sqrt(6 / size))
    away = np.abs(value - nearest) / np.spacing(np.abs(value))
    columns = {"value": value, "nearest": nearest, "uniform": uniform, "ulps away": away}
    return pd.DataFrame({"start": start, **columns, "drawable": value == nearest, "chance": chance})
