"""A run as labelled arrays, with all that made it.

Conventions: a run is an `xarray.Dataset` with `weights(epoch, weight)` and `loss(epoch)`; runs from many starts have a
leading dimension `start`. Weights and loss of an epoch belong together: they are those after so many passes over the
data, so epoch 0 is where the run begins, and its end is always recorded. `diverged_at` is the first recorded epoch
whose weights or loss are not finite, -1 if there is none: divergence is a result, not an error.

Where an optimizer averages its iterates, `weights` are those that `model.fit` ends with, and the attribute
`weights_are` says which these are: `averages` with `use_ema=True`, `iterates` with `ScheduleFreeAdamW`. The other ones
are the variables `iterates` and `iterates_loss`, or `averages` and `averages_loss`.
"""

import json
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from tfreg import optimizers
from tfreg.files import RUN_FORMAT
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training.averages import SCHEDULE_FREE_NOTE, ends_with_average


def record(
    problem: Problem,
    epochs: np.ndarray,
    weights: np.ndarray,
    optimizer: Optimizer,
    state: tuple[np.ndarray, tuple[str, ...]] | None = None,
    attributes: dict[str, Any] | None = None,
    losses: np.ndarray | None = None,
    others: np.ndarray | None = None,
) -> xr.Dataset:
    """The labelled record of recorded weights, with their losses, divergence, and what made them.

    Args:
        problem: computes the losses.
        epochs: the recorded epochs (R,).
        weights: of one run (R, n_weights), or of many (S, R, n_weights).
        optimizer: named with its configuration.
        state: of the optimizer at the end, ([S,] n_state), and a label for each of its elements.
        attributes: more that is worth keeping.
        losses: of the weights, ([S,] R); computed here if not given.
        others: iterates or averages, ([S,] R, n_weights), where the optimizer has both and `weights` are not these.
    """
    loss = _losses(problem, weights) if losses is None else losses
    finite = np.isfinite(loss) & np.isfinite(weights).all(axis=-1)
    diverged_at = np.where(finite.all(axis=-1), -1, epochs[np.argmin(finite, axis=-1)])
    starts = ("start",) * (weights.ndim - 2)
    variables = {
        "weights": ((*starts, "epoch", "weight"), weights),
        "loss": ((*starts, "epoch"), loss),
        "diverged_at": (starts, diverged_at),
    }
    if state is not None:
        variables["optimizer_state"] = ((*starts, "state"), state[0])
    averaging: dict[str, str] = {}
    if others is not None:
        named, other = ("averages", "iterates") if ends_with_average(optimizer) else ("iterates", "averages")
        variables |= {
            other: ((*starts, "epoch", "weight"), others),
            f"{other}_loss": ((*starts, "epoch"), _losses(problem, others)),
        }
        averaging = {"weights_are": named}
        if named == "iterates":
            averaging["note"] = SCHEDULE_FREE_NOTE
    described = {
        "format": RUN_FORMAT,
        "loss": problem.loss_source,
        "dataset": problem.dataset.name,
        "model": problem.layers,
        "optimizer": type(optimizer).__name__,
        "optimizer_config": json.dumps(optimizers.plain_config(optimizer)),
        "dtype": problem.dtype,
        "versions": versions(),
        "status": _status(diverged_at),
        **averaging,
        **(attributes or {}),
    }
    return xr.Dataset(
        variables, _coordinates(epochs.astype(np.int64).tobytes(), problem.labels, state and state[1]), described
    )


@lru_cache(maxsize=8)
def _coordinates(epochs: bytes, labels: tuple[str, ...], state_labels: tuple[str, ...] | None) -> xr.Coordinates:
    """The coordinates of a run with their indexes, which take longer to make than all else of a record."""
    named: dict[str, np.ndarray] = {
        "epoch": np.frombuffer(epochs, dtype=np.int64),
        "weight": np.array(labels, dtype=object),
        **({} if state_labels is None else {"state": np.array(state_labels, dtype=object)}),
    }
    made = xr.Dataset(coords=named)
    return xr.Coordinates(made.variables, made.xindexes)


def iterates(run: xr.Dataset) -> xr.DataArray:
    """The weights (epoch, weight) of a run with which its optimizer takes its steps."""
    return run.iterates if "iterates" in run else run.weights


def _losses(problem: Problem, weights: np.ndarray) -> np.ndarray:
    return problem.loss_at(weights.reshape(-1, problem.n_weights)).reshape(weights.shape[:-1])


@cache
def versions() -> str:
    """The versions of tfreg and of what it computes with, as text."""
    return ", ".join(f"{name} {version(name)}" for name in ("tfreg", "tensorflow", "keras", "numpy"))


def _status(diverged_at: np.ndarray) -> str:
    diverged = diverged_at[diverged_at >= 0]
    if not len(diverged):
        return "finished"
    if diverged_at.ndim == 0:
        return f"diverged at epoch {diverged_at}"
    return f"{len(diverged)} of {len(diverged_at)} starts diverged"
