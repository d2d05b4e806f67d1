"""The epochs at which a run is recorded; no TensorFlow is needed to know them."""

import numpy as np


def recorded_epochs(epochs: int, every: int) -> np.ndarray:
    """Epoch 0, every so many epochs after it, and the last, (R,).

    Example:
        >>> recorded_epochs(10, every=4).tolist()
        [0, 4, 8, 10]
    """
    return np.unique(np.append(np.arange(0, epochs, every), epochs))
