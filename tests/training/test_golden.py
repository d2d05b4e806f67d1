"""Sequences that Keras publishes for its optimizers come out of the engine.

The numbers are those of `test_correctness_with_golden` in keras/src/optimizers/*_test.py of Keras 3.15: ten weights of
1 take a step along a gradient of 0.01, then steps along gradients of 0.1, 0.2, … 1.0. Here stand the first and the last
weight after five steps.
"""

from collections.abc import Callable

import numpy as np
import pytest

from tfreg.backend import keras, tf
from tfreg.datasets import Dataset
from tfreg.problem.problem import Problem
from tfreg.training import program as engine
from tfreg.training.steps import Shape

Optimizer = keras.optimizers.Optimizer
GRADIENTS = np.array([np.full(10, 0.01), *[np.arange(1, 11) / 10] * 4])

GOLDEN: dict[str, tuple[Callable[[], Optimizer], float, float]] = {
    "SGD": (lambda: keras.optimizers.SGD(nesterov=True), 0.9959, 0.9599),
    "RMSprop": (lambda: keras.optimizers.RMSprop(centered=True), 0.9864, 0.9864),
    "Adam": (lambda: keras.optimizers.Adam(amsgrad=True), 0.9955, 0.9955),
    "AdamW": (lambda: keras.optimizers.AdamW(1.0, weight_decay=0.5, epsilon=2), 0.0263, -0.0159),
    "Adamax": (lambda: keras.optimizers.Adamax(0.2, beta_1=0.85, beta_2=0.95, epsilon=1e-6), 0.1933, 0.2126),
    "Nadam": (lambda: keras.optimizers.Nadam(0.5, beta_1=0.5, beta_2=0.67, epsilon=1e-5), -1.7492, -1.7454),
    "Adagrad": (lambda: keras.optimizers.Adagrad(0.2, initial_accumulator_value=0.3, epsilon=1e-6), 0.856, 0.4825),
    "Adadelta": (lambda: keras.optimizers.Adadelta(1.0, rho=0.8, epsilon=1e-6), 0.9849, 0.9849),
    "Adafactor": (
        lambda: keras.optimizers.Adafactor(
            0.5, beta_2_decay=-0.65, epsilon_1=1e-15, epsilon_2=1e-4, clip_threshold=0.9, relative_step=False
        ),
        0.0554,
        0.0545,
    ),
    "Ftrl": (
        lambda: keras.optimizers.Ftrl(
            0.05,
            learning_rate_power=-0.2,
            initial_accumulator_value=0.4,
            l1_regularization_strength=0.05,
            l2_regularization_strength=0.15,
            l2_shrinkage_regularization_strength=0.01,
            beta=0.3,
        ),
        -0.0164,
        -0.1299,
    ),
    "Lion": (keras.optimizers.Lion, 0.995, 0.995),
    "Lamb": (keras.optimizers.Lamb, 0.9955, 0.9955),
}


def along(gradients: np.ndarray) -> Problem:
    """A problem whose gradient in the biases at sample k is row k, whatever the weights: loss = y · bias, inputs 0."""
    layers = [keras.Input((1,)), keras.layers.Dense(gradients.shape[1])]
    data = Dataset("gradients", np.zeros((len(gradients), 1)), gradients)
    return Problem(keras.Sequential(layers), lambda y, p: tf.reduce_sum(y * p), data)


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("n_starts", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_the_sequences_of_keras_come_out_of_the_engine(name: str, n_starts: int) -> None:
    make, first, last = GOLDEN[name]
    problem, optimizer = along(GRADIENTS), make()
    start = np.append(np.zeros(10), np.ones(10))
    program = engine.program(problem, optimizer, n_starts, Shape(2, batch_size=1))
    starts = np.tile(start, (n_starts, 1))
    rates = np.full((n_starts, 1), float(optimizer.learning_rate))
    result = program.run(
        problem, starts, program.fresh_states(starts), rates, np.array([0, 1]), lambda _: np.arange(len(GRADIENTS))
    )
    biases = result.weights[:, -1, 10:]
    # As exactly as Keras asks of itself, whose numbers have four digits.
    np.testing.assert_allclose(biases[:, [0, -1]], [[first, last]] * n_starts, rtol=5e-4, atol=5e-4)
