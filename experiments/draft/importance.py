"""The importance of the inputs of a logistic regression, by three measures side by side."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def importance(names: Sequence[str], weights: np.ndarray, inputs: np.ndarray, hessian: np.ndarray) -> pd.DataFrame:
    """A row for each input: its weight, the standard error of that, and the weight times the spread of the input.

    The columns are `weight`, which counts per unit of the input; `standard error`, the root of the diagonal of the
    inverse Hessian of the summed cross-entropy; and `weight x spread`, the weight times the standard deviation of the
    input, which is the weight of the standardised input.

    Args:
        names: of the inputs.
        weights: array (n_inputs,).
        inputs: array (n_samples, n_inputs).
        hessian: of the summed cross-entropy, (n, n), the inputs first.

    Example:
        >>> importance(["points"], np.array([-0.2]), np.array([[0.0], [10]]), np.array([[4.0]])).values.tolist()
        [['points', -0.2, 0.5, -1.0]]
    """
    errors = np.sqrt(np.diag(np.linalg.inv(hessian)))[: len(names)]
    return pd.DataFrame(
        {"input": names, "weight": weights, "standard error": errors, "weight x spread": weights * inputs.std(axis=0)}
    )


def ranking(table: pd.DataFrame, column: str) -> list[str]:
    """The inputs from the least to the greatest size of a column."""
    return table.input[table[column].abs().argsort()].tolist()
