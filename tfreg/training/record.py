"""A run as labelled arrays, with all that made it.

Conventions: a run is an `xarray.Dataset` with `weights(epoch, weight)` and `loss(epoch)`; runs from many starts have a
leading dimension `start`. Weights and loss of an epoch belong together: they are those after so many passes over the
data, so epoch 0 is where the run begins, and its end is always recorded. `diverged_at` is the first recorded epoch
whose weights or loss are not finite, -1 if there is none: divergence is a result, not an error.
"""

import json
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from tfreg import optimizers
from tfreg.files import RUN_FORMAT
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem


def record(
    problem: Problem,
    epochs: np.ndarray,
    weights: np.ndarray,
    optimizer: Optimizer,
    state: tuple[np.ndarray, tuple[str, ...]] | None = None,
    attributes: dict[str, Any] | None = None,
) -> xr.Dataset:
    """The labelled record of recorded weights, with their losses, divergence, and what made them.

    Args:
        problem: computes the losses.
        epochs: the recorded epochs (R,).
        weights: array (S, R, n_weights).
        optimizer: named with its configuration.
        state: of the optimizer at the end, (S, n_state), and a label for each of its elements.
        attributes: more that is worth keeping.
    """
    loss = problem.loss_at(weights.reshape(-1, problem.n_weights)).reshape(weights.shape[:2])
    finite = np.isfinite(loss) & np.isfinite(weights).all(axis=2)
    diverged_at = np.where(finite.all(axis=1), -1, epochs[np.argmin(finite, axis=1)])
    variables = {
        "weights": (("start", "epoch", "weight"), weights),
        "loss": (("start", "epoch"), loss),
        "diverged_at": (("start",), diverged_at),
    }
    coordinates = {"epoch": epochs, "weight": np.array(problem.labels, dtype=object)}
    if state is not None:
        variables["optimizer_state"] = (("start", "state"), state[0])
        coordinates["state"] = np.array(state[1], dtype=object)
    described = {
        "format": RUN_FORMAT,
        "loss": problem.loss_source,
        "dataset": problem.dataset.name,
        "optimizer": type(optimizer).__name__,
        "optimizer_config": json.dumps(optimizers.plain_config(optimizer)),
        "dtype": problem.dtype,
        "versions": versions(),
        "status": _status(diverged_at),
        **(attributes or {}),
    }
    return xr.Dataset(variables, coords=coordinates, attrs=described)


@cache
def versions() -> str:
    """The versions of tfreg and of what it computes with, as text."""
    return ", ".join(f"{name} {version(name)}" for name in ("tfreg", "tensorflow", "keras", "numpy"))


def _status(diverged_at: np.ndarray) -> str:
    diverged = diverged_at[diverged_at >= 0]
    if not len(diverged):
        return "finished"
    if len(diverged_at) == 1:
        return f"diverged at epoch {diverged[0]}"
    return f"{len(diverged)} of {len(diverged_at)} starts diverged"
