"""`train`, through which every fit of the suite goes.

Conventions: a run is recorded as `tfreg.training.record` describes it.
"""

import json

import numpy as np
import xarray as xr

from tfreg import optimizers
from tfreg.checks.errors import InputError, shown
from tfreg.checks.kinds import Count, Seed, checked
from tfreg.checks.records import Run
from tfreg.checks.sizes import check_memory
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training.averages import has_average
from tfreg.training.calls import sample_order
from tfreg.training.compiled import Program
from tfreg.training.epochs import recorded_epochs
from tfreg.training.program import program
from tfreg.training.record import iterates, record
from tfreg.training.steps import Shape

_SMALL = 2**24  # bytes that need no look at the memory that is free, which takes a tenth of a millisecond
_MOST_EPOCHS = 10**15  # a float64 counts every step up to nine times as many


@checked
def train(
    problem: Problem,
    optimizer: Optimizer | str,
    epochs: Count,
    start: object = None,
    *,
    record_every: Count = 1,
    batch_size: Count | None = None,
    seed: Seed = 0,
    continue_from: Run | None = None,
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
        continue_from: continue from the end of this run, with its optimizer's state. With `start` as well, only
            the state is taken over and epochs count from 0 again.

    Returns:
        The run: `weights` (epoch, weight) and `loss` (epoch), with a leading dimension `start` if many were given,
        and `optimizer_state`, from which another call can continue. The attribute `steps_before` is the number of steps
        that the optimizer had taken when the run began. Where an optimizer averages its iterates, the weights are those
        that `model.fit` would end with, and the other ones stand beside them (see `tfreg.training.record`).

    Raises:
        InputError: a start of another length, a learning rate of 0 or less, epochs, `record_every` or `batch_size`
            below 1, a record that does not fit into memory, or a run to continue that was cut or is of another model or
            optimizer.

    Example:
        >>> run = train(Problem(models.logistic(2), losses.bce, datasets.bernoulli_line()), "adam:0.1", 435, (-3, -1))
        >>> run.weights.sel(epoch=435).astype(float).round(2).values.tolist()
        [-1.02, 5.3]
    """
    optimizer = optimizers.to_read(optimizer)
    first_epoch, fresh_start = 0, continue_from is None or start is not None
    if continue_from is not None and start is None:
        start, first_epoch = iterates(continue_from).isel(epoch=-1).values, int(continue_from.epoch[-1])
        if continue_from.weight.values.tolist() != list(problem.labels):
            raise InputError("continue_from: the run is one of other weights; use the same model")
    weights = problem.check_weights(problem.initial_weights if start is None else start, "start")
    starts = np.atleast_2d(weights)
    _check_size(problem, len(starts), epochs, record_every)
    record_at = recorded_epochs(epochs, record_every)

    rate = optimizers.learning_rate(optimizer)
    varied = () if rate is None else ("learning_rate",)
    n_samples = len(problem.dataset.inputs)
    if batch_size is not None:
        batch_size = min(batch_size, n_samples)  # as Keras takes it: one batch, in another order each epoch
    shape = Shape(len(record_at), record_every == 1, batch_size, varied, losses=not has_average(optimizer))
    compiled = program(problem, optimizer, len(starts), shape)
    states = _states(compiled, optimizer, continue_from, starts, problem.layers)
    result = compiled.run(
        problem,
        starts=starts,
        states=states,
        varied=np.full((len(starts), len(varied)), rate if varied else 0),
        record_at=record_at,
        order=(lambda epoch: sample_order(n_samples, seed, first_epoch + epoch)) if batch_size else None,
    )
    if fresh_start:
        result.weights[:, 0] = starts  # no average yet, whatever the state of an earlier run says
    if weights.ndim == 1:
        result = result.of_one()
    return record(
        problem,
        epochs=record_at + first_epoch,
        weights=result.weights,
        losses=result.losses,
        others=result.others,
        optimizer=optimizer,
        state=(result.state, compiled.state_labels),
        attributes={
            "batch_size": batch_size or n_samples,
            "seed": seed,
            "steps_before": _steps_taken(compiled, states),
            "last_epoch": int(record_at[-1]) + first_epoch,
        },
    )


def _check_size(problem: Problem, n_starts: int, epochs: int, record_every: int) -> None:
    """Refuse a record that does not fit into memory, and epochs that no optimizer can count."""
    if epochs >= _MOST_EPOCHS:
        raise InputError(f"epochs: expected fewer than {_MOST_EPOCHS:.0e}, got {shown(epochs)}")
    n_records = epochs // record_every + 2
    # The weights and losses, in parts and whole, and as they are put in order for the losses.
    n_bytes = 3 * n_records * n_starts * (problem.n_weights + 1) * np.dtype(problem.dtype).itemsize
    if n_bytes > _SMALL:
        check_memory(f"a record of {n_records:,} epochs", n_bytes, "record fewer with record_every")


def _states(
    compiled: Program, optimizer: Optimizer, run: xr.Dataset | None, starts: np.ndarray, model: str
) -> np.ndarray:
    """The optimizer's state (S, n_state) to begin with: that of a run to continue, or that before the first step."""
    if run is None:
        return compiled.fresh_states(starts)
    fits = "optimizer_state" in run and tuple(run.state.values) == compiled.state_labels
    if not fits or run.attrs.get("optimizer") != type(optimizer).__name__:
        raise InputError(
            f"continue_from: the run holds no state that fits this optimizer (it was made with "
            f"{run.attrs.get('optimizer', 'an unknown one')}); use the same optimizer and model"
        )
    _check_same_origin(run, optimizer, model)
    rows = np.atleast_2d(run.optimizer_state.values)
    if len(rows) not in (1, len(starts)):
        raise InputError(f"continue_from: expected a run from 1 or {len(starts)} starts, got {len(rows)}")
    return np.broadcast_to(rows, (len(starts), rows.shape[1]))


def _check_same_origin(run: xr.Dataset, optimizer: Optimizer, model: str) -> None:
    """Refuse a run that was cut, of another model, or whose optimizer had other settings than a learning rate.

    Raises:
        InputError: says what differs.
    """
    last = run.attrs.get("last_epoch", int(run.epoch[-1]))
    if int(run.epoch[-1]) != last:
        raise InputError(
            f"continue_from: the run was cut at epoch {int(run.epoch[-1])}, its optimizer's state is that of epoch "
            f"{last}; give the whole run"
        )
    if run.attrs.get("model", model) != model:
        raise InputError("continue_from: the run's model had other layers or activations; use the same model")
    settings, others = optimizers.plain_config(optimizer), json.loads(run.attrs["optimizer_config"])
    for name in settings:
        if name != "learning_rate" and settings[name] != others.get(name):
            raise InputError(
                f"continue_from: the run's optimizer had {name}={others.get(name)!r}, this one has {settings[name]!r}; "
                "use the same settings"
            )


def _steps_taken(compiled: Program, states: np.ndarray) -> int:
    """The count of steps that every Keras optimizer keeps, which is the same for all starts."""
    return int(states[0, compiled.state_labels.index("iteration")])
