"""`compare`: problems, optimizers, hyper-parameters, seeds and starts, all with all, in one labelled result.

Conventions: the result is an `xarray.Dataset` over `problem`, `optimizer`, then `seed` and each varied hyper-parameter
where given, and `start`. The outcome of a run is its `status`, a small number with its meaning in the attributes
(`flag_meanings`): reached, not_reached, diverged; -1 is missing.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr
import zarr

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, Count, FilePath, Numbers, Seed, checked
from tfreg.checks.values import check_counts
from tfreg.comparison import arguments, zarr_store
from tfreg.comparison.estimate import check_fits, estimate
from tfreg.comparison.execution import compute
from tfreg.comparison.fingerprint import fingerprint
from tfreg.comparison.labels import labels
from tfreg.comparison.run_grid import Chunk, RunGrid, Schedule
from tfreg.comparison.worker import Training
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.process.locks import lock
from tfreg.process.own_code import cause
from tfreg.process.progress import progress
from tfreg.surfaces.minimum import targets


class IncompleteError(InputError):
    """Some chunks of a comparison failed; `result` holds all others, with the status `missing` where they would be."""

    def __init__(self, message: str, result: xr.Dataset) -> None:
        super().__init__(message)
        self.result = result


@checked
def compare(
    problems: Mapping[str, Problem],
    optimizers: Mapping[str, Optimizer | str] | Sequence[str],
    starts: Numbers | Mapping[str, Array],
    epochs: Count,
    *,
    vary: Mapping[str, Numbers] | None = None,
    seeds: Iterable[Seed] | None = None,
    batch_size: Count | None = None,
    tolerance: float | Mapping[str, float] | None = None,
    minimum: Mapping[str, float] | None = None,
    record_every: Count = 10,
    trajectories: bool = False,
    store: FilePath | None = None,
    executor: Executor | None = None,
) -> xr.Dataset:
    """Train every problem with every optimizer from every start, and record the outcome of each run.

    A run has *reached* the tolerance if at a recorded epoch its loss was no more than `tolerance` above the problem's
    minimum, and nothing went wrong later. It has *diverged* if its loss or weights became NaN or infinite, or if it
    never reached and ended higher than it began and than weights of zero, the constant prediction. Otherwise it has
    *not reached* the tolerance: it is still on its way, or at rest elsewhere.

    Args:
        problems: by name; all with the same weights.
        optimizers: Keras optimizers by name, or names such as `"adam"` and `"sgd:0.1"`.
        starts: a weight vector (n_weights,), many (S, n_weights), or a grid of two weights as `tfreg.grid` gives it.
        epochs: passes over the data, 1 or more.
        vary: hyper-parameters that become axes: `learning_rate`, of every optimizer, and `momentum`, of SGD.
        seeds: for shuffling the samples, an axis; only with `batch_size`.
        batch_size: samples per update; all of them if not given.
        tolerance: how far above its minimum a loss counts as reached, one for all problems or by name; 1 % of the way
            from weights of zero to the minimum if not given.
        minimum: the lowest loss by problem; those not given are found by `tfreg.surfaces.targets`.
        record_every: evaluate the loss every so many epochs and at the last; the epochs to tolerance are known this
            exactly. An evaluation takes about as long as three epochs.
        trajectories: keep the weights and losses of all recorded epochs.
        store: a folder for the result as Zarr. The same call on the same folder resumes where the last one stopped.
        executor: computes the chunks, any `concurrent.futures.Executor`; this process if not given.

    Returns:
        Over the axes: `reached`, `status`, `final_loss`, `epochs_to_tolerance` (NaN for a run that has not
        reached it) and, with a last dimension `weight`, `final_weights`; with `trajectories` also `loss` and `weights`
        over `epoch`. Over `problem`: `minimum`, `tolerance`, `loss_source` and `dataset`; over `optimizer`:
        `optimizer_config`. The coordinate `start_weights` holds the starts. With a `store` it is read from there when
        it is used.

    Raises:
        InputError: empty, unknown or unfit arguments, or a store that holds something else or cannot be written.
        IncompleteError: chunks failed; all others are in its `result`, and in the store.

    Example:
        >>> result = compare({"BCE": problem}, ["sgd", "adam"], starts, 435, vary={"learning_rate": [0.01, 0.1, 1]})
        >>> result.reached.mean("start")
    """
    check_counts(epochs=epochs, record_every=record_every, **({} if batch_size is None else {"batch_size": batch_size}))
    problems = arguments.check_problems(problems)
    varied = arguments.check_axes(vary, next(iter(problems.values())).dtype)
    grid = RunGrid(
        problems=problems,
        optimizers=arguments.check_optimizers(optimizers, varied),
        varied=varied,
        seeds=arguments.check_seeds(seeds, batch_size),
        starts=arguments.check_starts(starts, next(iter(problems.values()))),
        schedule=Schedule(epochs, record_every, batch_size, trajectories),
        tolerance=arguments.check_tolerance(tolerance, problems),
        minimum=arguments.check_minimum(minimum, problems),
    )
    path = None if store is None else Path(store)
    check_fits(grid, path)
    return _run(grid, path, executor)


def _run(grid: RunGrid, path: Path | None, executor: Executor | None) -> xr.Dataset:
    """Compute the chunks that the store does not hold yet, while no other process works on it."""
    with nullcontext() if path is None else lock(path, "a comparison"):
        return _run_alone(grid, path, executor)


def _run_alone(grid: RunGrid, path: Path | None, executor: Executor | None) -> xr.Dataset:
    group = zarr_store.open_store(path, grid, labels(grid).assign_attrs(fingerprint=fingerprint(grid)))
    done = zarr_store.done_chunks(group, grid)
    size = estimate(grid)
    if size.is_long and not done.all():
        print(f"comparing {size}; {int(done.sum())} of {grid.n_chunks} chunks are done", file=sys.stderr, flush=True)

    def save(chunk: Chunk, values: Mapping[str, Array]) -> None:
        try:
            zarr_store.write(group, chunk, values)
        except OSError as error:
            raise zarr_store.cannot_write(path, error) from None

    missing = (chunk for chunk in grid.chunks() if not done[chunk.number])
    with progress("chunks", grid.n_chunks, int(done.sum())) as advance:
        failures = compute(missing, _trainings(grid, group), save, executor, advance)
    result = zarr_store.open_result(group)
    if path is None:
        result = result.load()
    _say_if_minimum_is_high(result)
    if failures:
        raise IncompleteError(_as_text(failures, grid.n_chunks), result) from next(iter(failures.values()))
    return result


def _say_if_minimum_is_high(result: xr.Dataset) -> None:
    """Tell of each problem whose minimum, given or found, some run goes below by more than rounding."""
    lowest = result.final_loss.min([name for name in result.final_loss.dims if name != "problem"])
    margin = np.maximum(result.tolerance / 100, 1e-6 * np.maximum(1, abs(result.minimum)))
    for name in result.problem.values[(lowest < result.minimum - margin).values]:
        one = result.sel(problem=name)
        print(
            f"{name}: a run ends at a loss of {float(lowest.sel(problem=name)):.6g}, below the minimum "
            f"{float(one.minimum):.6g} by which runs are judged; give minimum={{{str(name)!r}: …}}",
            file=sys.stderr,
        )


def _trainings(grid: RunGrid, group: zarr.Group) -> Callable[[Chunk], Training]:
    """A function from a chunk to its problem and optimizer, the same object for the same pair."""

    @cache
    def training(name: str, optimizer: str) -> Training:
        problem = grid.problems[name]
        minimum, tolerance = _target(grid, group, name)
        return Training(problem, grid.optimizers[optimizer], minimum + tolerance, _loss_of_zeros(problem))

    return lambda chunk: training(chunk.problem, chunk.optimizer)


def _target(grid: RunGrid, group: zarr.Group, name: str) -> tuple[float, float]:
    """The minimum and the tolerance of a problem; found, and kept in the store, if they are not there yet."""
    number, problem = list(grid.problems).index(name), grid.problems[name]
    minimum, tolerance = zarr_store.read_target(group, number)
    if np.isnan(minimum) or np.isnan(tolerance):
        found = targets({name: problem}, minimum=grid.minimum)
        minimum = float(found.minimum[0])
        tolerance = float(found.tolerance[0]) if np.isnan(tolerance) else tolerance
        if not np.isfinite(tolerance):
            raise InputError(f"the loss of weights of zero is not finite for {name}, so give a tolerance yourself")
        zarr_store.write_target(group, number, minimum, tolerance)
    return minimum, tolerance


def _loss_of_zeros(problem: Problem) -> float:
    return float(problem.loss_at(np.zeros(problem.n_weights)))


def _as_text(failures: Mapping[str, Exception], n_chunks: int) -> str:
    named = [f"{name} ({cause(why):.150})" for name, why in failures.items()]
    more = f"; and {len(named) - 3} more" if len(named) > 3 else ""
    return (
        f"{len(failures)} of {n_chunks} chunks failed, all others are kept: {'; '.join(named[:3])}{more}; "
        "fix the cause and rerun the same command"
    )
