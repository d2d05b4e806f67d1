"""Training one chunk of a comparison, in this process or in a worker's.

Conventions: the problem and the optimizer travel as bytes (cloudpickle, since losses are often lambdas) that a worker
unpacks once. Results are arrays by name with the runs of the chunk as rows; `train` lists the names.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

import cloudpickle
import numpy as np

from tfreg import optimizers
from tfreg.backend import keras, tf
from tfreg.comparison.run_grid import STATUS, ChunkRuns
from tfreg.datasets import Dataset
from tfreg.losses import Loss
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.process.parent import end_with_parent
from tfreg.process.threads import one_core
from tfreg.training import program as engine
from tfreg.training.calls import sample_order
from tfreg.training.steps import Shape


@dataclass(frozen=True, eq=False)
class Training:
    """The problem and the optimizer of a chunk, and the losses by which its runs are judged.

    Attributes:
        problem: what is minimised.
        optimizer: what minimises it.
        threshold: a loss at or below it has reached the tolerance.
        ceiling: a run that ends above it, and above its start, has diverged.
    """

    problem: Problem
    optimizer: Optimizer
    threshold: float
    ceiling: float

    def __reduce__(self) -> tuple[Callable[["_Recipe"], "Training"], tuple["_Recipe"]]:
        model, optimizer = self.problem.model, self.optimizer
        recipe = _Recipe(
            model_class=type(model),
            model_config=model.get_config(),
            model_weights=model.get_weights(),
            loss=self.problem.scalar_loss,
            dataset=self.problem.dataset,
            optimizer_class=type(optimizer),
            optimizer_config=optimizer.get_config(),
            threshold=self.threshold,
            ceiling=self.ceiling,
        )
        return _made_from, (recipe,)


@dataclass(frozen=True, eq=False)
class _Recipe:
    """The parts from which a worker makes a `Training` again, the same bytes each time, so that it is made once."""

    model_class: type[keras.Sequential]
    model_config: dict[str, Any]
    model_weights: list[np.ndarray]
    loss: Loss
    dataset: Dataset
    optimizer_class: type[Optimizer]
    optimizer_config: dict[str, Any]
    threshold: float
    ceiling: float


def _made_from(recipe: _Recipe) -> Training:
    model = recipe.model_class.from_config(recipe.model_config)
    model.set_weights(recipe.model_weights)
    optimizer = recipe.optimizer_class.from_config(recipe.optimizer_config)
    return Training(Problem(model, recipe.loss, recipe.dataset), optimizer, recipe.threshold, recipe.ceiling)


def pack(training: Training) -> bytes:
    """The problem and the optimizer as bytes for a worker."""
    return cloudpickle.dumps(training)


def train_packed(training: bytes, runs: ChunkRuns, asked_by: int) -> dict[str, np.ndarray]:
    """Train in a worker, which keeps the problem with the programs compiled for it, and ends with its parent.

    Args:
        training: as `pack` gives it.
        runs: what to train.
        asked_by: the process that asks; if it is this one, the worker is a thread.
    """
    if os.getpid() != asked_by:
        end_with_parent()
    with one_core():  # the executor's workers are as many as its user wants to be busy
        return train(_unpack(training), runs)


@lru_cache(maxsize=64)
def _unpack(training: bytes) -> Training:
    _use_threads_of_worker()
    return cloudpickle.loads(training)


@cache
def _use_threads_of_worker() -> None:
    """Limit TensorFlow to the threads of the Dask worker, instead of all that the machine has."""
    if "distributed" in sys.modules:
        from distributed import get_worker

        with suppress(RuntimeError, ValueError):  # TensorFlow runs already, or this process is no worker
            tf.config.threading.set_intra_op_parallelism_threads(get_worker().state.nthreads)


def train(training: Training, runs: ChunkRuns) -> dict[str, np.ndarray]:
    """Train the runs of a chunk.

    Returns:
        `final_weights` (n_runs, n_weights); `final_loss`, `epochs_to_tolerance` (NaN unless reached), `status` and
        `reached`, each (n_runs,); with trajectories `weights` (n_runs, R, n_weights) and `loss` (n_runs, R).
    """
    problem, schedule, varied = training.problem, runs.schedule, dict(runs.varied)
    rate = optimizers.learning_rate(training.optimizer)
    if rate is not None and "learning_rate" not in varied:
        varied["learning_rate"] = np.full(len(runs.starts), rate)
    n_rows, record_at = len(runs.starts), schedule.record_at
    shape = Shape(
        n_records=len(record_at),
        each_epoch=schedule.record_every == 1,
        batch_size=schedule.batch_size,
        varied=tuple(varied),
        all_weights=schedule.trajectories,
    )
    program = engine.program(problem, training.optimizer, n_rows, shape)
    result = program.run(
        problem,
        starts=runs.starts,
        states=program.fresh_states(runs.starts),
        varied=np.stack([*varied.values()], axis=1) if varied else np.zeros((n_rows, 0)),
        record_at=record_at,
        order=partial(sample_order, len(problem.dataset.inputs), runs.seed) if schedule.batch_size else None,
    )
    assert result.losses is not None
    values = judge(result.losses, result.weights[:, -1], record_at, training.threshold, training.ceiling)
    if schedule.trajectories:
        values |= {"weights": result.weights, "loss": result.losses}
    return {name: rows[: runs.n_runs] for name, rows in values.items()}


def judge(
    losses: np.ndarray, final_weights: np.ndarray, epochs: np.ndarray, threshold: float, ceiling: float
) -> dict[str, np.ndarray]:
    """The outcomes of runs with losses (rows, R) at R epochs; see `tfreg.compare` for the meaning of each status."""
    low = losses <= threshold
    arrived = low.any(axis=1)
    finite = np.isfinite(losses).all(axis=1) & np.isfinite(final_weights).all(axis=1)
    diverged = ~finite | (~arrived & (losses[:, -1] > np.maximum(losses[:, 0], ceiling)))
    code = {name: np.int8(number) for number, name in enumerate(STATUS)}
    status = np.select([diverged, arrived], [code["diverged"], code["reached"]], default=code["not_reached"])
    reached = status == code["reached"]
    return {
        "final_weights": final_weights,
        "final_loss": losses[:, -1],
        # A run that arrives and then diverges has no time to tolerance: shares and times speak of the same runs.
        "epochs_to_tolerance": np.where(reached, epochs[low.argmax(axis=1)], np.nan).astype(np.float32),
        "status": status,
        "reached": reached,
    }
