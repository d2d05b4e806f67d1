"""Checks of what `compare` is given: each function returns its argument as the grid of runs takes it, or refuses it."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from tfreg import optimizers
from tfreg.checks.errors import InputError, shown, unknown
from tfreg.checks.sizes import check_memory
from tfreg.checks.values import check_precision, check_seed
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.surfaces.grid import check_two_weights, grid_points
from tfreg.training.keras_optimizers import check_varied

_MOST_SEEDS = 10**6  # more are a mistake, such as a range to 10**12


def check_problems(problems: Mapping[str, Problem]) -> dict[str, Problem]:
    """Problems by name.

    Raises:
        InputError: there are none, or their weights are not the same.
    """
    if not problems:
        raise InputError("expected one problem or more, got none")
    first = next(iter(problems.values()))
    for name, problem in problems.items():
        if problem.labels != first.labels or problem.dtype != first.dtype:
            raise InputError(f"expected problems with the same weights; those of {name!r} differ from the first's")
    return dict(problems)


def check_optimizers(
    chosen: Mapping[str, Optimizer | str] | Sequence[str], varied: Iterable[str]
) -> dict[str, Optimizer]:
    """Keras optimizers by name, each with hyper-parameters that can be varied.

    An optimizer object always has a learning rate, and may be varied; a text that names one says that it is wanted.

    Raises:
        InputError: there are none, a name is unknown or given twice, a hyper-parameter cannot be varied, or a learning
            rate is given although learning rates are varied.
    """
    if not isinstance(chosen, Mapping):
        _check_once("optimizers", chosen)
    named = dict(chosen) if isinstance(chosen, Mapping) else {spec: spec for spec in chosen}
    if not named:
        raise InputError("expected one optimizer or more, got none")
    varied = tuple(varied)
    for one in named.values():
        if isinstance(one, str) and ":" in one and "learning_rate" in varied:
            raise InputError(
                f"optimizers: {one!r} names a learning rate, and learning rates are varied; "
                f"give {one.partition(':')[0]!r}, and the rate among those that are varied"
            )
    found = {name: optimizers.get(one) for name, one in named.items()}
    for name, optimizer in found.items():
        for hyperparameter in varied:
            check_varied(optimizer, name, hyperparameter)
    return found


def check_axes(vary: Mapping[str, ArrayLike] | None, dtype: str) -> dict[str, np.ndarray]:
    """The values of each hyper-parameter: numbers above 0 (momentum: from 0 on, below 1), each once in that precision.

    Raises:
        InputError: they are not.
    """
    return {name: _check_axis(name, values, dtype) for name, values in (vary or {}).items()}


def _check_axis(name: str, values: object, dtype: str) -> np.ndarray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected numbers, got {shown(values)}") from None
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name}: expected one value or more in a row, got shape {array.shape}")
    valid = (array >= 0) & (array < 1) if name == "momentum" else (array > 0) & (array < np.inf)
    if not valid.all():
        expected = "from 0 on, below 1" if name == "momentum" else "above 0"
        raise InputError(f"{name}: expected values {expected}, got {array[~valid][0]:g}")
    rounded = check_precision(name, array, dtype)
    _check_once(name, [float(str(one)) for one in rounded])  # 0.1, and not 0.10000000149
    return array


def _check_once(name: str, values: Iterable[object]) -> None:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise InputError(f"{name}: expected each value once, got duplicates: {', '.join(map(str, twice[:5]))}")


def check_starts(starts: ArrayLike | Mapping[str, np.ndarray], problem: Problem) -> np.ndarray:
    """Weight vectors (S, n_weights) from one, many, or a grid of two weights; the others stay as the model holds them.

    Raises:
        InputError: not of that shape, not finite, or a grid of weights that the problem does not have.
    """
    if not isinstance(starts, Mapping):
        return np.atleast_2d(problem.check_weights(starts, "starts"))
    check_two_weights(starts, problem.labels)
    n_starts = math.prod(len(values) for values in starts.values())
    check_memory(f"starts: a grid of {n_starts} points", 4 * 8 * n_starts * problem.n_weights, "give a coarser grid")
    places = grid_points(dict(starts))
    rows = np.tile(problem.initial_weights, (len(places), 1))
    rows[:, [problem.labels.index(name) for name in starts]] = places
    return problem.check_weights(rows, "starts")


def check_seeds(seeds: Iterable[int] | None, batch_size: int | None) -> tuple[int, ...] | None:
    """Seeds for shuffling the samples.

    Raises:
        InputError: there are none, too many, one twice or below 0; or no batch size: full batches are not shuffled.
    """
    if seeds is None:
        return None
    if batch_size is None:
        raise InputError("seeds: full batches are not shuffled, so seeds change nothing; give a batch_size")
    numbers = tuple(islice(seeds, _MOST_SEEDS + 1))
    if not numbers:
        raise InputError("seeds: expected one whole number or more, got none")
    if len(numbers) > _MOST_SEEDS:
        raise InputError(f"seeds: expected no more than {_MOST_SEEDS}, got more; give fewer")
    for seed in numbers:
        check_seed("seeds", seed)
    _check_once("seeds", numbers)
    return tuple(int(seed) for seed in numbers)


def check_tolerance(
    tolerance: float | Mapping[str, float] | None, problems: Mapping[str, Problem]
) -> dict[str, float] | None:
    """A tolerance for each problem; None if it is to be derived from the minimum.

    Raises:
        InputError: a problem is without one, or it is below 0 or no finite number.
    """
    if tolerance is None:
        return None
    by_name = dict(tolerance) if isinstance(tolerance, Mapping) else dict.fromkeys(problems, tolerance)
    if set(by_name) != set(problems):
        raise InputError(f"tolerance: expected a number for each of {', '.join(problems)}, got {', '.join(by_name)}")
    for name, number in by_name.items():
        if not (np.isfinite(number) and number >= 0):
            raise InputError(f"tolerance: expected a number of 0 or more, got {number} for {name}")
    return {name: float(by_name[name]) for name in problems}


def check_minimum(minimum: Mapping[str, float] | None, problems: Mapping[str, Problem]) -> dict[str, float]:
    """The lowest loss of the problems for which it is given.

    Raises:
        InputError: it is no finite number, or of a problem that is not compared.
    """
    for name, number in (minimum or {}).items():
        if name not in problems:
            raise unknown("problem with a minimum", name, problems)
        if not np.isfinite(number):
            raise InputError(f"minimum: expected a finite number, got {number} for {name}")
    return {name: float(number) for name, number in (minimum or {}).items()}
