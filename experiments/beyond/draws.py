"""Many draws of the notebook's data in one Keras model, each with weights of its own, trained by the perceptron rule.

Conventions: the weights of a draw are its kernel (10,) and its bias; the model has all kernels first, then all biases.
"""

import numpy as np

from tfreg import Problem, datasets

import keras
import tensorflow as tf
from keras.layers import EinsumDense

START = [*np.random.RandomState(22).rand(10), 0.0]


@tf.custom_gradient
def perceptron(y, logits):
    """The share of errors, with the notebook's gradient: each wrong point pulls with the weight 1 / 1000."""
    errors = tf.cast(logits > 0, logits.dtype) - y
    return tf.reduce_mean(abs(errors)), lambda upstream: (None, errors / 1000)


def problem(n_draws: int) -> Problem:
    """The problem of the first draws, by the seeds 0, 1, …, side by side."""
    draws = datasets.thresholded_draws(n_draws)
    each = EinsumDense("dfn,df->dn", 1000, bias_axes="d")
    return Problem(keras.Sequential([keras.Input(batch_shape=draws.inputs.shape), each]), perceptron, draws)


def start(n_draws: int) -> np.ndarray:
    """The notebook's start for every draw, (11 * n_draws,)."""
    return np.concatenate([np.tile(START[:10], n_draws), np.zeros(n_draws)])


def by_draw(weights: np.ndarray, n_draws: int) -> np.ndarray:
    """Weights (n_epochs, 11 * n_draws) of the model as (n_epochs, n_draws, 11), the bias last.

    Example:
        >>> by_draw(start(2)[np.newaxis], 2).shape
        (1, 2, 11)
    """
    kernels = weights[:, : 10 * n_draws].reshape(-1, n_draws, 10)
    return np.concatenate([kernels, weights[:, 10 * n_draws :, np.newaxis]], axis=2)
