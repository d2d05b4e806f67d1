"""What the experiments with ReLU nets share: the net on the bent line, its curves unit by unit, and its dead units.

Conventions: nets are those of `models.relu_net`, with the layers `hidden`, `relu` and `output`. A unit is dead where
relu(x * kernel + bias) is zero for every input: no gradient reaches its weights, nor does its output weight matter.
"""

from functools import cache

import numpy as np

from tfreg import datasets, losses, models
from tfreg.optimizers import Optimizer
from tfreg.problem import Problem
from tfreg.training import train

Panels = dict[str, dict[str, np.ndarray]]


@cache
def problem(n_units: int, dtype: str = "float32") -> Problem:
    """So many ReLUs on the bent line of the lecture, with the MSE.

    Made once, so that the experiments that share it share its compiled programs too.
    """
    return Problem(models.relu_net(n_units, dtype), losses.mse, datasets.piecewise())


def panels(problem: Problem, weights: np.ndarray) -> Panels:
    """How the fit at one weight vector comes about, step by step, each step with its curves (n_samples,) by unit."""
    outputs = problem.layer_outputs_at(weights)
    output = models.holding(problem.model, weights).layers[-1]
    terms = outputs["relu"] * output.kernel.numpy()[:, 0]
    terms[:, -1] += output.bias.numpy()
    return {
        "l1(x)": _by_unit(outputs["hidden"]),
        "relu(l1(x))": _by_unit(outputs["relu"]),
        "times output weight, bias on the last": _by_unit(terms),
        "sum": {"fit": outputs["output"][:, 0]},
    }


def _by_unit(columns: np.ndarray) -> dict[str, np.ndarray]:
    return {f"unit {number}": values for number, values in enumerate(columns.T, start=1)}


def end_losses(problem: Problem, optimizer: Optimizer, epochs: int, starts: object) -> np.ndarray:
    """The losses (S,) after training from many starts (S, n_weights)."""
    return train(problem, optimizer, epochs, starts, record_every=epochs).loss.values[:, -1]


def largest_inputs(problem: Problem, weights: object) -> np.ndarray:
    """The largest x * kernel + bias of each hidden unit over all inputs, (…, n_units) for weights (…, n_weights)."""
    x, array = problem.dataset.inputs, np.asarray(weights)
    n_features, n_units = problem.shapes[0]
    kernel = array[..., : n_features * n_units].reshape(*array.shape[:-1], n_features, n_units)
    bias = array[..., n_features * n_units : (n_features + 1) * n_units]
    return (x @ kernel).max(axis=-2) + bias


def dead_units(problem: Problem, weights: object) -> np.ndarray:
    """How many hidden units are dead at weights (…, n_weights), shape (…)."""
    return (largest_inputs(problem, weights) <= 0).sum(axis=-1)
