"""`compare`: problems, optimizers, hyper-parameters, seeds and starts, all with all, in one labelled result.

Conventions: the result is an `xarray.Dataset` over `problem`, `optimizer`, then `seed` and each varied hyper-parameter
where given, and `start`. What became of a run is its `status`, a small number with its meaning in the attributes
(`flag_meanings`): reached, stuck, diverged; -1 is missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tfreg import optimizers
from tfreg.comparison import execution as dispatch
from tfreg.comparison import zarr_store as chunk_store
from tfreg.comparison.fingerprint import fingerprint
from tfreg.comparison.run_grid import Chunk, Plan, check_axis
from tfreg.comparison.worker import Job
from tfreg.errors import InputError, check_counts
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.progress import progress
from tfreg.surfaces.minimum import lowest_loss
from tfreg.training.keras_optimizers import check_varied
from tfreg.training.record import versions


class IncompleteError(InputError):
    """Some chunks of a comparison failed; `result` holds all others, with the status `missing` where they would be."""

    def __init__(self, message: str, result: xr.Dataset) -> None:
        super().__init__(message)
        self.result = result


def compare(
    problems: Mapping[str, Problem],
    line_up: Mapping[str, Optimizer | str] | Sequence[str],
    starts: ArrayLike,
    epochs: int,
    *,
    vary: Mapping[str, ArrayLike] | None = None,
    seeds: Iterable[int] | None = None,
    batch_size: int | None = None,
    tolerance: float | Mapping[str, float] = 0.01,
    minimum: Mapping[str, float] | None = None,
    record_every: int = 10,
    trajectories: bool = False,
    store: str | Path | None = None,
    executor: Executor | None = None,
) -> xr.Dataset:
    """Train every problem with every optimizer from every start, and record what became of each run.

    A run has *reached* the tolerance if at a recorded epoch its loss was no more than `tolerance` above the problem's
    minimum, and nothing went wrong later. It has *diverged* if its loss or weights became NaN or infinite, or if it
    never reached and ended higher than it began and than weights of zero are, the model that knows nothing. Else it is
    *stuck*: on its way still, or at rest elsewhere.

    Args:
        problems: by name; all with the same weights.
        line_up: Keras optimizers by name, or names such as `"adam"` and `"sgd:0.1"`.
        starts: a weight vector (n_weights,), or many (S, n_weights).
        epochs: passes over the data, 1 or more.
        vary: hyper-parameters that become axes: `learning_rate`, of every optimizer, and `momentum`, of SGD.
        seeds: of the order of the samples, an axis; only with `batch_size`.
        batch_size: samples per update; all of them if not given.
        tolerance: how far above its minimum a loss counts as reached; one for all problems, or by name.
        minimum: of each problem; `tfreg.minima.lowest_loss` looks for those not given.
        record_every: the loss is looked at every so many epochs and at the last, so that is how exactly the epochs are
            known. Looking takes about three times as long as an epoch.
        trajectories: keep the weights and losses of all recorded epochs.
        store: a folder for the result as Zarr. The same call on the same folder goes on where the last one stopped.
        executor: computes the chunks, any `concurrent.futures.Executor`; this process if not given.

    Returns:
        `final_loss`, `epochs_to_tolerance` (NaN if not reached) and `status` over the axes, `final_weights` with a
        last dimension `weight`, and with `trajectories` also `loss` and `weights` over `epoch`. With a `store` it is
        read from there when it is used.

    Raises:
        InputError: empty, unknown or unfit arguments, or a store that holds something else or cannot be written.
        IncompleteError: chunks failed; all others are in its `result`, and in the store.

    Example:
        >>> result = compare({"BCE": problem}, ["sgd", "adam"], starts, 435, vary={"learning_rate": [0.01, 0.1, 1]})
        >>> (result.status == STATUS.index("reached")).mean("start")
    """
    plan, chosen = _plan(problems, line_up, starts, epochs, vary, seeds, batch_size, record_every, trajectories)
    goals = _by_problem("tolerance", problems, tolerance)
    known = dict(minimum or {})
    _by_problem("minimum", problems, {**dict.fromkeys(problems, 0.0), **known})
    path = None if store is None else Path(store)
    some = next(iter(problems.values()))
    group = chunk_store.open_store(
        path,
        plan,
        coordinates=_coordinates(plan, some),
        dtype=some.dtype,
        attributes=_described(problems, chosen, plan)
        | {"tolerance": goals, "minimum": known, "fingerprint": fingerprint(problems, chosen, plan, goals, known)},
    )
    jobs: dict[tuple[str, str], Job] = {}

    def job_of(chunk: Chunk) -> Job:
        name = chunk.problem
        if (name, chunk.optimizer) not in jobs:
            minima: Any = group.attrs["minimum"]
            if name not in minima:
                # Kept, so that it stays the same when the comparison is taken up again.
                minima = {**minima, name: lowest_loss(problems[name], plan.starts)}
                group.attrs["minimum"] = minima
            nothing = float(problems[name].loss_at(np.zeros(some.n_weights)))
            threshold = minima[name] + goals[name]
            jobs[name, chunk.optimizer] = Job(problems[name], chosen[chunk.optimizer], threshold, nothing)
        return jobs[name, chunk.optimizer]

    done = chunk_store.is_done(group)

    def save(chunk: Chunk, values: Mapping[str, np.ndarray]) -> None:
        try:
            chunk_store.write(group, chunk, values)
        except OSError as error:
            raise chunk_store.cannot_write(path, error) from None

    missing = (chunk for chunk in plan.chunks() if not done[chunk.number])
    with progress("chunks", plan.n_chunks, int(done.sum())) as advance:
        failures = dispatch.compute(missing, job_of, save, executor, advance)
    result = chunk_store.opened(group)
    if path is None:
        result = result.load()
    if failures:
        raise IncompleteError(_in_words(failures, plan.n_chunks), result)
    return result


def _in_words(failures: Mapping[str, Exception], n_chunks: int) -> str:
    named = [f"{name} ({type(why).__name__}: {' '.join(str(why).split()):.150})" for name, why in failures.items()]
    more = f"; and {len(named) - 3} more" if len(named) > 3 else ""
    return (
        f"{len(failures)} of {n_chunks} chunks failed, all others are kept: {'; '.join(named[:3])}{more}; "
        "mend the cause and give the same command again"
    )


def _plan(
    problems: Mapping[str, Problem],
    line_up: Mapping[str, Optimizer | str] | Sequence[str],
    starts: ArrayLike,
    epochs: int,
    vary: Mapping[str, ArrayLike] | None,
    seeds: Iterable[int] | None,
    batch_size: int | None,
    record_every: int,
    trajectories: bool,
) -> tuple[Plan, dict[str, Optimizer]]:
    check_counts(epochs=epochs, record_every=record_every)
    if not problems:
        raise InputError("expected one problem or more, got none")
    some = next(iter(problems.values()))
    for name, problem in problems.items():
        if problem.labels != some.labels or problem.dtype != some.dtype:
            raise InputError(f"expected problems with the same weights; those of {name!r} differ from the first's")
    named = dict(line_up) if isinstance(line_up, Mapping) else {spec: spec for spec in line_up}
    if not named:
        raise InputError("expected one optimizer or more, got none")
    chosen = {name: optimizers.get(spec) for name, spec in named.items()}
    varied = {name: check_axis(name, values) for name, values in (vary or {}).items()}
    for name, optimizer in chosen.items():
        for axis in varied:
            check_varied(optimizer, name, axis)
    if batch_size is not None:
        check_counts(batch_size=batch_size)
    elif seeds is not None:
        raise InputError("seeds: full batches have no order that a seed could draw; give a batch_size")
    numbers = None if seeds is None else tuple(int(seed) for seed in seeds)
    if numbers is not None and (not numbers or min(numbers) < 0):
        raise InputError(f"seeds: expected one or more whole numbers of 0 or more, got {numbers}")
    plan = Plan(
        problems=tuple(problems),
        optimizers=tuple(chosen),
        varied=varied,
        seeds=numbers,
        starts=np.atleast_2d(some.check_weights(starts, "starts")),
        epochs=epochs,
        record_every=record_every,
        batch_size=batch_size,
        trajectories=trajectories,
        updates_per_epoch=max(_updates(problem) for problem in problems.values()),
    )
    return plan, chosen


def _updates(problem: Problem) -> int:
    return max(shape[-1] for shape in problem.shapes) * len(problem.dataset.inputs)


def _by_problem(what: str, problems: Mapping[str, Problem], value: float | Mapping[str, float]) -> dict[str, float]:
    """A number for each problem, checked."""
    values = dict(value) if isinstance(value, Mapping) else dict.fromkeys(problems, value)
    if set(values) != set(problems):
        raise InputError(f"{what}: expected a number for each of {', '.join(problems)}, got {', '.join(values)}")
    for name, number in values.items():
        if not np.isfinite(number) or (what == "tolerance" and number < 0):
            raise InputError(f"{what}: expected a number, a tolerance of 0 or more, got {number} for {name}")
    return {name: float(values[name]) for name in problems}


def _coordinates(plan: Plan, problem: Problem) -> xr.Dataset:
    starts = xr.DataArray(plan.starts, dims=("start", "weight"))
    return xr.Dataset(
        coords={
            "problem": list(plan.problems),
            "optimizer": list(plan.optimizers),
            **({} if plan.seeds is None else {"seed": list(plan.seeds)}),
            **plan.varied,
            "weight": np.array(problem.labels, dtype=object),
            **({"epoch": plan.record_at} if plan.trajectories else {}),
            "start_weights": starts,
        }
    )


def _described(problems: Mapping[str, Problem], chosen: Mapping[str, Optimizer], plan: Plan) -> dict[str, Any]:
    return {
        "problems": {name: f"{one.loss_source} on {one.dataset.name}" for name, one in problems.items()},
        "optimizers": {name: optimizers.plain_config(one) for name, one in chosen.items()},
        "epochs": plan.epochs,
        "record_every": plan.record_every,
        "batch_size": plan.batch_size or "all",
        "versions": versions(),
    }
