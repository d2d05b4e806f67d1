"""Nets with one hidden layer of ReLUs on the lecture's bent line: the problem, many trainings at once, dead units.

Conventions: a unit is dead where relu(x * kernel + bias) is zero for every input: no gradient reaches its weights, nor
does its output weight matter.
"""

import numpy as np

from tfreg import Problem, datasets, losses, models, train

from keras.optimizers import Optimizer


def problem(n_units: int) -> Problem:
    """The problem of `n_units` ReLUs on the bent line, with the MSE."""
    return Problem(models.relu_net(n_units), losses.mse, datasets.piecewise())


def end_losses(problem: Problem, optimizer: Optimizer, epochs: int, starts: object) -> np.ndarray:
    """The losses (S,) after training from many starts (S, n_weights)."""
    return train(problem, optimizer, epochs, starts, record_every=epochs).loss.values[:, -1]


def n_dead_units(problem: Problem, weights: np.ndarray) -> np.ndarray:
    """The number (S,) of dead units at each of many weight vectors (S, n_weights)."""
    n_units = problem.shapes[0][1]
    kernels, biases = weights[:, np.newaxis, :n_units], weights[:, np.newaxis, n_units : 2 * n_units]
    return (problem.dataset.inputs * kernels + biases <= 0).all(axis=1).sum(axis=1)


def log_by_share(losses: np.ndarray, percent: np.ndarray) -> np.ndarray:
    """The logarithm (base 10) of the loss below which each percentage (n,) of the starts ends."""
    return np.log10(np.quantile(losses, percent / 100))
