"""`train`, through which every fit of the suite goes, and the labelled record of a run.

Conventions: a run is an `xarray.Dataset` with `weights(epoch, weight)` and `loss(epoch)`; runs from many starts have a
leading dimension `start`. Weights and loss of an epoch belong together: they are those after so many passes over the
data, so epoch 0 is where the run begins. Its end is always among what is recorded. `diverged_at` is the first recorded
epoch whose weights or loss are not finite, -1 if there is none: divergence is a result, not an error.
"""

import json
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from tfreg import optimizers
from tfreg.errors import InputError
from tfreg.files import RUN_FORMAT
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training import program as engine


def train(
    problem: Problem,
    optimizer: Optimizer | str,
    epochs: int,
    start: object = None,
    *,
    record_every: int = 1,
    batch_size: int | None = None,
    seed: int = 0,
    continue_from: xr.Dataset | None = None,
) -> xr.Dataset:
    """Train from one start or from many at once, and record the weights on the way.

    Args:
        problem: what is minimised.
        optimizer: any Keras optimizer, or a name such as `"adam:0.1"`. It is copied, never changed.
        epochs: passes over the data, 1 or more.
        start: a weight vector (n_weights,), or many as rows (S, n_weights); the model's own weights if not given.
        record_every: record every so many epochs, and the last.
        batch_size: samples per update; all of them if not given. Each epoch then has its own order of the samples,
            drawn from `seed` and the number of the epoch.
        seed: of the sample orders; without `batch_size` nothing is random.
        continue_from: go on from the end of this run, with its optimizer's state. With `start` as well, only the
            state is taken over and epochs count from 0 again.

    Returns:
        The run: `weights` (epoch, weight) and `loss` (epoch), with a leading dimension `start` if many were given,
        and `optimizer_state`, from which another call can go on.

    Raises:
        InputError: a start of another length, a learning rate of 0 or less, epochs, `record_every` or `batch_size`
            below 1, or a run to continue whose optimizer is another.

    Example:
        >>> run = train(Problem(models.logistic(2), losses.bce, datasets.bernoulli_line()), "adam:0.1", 435, (-3, -1))
        >>> run.weights.sel(epoch=435).round(2).values.tolist()
        [-1.02, 5.3]
    """
    optimizer = optimizers.get(optimizer)
    check_counts(epochs=epochs, record_every=record_every)
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed: expected a whole number of 0 or more, got {seed!r}")
    if continue_from is not None and not isinstance(continue_from, xr.Dataset):
        raise InputError(f"continue_from: expected a run as train returns it, got {type(continue_from).__name__}")
    if batch_size is not None:
        check_counts(batch_size=batch_size)
    first_epoch = 0
    if continue_from is not None and start is None:
        start, first_epoch = _last_weights(continue_from), int(continue_from.epoch[-1])
    weights = problem.check_weights(problem.initial_weights if start is None else start, "start")
    starts = np.atleast_2d(weights)
    record_at = np.unique(np.append(np.arange(0, epochs, record_every), epochs))

    rate = optimizers.learning_rate(optimizer)
    varied = () if rate is None else ("learning_rate",)
    program = engine.program(problem, optimizer, engine.Shape(len(starts), len(record_at), batch_size, varied))
    result = program.run(
        problem,
        starts=starts,
        states=_states(program, optimizer, continue_from, starts),
        varied=np.full((len(starts), len(varied)), rate if varied else 0),
        record_at=record_at,
        orders=orders(problem, epochs, first_epoch, batch_size, seed),
    )
    run = record(
        problem,
        epochs=record_at + first_epoch,
        weights=result.weights,
        optimizer=optimizer,
        state=(result.state, program.state_labels),
        attributes={"batch_size": batch_size or len(problem.dataset.inputs), "seed": seed},
    )
    return run if weights.ndim == 2 else run.isel(start=0)


def record(
    problem: Problem,
    epochs: np.ndarray,
    weights: np.ndarray,
    optimizer: Optimizer,
    state: tuple[np.ndarray, tuple[str, ...]] | None = None,
    attributes: dict[str, Any] | None = None,
) -> xr.Dataset:
    """The labelled record of recorded weights (S, R, n_weights) at R epochs: losses, divergence, and what made them."""
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
        "loss": loss_name(problem),
        "dataset": problem.dataset.name,
        "optimizer": type(optimizer).__name__,
        "optimizer_config": json.dumps(optimizers.plain_config(optimizer)),
        "dtype": problem.dtype,
        "versions": versions(),
        "status": _status(diverged_at),
        **(attributes or {}),
    }
    return xr.Dataset(variables, coords=coordinates, attrs=described)


def loss_name(problem: Problem) -> str:
    """What records call the loss of a problem."""
    return getattr(problem.loss, "__name__", type(problem.loss).__name__)


def check_counts(**counts: object) -> None:
    """Refuse what is no whole number of 1 or more.

    Raises:
        InputError: names the first such argument.
    """
    for name, value in counts.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise InputError(f"{name}: expected a whole number of 1 or more, got {value!r}")


def _last_weights(run: xr.Dataset) -> np.ndarray:
    return run.weights.isel(epoch=-1).values


def _states(program: engine.Program, optimizer: Optimizer, run: xr.Dataset | None, starts: np.ndarray) -> np.ndarray:
    if run is None:
        return program.fresh_states(starts)
    fits = "optimizer_state" in run and tuple(run.state.values) == program.state_labels
    if not fits or run.attrs.get("optimizer") != type(optimizer).__name__:
        raise InputError(
            f"continue_from: the run holds no state that fits this optimizer (it was made with "
            f"{run.attrs.get('optimizer', 'an unknown one')}); use the same optimizer and model"
        )
    rows = np.atleast_2d(run.optimizer_state.values)
    if len(rows) not in (1, len(starts)):
        raise InputError(f"continue_from: expected a run from 1 or {len(starts)} starts, got {len(rows)}")
    return np.broadcast_to(rows, (len(starts), rows.shape[1]))


def orders(problem: Problem, epochs: int, first_epoch: int, batch_size: int | None, seed: int) -> np.ndarray:
    """The order of the samples in each epoch, int32 (epochs, n_samples); empty for full batches."""
    n_samples = len(problem.dataset.inputs)
    if batch_size is None:
        return np.zeros((0, n_samples), np.int32)
    numbers = range(first_epoch, first_epoch + epochs)
    return np.stack([np.random.default_rng((seed, epoch)).permutation(n_samples) for epoch in numbers]).astype(np.int32)


@cache
def versions() -> str:
    """The versions that records name, in words."""
    return ", ".join(f"{name} {version(name)}" for name in ("tfreg", "tensorflow", "keras", "numpy"))


def _status(diverged_at: np.ndarray) -> str:
    diverged = diverged_at[diverged_at >= 0]
    if not len(diverged):
        return "finished"
    if len(diverged_at) == 1:
        return f"diverged at epoch {diverged[0]}"
    return f"{len(diverged)} of {len(diverged_at)} starts diverged"
