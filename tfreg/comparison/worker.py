"""Training one chunk of a comparison, in this process or in a worker's.

Conventions: what a worker needs of a problem and an optimizer travels as bytes (cloudpickle, since losses are often
lambdas) that it unpacks once. Results are arrays with the runs of the chunk as rows.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import cloudpickle
import numpy as np

from tfreg import optimizers
from tfreg.backend import tf
from tfreg.comparison.run_grid import STATUS, Task
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training import program as engine
from tfreg.training.steps import Shape
from tfreg.training.train import orders


@dataclass(frozen=True, eq=False)
class Job:
    """What the runs of a chunk share.

    Attributes:
        problem: what is minimised.
        optimizer: what minimises it.
        threshold: the loss that counts as reached.
        ceiling: a run that ends above it, and above its start, has diverged.
    """

    problem: Problem
    optimizer: Optimizer
    threshold: float
    ceiling: float

    def __reduce__(self) -> tuple[Callable[..., "Job"], tuple[Any, ...]]:
        # Only what they are made from goes along, and in the same bytes each time, by which a worker knows them again.
        model = self.problem.model
        layers = type(model), model.get_config(), model.get_weights()
        return _job, (
            *(layers, self.problem.loss, self.problem.dataset),
            *(type(self.optimizer), self.optimizer.get_config()),
            *(self.threshold, self.ceiling),
        )


def _job(layers: Any, loss: Any, dataset: Any, optimizer: Any, config: dict[str, Any], *marks: float) -> Job:
    sequential, layer_config, weights = layers
    model = sequential.from_config(layer_config)
    model.set_weights(weights)
    return Job(Problem(model, loss, dataset), optimizer.from_config(config), *marks)


def pack(job: Job) -> bytes:
    """A job as bytes for a worker."""
    return cloudpickle.dumps(job)


def train_packed(job: bytes, task: Task) -> dict[str, np.ndarray]:
    """`train` in a worker, which keeps the job, with the programs compiled for it."""
    return train(_unpack(job), task)


@lru_cache(maxsize=64)
def _unpack(job: bytes) -> Job:
    _use_threads_of_worker()
    return cloudpickle.loads(job)


@cache
def _use_threads_of_worker() -> None:
    """Let TensorFlow use as many threads as a Dask worker has been given, and not all that the machine has."""
    if "distributed" in sys.modules:
        from distributed import get_worker

        with suppress(RuntimeError, ValueError):  # it runs already, or this process is no worker
            tf.config.threading.set_intra_op_parallelism_threads(get_worker().state.nthreads)


def train(job: Job, task: Task) -> dict[str, np.ndarray]:
    """Train the runs of a chunk.

    Returns:
        `final_weights` (n_runs, n_weights), `final_loss`, `epochs_to_tolerance` (NaN if it is not reached) and `status`
        (n_runs,); with trajectories `weights` (n_runs, R, n_weights) and `loss` (n_runs, R).
    """

    problem, varied = job.problem, dict(task.varied)
    rate = optimizers.learning_rate(job.optimizer)
    if rate is not None and "learning_rate" not in varied:
        varied["learning_rate"] = np.full(len(task.starts), rate)
    shape = Shape(
        *(len(task.starts), len(task.record_at), task.batch_size, tuple(varied)),
        losses=True,
        all_weights=task.trajectories,
    )
    program = engine.program(problem, job.optimizer, shape)
    result = program.run(
        problem,
        starts=task.starts,
        states=program.fresh_states(task.starts),
        varied=np.stack([*varied.values()], axis=1) if varied else np.zeros((len(task.starts), 0)),
        record_at=task.record_at,
        orders=orders(problem, task.record_at[-1], 0, task.batch_size, task.seed),
    )
    assert result.losses is not None
    values = judge(result.losses, result.weights[:, -1], task.record_at, job.threshold, job.ceiling)
    if task.trajectories:
        values |= {"weights": result.weights, "loss": result.losses}
    return {name: rows[: task.n_runs] for name, rows in values.items()}


def judge(
    losses: np.ndarray, final_weights: np.ndarray, epochs: np.ndarray, threshold: float, ceiling: float
) -> dict[str, np.ndarray]:
    """What became of runs with losses (rows, R) at R epochs; see `tfreg.compare` for what a status means."""
    low = losses <= threshold
    reached = low.any(axis=1)
    finite = np.isfinite(losses).all(axis=1) & np.isfinite(final_weights).all(axis=1)
    diverged = ~finite | (~reached & (losses[:, -1] > np.maximum(losses[:, 0], ceiling)))
    codes = {name: code for code, name in enumerate(STATUS)}
    return {
        "final_weights": final_weights,
        "final_loss": losses[:, -1],
        "epochs_to_tolerance": np.where(reached, epochs[low.argmax(axis=1)], np.nan).astype(np.float32),
        "status": np.select([diverged, reached], [codes["diverged"], codes["reached"]], default=codes["stuck"]).astype(
            np.int8
        ),
    }
