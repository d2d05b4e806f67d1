"""Plain Keras as a user would write it: what tfreg is compared with."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tfreg.backend import keras
from tfreg.problem.problem import Problem


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Keras's default precision within the block.

    `fit` casts the data to it, and optimizers keep their learning rate in it: without it, 0.1 is 0.10000000149 in a
    float64 model too.
    """
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def copy_of_model(problem: Problem, weights: np.ndarray) -> keras.Sequential:
    """A copy of the problem's model that holds `weights` (n_weights,)."""
    model = type(problem.model).from_config(problem.model.get_config())  # a clone would be a plain Sequential
    model.set_weights(problem.model.get_weights())
    first = 0
    for variable in model.trainable_variables:
        size = int(np.prod(variable.shape))
        variable.assign(np.reshape(weights[first : first + size], variable.shape))
        first += size
    return model


def flat(model: keras.Sequential) -> np.ndarray:
    """The trainable weights as one vector."""
    return np.concatenate([variable.numpy().ravel() for variable in model.trainable_variables])


def steps(optimizer: keras.optimizers.Optimizer, gradients: np.ndarray) -> np.ndarray:
    """What steps along given gradients (steps, ...) make of a variable of ones: its values after each step."""
    variable = keras.Variable(np.ones(gradients.shape[1:], gradients.dtype))
    values = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        values.append(variable.numpy())
    return np.array(values)


def fit(problem: Problem, optimizer: keras.optimizers.Optimizer, start: np.ndarray, steps: int) -> np.ndarray:
    """The weights (steps + 1, n_weights) before and after each full-batch step of `compile` and `fit`.

    The data stand `steps` times in a row, so that one epoch of `fit` takes all steps, and Keras runs eagerly: starting
    epochs and compiling would cost more than everything else. `test_callbacks` compares with epochs of a compiled fit.
    For a float64 problem, call this and make the optimizer within `floatx("float64")`.
    """
    model = copy_of_model(problem, start)
    path = [flat(model)]
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: path.append(flat(model)))
    inputs, targets = (array.astype(problem.dtype) for array in (problem.dataset.inputs, problem.dataset.targets))
    model.compile(optimizer=optimizer, loss=problem.loss, run_eagerly=True)
    model.fit(
        np.tile(inputs, (steps, 1)),
        np.tile(targets, (steps, 1)),
        batch_size=len(inputs),
        shuffle=False,
        verbose=0,
        callbacks=[watch],
    )
    return np.array(path)
