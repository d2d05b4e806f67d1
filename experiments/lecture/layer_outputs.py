"""A net with hidden ReLUs layer by layer: its summary, and its outputs as experiments 3 and 4 draw them.

Conventions: the net is Dense "l1" – Activation "a1" – Dense "l2" with one output.
"""

import numpy as np
import pandas as pd

from tfreg import Problem, draw

from keras import Sequential

Panels = dict[str, dict[str, np.ndarray]]

STYLES = {
    "x": draw.Style("#7F7F7F", ":", width=1.6),
    "unit 1": draw.Style("#0072B2"),
    "unit 2": draw.Style("#E69F00"),
    "fit": draw.Style("#009E73"),
}


def steps(problem: Problem, weights: np.ndarray) -> Panels:
    """The outputs of each layer at one weight vector: by step, the curves (n_samples,) of its units.

    The step between the ReLUs and the fit is the contribution of each unit: its output times its output weight. The
    output bias is added to that of the last unit.
    """
    outputs = problem.layer_outputs_at(weights)
    n_units = outputs["a1"].shape[1]
    output_weights, output_bias = weights[-1 - n_units : -1], weights[-1]
    terms = outputs["a1"] * output_weights + output_bias * (np.arange(n_units) == n_units - 1)
    return {
        "l1(x)": _by_unit(outputs["l1"]),
        "relu(l1(x))": _by_unit(outputs["a1"]),
        "times output weight, bias on the last": _by_unit(terms),
        "sum": {"fit": outputs["l2"][:, 0]},
    }


def summary(net: Sequential) -> tuple[pd.DataFrame, list[int]]:
    """The table that Keras prints as `net.summary()`, and its numbers.

    The numbers are the outputs of each layer, its parameters, and the totals of all, trainable and other parameters.
    """
    rows = [(layer.name, type(layer).__name__, layer.output.shape[1], layer.count_params()) for layer in net.layers]
    table = pd.DataFrame(rows, columns=["layer", "type", "outputs", "parameters"])
    trainable = sum(int(np.prod(variable.shape)) for variable in net.trainable_variables)
    totals = [net.count_params(), trainable, net.count_params() - trainable]
    return table, [*table.outputs, *table.parameters, *totals]


def _by_unit(columns: np.ndarray) -> dict[str, np.ndarray]:
    return {f"unit {number}": values for number, values in enumerate(columns.T, start=1)}
