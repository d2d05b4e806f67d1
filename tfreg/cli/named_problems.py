"""The problems of `tfreg compare`: by name, and from a user's table.

Conventions: a name stands for a model and its data; the loss is chosen with it. Classifiers give probabilities and can
be trained with any loss of `tfreg.losses`, nets that fit numbers with the MSE alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tfreg import datasets, losses, models
from tfreg.backend import keras
from tfreg.datasets import Dataset
from tfreg.errors import InputError, unknown
from tfreg.problem.problem import Problem

Ranges = tuple[tuple[float, float], tuple[float, float]]
# Of two weights, each (low, high): logits of inputs of size one that leave no doubt lie within them.
ANY_RANGES: Ranges = ((-10.0, 10.0), (-10.0, 10.0))


@dataclass(frozen=True)
class Named:
    """A model and its data, the losses that it is usually trained with, and the ranges for a grid of starts.

    Attributes:
        model: builds the model.
        dataset: makes the data.
        usual_losses: names of losses.
        ranges: of its two weights; those of `logistic` lie around its minimum at (-1, 5) and on the plateau of the MSE
            far from it.
    """

    model: Callable[[], keras.Sequential]
    dataset: Callable[[], Dataset]
    usual_losses: tuple[str, ...]
    ranges: Ranges = ANY_RANGES


BY_NAME = {
    "logistic": Named(
        lambda: models.logistic(2), datasets.bernoulli_line, ("bce", "mse"), ((-10.0, 3.0), (-1.0, 10.0))
    ),
    "two_relus": Named(lambda: models.relu_net(2), datasets.piecewise, ("mse",)),
    "wide": Named(lambda: models.relu_net(512), datasets.piecewise, ("mse",)),
    "six_pupils": Named(lambda: models.logistic(2, bias=True), datasets.six_pupils, ("bce", "mse")),
    "rookies": Named(lambda: models.logistic(3, bias=True), datasets.rookies, ("bce", "mse")),
    "clusters": Named(lambda: models.logistic(1, bias=True), datasets.clusters, ("bce", "mse")),
}


def named(name: str, loss_names: Sequence[str] = ()) -> dict[str, Problem]:
    """The problem of that name under each of the losses, by the loss; under its usual ones if none are given.

    Raises:
        InputError: an unknown name, or a loss that does not suit the model.
    """
    if name not in BY_NAME:
        raise unknown("problem", name, BY_NAME)
    one = BY_NAME[name]
    for loss in loss_names:
        losses.get(loss)
        if "bce" not in one.usual_losses and loss != "mse":
            raise InputError(f"the outputs of {name} are no probabilities, as {loss} wants them; use mse")
    dataset = one.dataset()
    return {loss: Problem(one.model(), losses.get(loss), dataset) for loss in loss_names or one.usual_losses}


def ranges(name: str) -> Ranges:
    """The ranges for a grid of starts of the problem of that name; `ANY_RANGES` for any other."""
    return BY_NAME[name].ranges if name in BY_NAME else ANY_RANGES


def from_csv(path: Path, target: str, loss_names: Sequence[str] = ()) -> dict[str, Problem]:
    """Logistic regression, with a bias, of a column of a CSV file on all others, under each of the losses.

    Without any it is the MSE and the clipped BCE: on data that can be told apart without error the plain one breaks.

    Inputs are standardised: each column minus its mean, over its standard deviation.

    Raises:
        InputError: the file cannot be read, or the table is not fit for it (see `read_table`).
    """
    dataset = read_table(path, target)
    n_features = dataset.inputs.shape[1]
    return {
        loss: Problem(models.logistic(n_features, bias=True), losses.get(loss), dataset)
        for loss in loss_names or ("bce_clipped", "mse")
    }


def read_table(path: Path, target: str) -> Dataset:
    """A CSV file as data for a classifier: the target column as 0 and 1, all others standardised.

    Raises:
        InputError: no such file or column, no rows, missing values, a column that is not of numbers or constant, or a
            target that has not just the two values 0 and 1.
    """
    try:
        table = pd.read_csv(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: expected a CSV file with a header, got {' '.join(str(error).split()):.80}") from None
    if target not in table:
        raise unknown(f"column of {path}", target, map(str, table.columns))
    if len(table.columns) < 2 or table.empty:
        raise InputError(
            f"{path}: expected rows with {target!r} and other columns, got {table.shape[0]} rows and no more"
        )
    _check_columns(path, table)
    values = np.sort(table[target].astype(float).unique())
    if len(values) == 1:
        raise InputError(f"{path}: the target {target!r} is always {values[0]:g}; there is nothing to tell apart")
    if values.tolist() != [0, 1]:
        some = ", ".join(f"{value:g}" for value in values[:4]) + (", …" if len(values) > 4 else "")
        raise InputError(f"{path}: expected a target of 0 and 1, got {target!r} with the values {some}")
    inputs = table.drop(columns=target).astype(float)
    for name in inputs:
        if inputs[name].nunique() == 1:
            raise InputError(f"{path}: column {name!r} is always {inputs[name].iloc[0]:g}; leave it out")
    standardised = (inputs - inputs.mean()) / inputs.std(ddof=0)
    return Dataset(path.stem, standardised.to_numpy(), table[target].to_numpy(float))


def _check_columns(path: Path, table: pd.DataFrame) -> None:
    for name, column in table.items():
        missing = int(column.isna().sum())
        if missing:
            raise InputError(f"{path}: column {name!r} has {missing} missing values; fill them in or drop the rows")
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            raise InputError(
                f"{path}: column {name!r} is not of numbers, such as {str(column.iloc[0])!r:.40}; leave it out"
            )
        if not np.isfinite(column.astype(float)).all():
            raise InputError(f"{path}: column {name!r} has infinite values; drop the rows")
