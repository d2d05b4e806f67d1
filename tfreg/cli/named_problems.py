"""The problems of `tfreg compare`, by name and for a user's table.

Conventions: a name stands for a model and its data; the loss is chosen with it. Classifiers give probabilities and can
be trained with any loss of `tfreg.losses`, nets that fit numbers with the MSE alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tfreg import datasets, losses, models
from tfreg.backend import keras
from tfreg.checks.errors import InputError, unknown
from tfreg.datasets import Dataset
from tfreg.problem.problem import Problem

Ranges = tuple[tuple[float, float], tuple[float, float]]
# Of two weights, each (low, high): for inputs of size 1 the probabilities at the ends are 0 and 1 to four digits.
ANY_RANGES: Ranges = ((-10.0, 10.0), (-10.0, 10.0))


@dataclass(frozen=True)
class NamedProblem:
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
    "logistic": NamedProblem(
        lambda: models.logistic(2), datasets.bernoulli_line, ("bce", "mse"), ((-10.0, 3.0), (-1.0, 10.0))
    ),
    "two_relus": NamedProblem(lambda: models.relu_net(2), datasets.piecewise, ("mse",)),
    "wide": NamedProblem(lambda: models.relu_net(512), datasets.piecewise, ("mse",)),
    "six_pupils": NamedProblem(lambda: models.logistic(2, bias=True), datasets.six_pupils, ("bce", "mse")),
    "rookies": NamedProblem(lambda: models.logistic(3, bias=True), datasets.rookies, ("bce", "mse")),
    "clusters": NamedProblem(lambda: models.logistic(1, bias=True), datasets.clusters, ("bce", "mse")),
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
            raise InputError(f"the outputs of {name} are no probabilities, as {loss} needs them; use mse")
    dataset = one.dataset()
    return {loss: Problem(one.model(), losses.get(loss), dataset) for loss in loss_names or one.usual_losses}


def ranges(name: str) -> Ranges:
    """The ranges for a grid of starts of the problem of that name; `ANY_RANGES` for any other."""
    return BY_NAME[name].ranges if name in BY_NAME else ANY_RANGES


def of_table(dataset: Dataset, loss_names: Sequence[str] = ()) -> dict[str, Problem]:
    """Logistic regression, with a bias, of a user's data under each of the losses.

    Without any it is the MSE and the clipped BCE: on linearly separable data the plain one overflows.
    """
    n_features = dataset.inputs.shape[1]
    return {
        loss: Problem(models.logistic(n_features, bias=True), losses.get(loss), dataset)
        for loss in loss_names or ("bce_clipped", "mse")
    }
