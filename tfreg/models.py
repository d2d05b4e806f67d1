"""Keras Sequential builders for the nets of the suite.

Conventions: every model is built (its weights exist), starts from zeros where a bias is and from Keras's Glorot
initialiser elsewhere, and names its layers, so that weight labels such as `hidden/kernel[0,1]` stay the same from
one process to the next. `dtype` is float32 as in Keras, or float64.
"""

import numpy as np

from tfreg.backend import keras
from tfreg.checks.errors import InputError, unknown
from tfreg.checks.kinds import Array, Count, checked
from tfreg.checks.values import check_array

_DTYPES = ("float32", "float64")


def _sequential(n_features: int, layers: list, dtype: str) -> keras.Sequential:
    return keras.Sequential([keras.Input((n_features,), dtype=dtype), *layers])


def _check_dtype(dtype: str) -> None:
    if dtype not in _DTYPES:
        raise unknown("dtype", dtype, _DTYPES)


@checked
def logistic(n_features: Count, bias: bool = False, dtype: str = "float32") -> keras.Sequential:
    """Logistic regression: sigmoid(x @ kernel + bias), the bias only if asked for.

    Example:
        >>> logistic(2).count_params()
        2
    """
    _check_dtype(dtype)
    layer = keras.layers.Dense(1, use_bias=bias, activation="sigmoid", name="logistic", dtype=dtype)
    return _sequential(n_features, [layer], dtype)


@checked
def line(dtype: str = "float32") -> keras.Sequential:
    """A straight line: x * kernel + bias.

    Example:
        >>> line().count_params()
        2
    """
    _check_dtype(dtype)
    return _sequential(1, [keras.layers.Dense(1, name="line", dtype=dtype)], dtype)


@checked
def relu_net(n_units: Count, dtype: str = "float32") -> keras.Sequential:
    """One hidden layer of ReLUs and a linear output: relu(x @ kernel + bias) @ output kernel + output bias.

    Example:
        >>> [layer.count_params() for layer in relu_net(2).layers]
        [4, 0, 3]
    """
    _check_dtype(dtype)
    layers = [
        keras.layers.Dense(n_units, name="hidden", dtype=dtype),
        # A separate layer, so that the linear outputs can be inspected.
        keras.layers.Activation("relu", name="relu", dtype=dtype),
        keras.layers.Dense(1, name="output", dtype=dtype),
    ]
    return _sequential(1, layers, dtype)


@checked
def holding(model: keras.Sequential, weights: Array) -> keras.Sequential:
    """A copy of the model that holds the weight vector (n_weights,), to draw or to save."""
    if not model.built:
        raise InputError(
            "model: expected a built one, got one without weights; begin it with keras.Input((n_features,))"
        )
    copy = keras.models.clone_model(model)
    sizes = [int(np.prod(variable.shape)) for variable in copy.trainable_variables]
    parts = np.split(check_array("weights", weights, sum(sizes)), np.cumsum(sizes)[:-1])
    for variable, part in zip(copy.trainable_variables, parts, strict=True):
        variable.assign(part.reshape(variable.shape))
    return copy
