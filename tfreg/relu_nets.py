"""What the experiments with ReLU nets share: the net on the bent line, its curves unit by unit, and its dead units.

Conventions: nets are those of `models.relu_net`, with the layers `hidden`, `relu` and `output`. A unit is dead where
relu(x * kernel + bias) is zero for every input: no gradient reaches its weights, nor does its output weight matter.
"""

from functools import cache

import numpy as np
import pandas as pd
import xarray as xr

from tfreg import datasets, losses, models
from tfreg.backend import keras
from tfreg.comparison.intervals import wilson_interval
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training.train import train

Panels = dict[str, dict[str, np.ndarray]]

# The lecture's start of experiment 3, and one that leads to the minimum where it sticks in experiment 4.
GOOD_START = (0.98630846, 0.59210145, 0.0, 0.0, 0.52757335, 0.33660662, 0.0)  # of the lecture's experiment 3
STUCK_START = (1.2112860076336143, 0.8289394964303682, 0.0, 0.0, 0.8249694085207023, -0.9087077080084475, 0.0)


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


def levels(problem: Problem) -> dict[str, float]:
    """The losses of the places where the two-ReLU net comes to rest: the lecture's two minima, a line, a constant."""
    x, y = problem.dataset.inputs[:, 0], problem.dataset.targets[:, 0]
    good, stuck = end_losses(problem, keras.optimizers.SGD(0.1), 10000, np.array([GOOD_START, STUCK_START]))
    line = np.polyfit(x, y, 1, full=True)[1][0] / len(x)
    return {
        "good minimum reached": float(good),
        "one dead unit": float(stuck),
        "a line": float(line),
        "a constant": float(y.var()),
    }


def ends_table(result: xr.Dataset, levels: dict[str, float]) -> pd.DataFrame:
    """A row for each optimizer: of how many starts which share ended at which of the levels, or elsewhere.

    The first level counts as reached within 5 % or below, the others within 0.1 %.
    """
    (best, height), *others = levels.items()
    rows = []
    for name in result.optimizer.values.tolist():
        ends = result.final_loss.sel(optimizer=name).values
        shares = {best: ends <= 1.05 * height} | {
            kind: np.isclose(ends, level, rtol=1e-3) for kind, level in others if level > 1.05 * height
        }
        n_good = int(shares[best].sum())
        low, high = wilson_interval(n_good, len(ends))
        row = {kind: float(which.mean()) for kind, which in shares.items()}
        rows.append(
            {"optimizer": name, "starts": len(ends), **row, "elsewhere": 1 - sum(row.values()), "from": low, "to": high}
        )
    return pd.DataFrame(rows)
