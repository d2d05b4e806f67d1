"""Keras Sequential builders for the nets of the suite.

Conventions: every model is built (its weights exist), starts from zeros where a bias is and from Keras's Glorot
initialiser elsewhere, and names its layers, so that weight labels such as `hidden/kernel[0,1]` stay the same from
one process to the next. `dtype` is float32 as in Keras, or float64.
"""

from tfreg.backend import keras


def _sequential(n_features: int, layers: list, dtype: str) -> keras.Sequential:
    return keras.Sequential([keras.Input((n_features,), dtype=dtype), *layers])


def logistic(n_features: int, bias: bool = False, dtype: str = "float32") -> keras.Sequential:
    """Logistic regression: sigmoid(x @ kernel + bias), the bias only if asked for.

    Example:
        >>> logistic(2).count_params()
        2
    """
    layer = keras.layers.Dense(1, use_bias=bias, activation="sigmoid", name="logistic", dtype=dtype)
    return _sequential(n_features, [layer], dtype)
