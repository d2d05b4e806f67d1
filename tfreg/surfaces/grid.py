"""Grids of two weights, or of the two directions of a plane, and the windows that hold given paths.

Conventions: a grid is a mapping of two names to their values, rising, the first name first.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import xarray as xr

from tfreg.checks.errors import InputError, shown, unknown
from tfreg.checks.kinds import Array, Numbers, checked, worded
from tfreg.checks.records import Runs
from tfreg.checks.sizes import check_memory
from tfreg.checks.values import check_array, check_number

Grid = Annotated[dict[str, Array], worded("a grid as tfreg.grid gives it", dict[str, Array])]


@checked
def grid(**ranges: tuple[float, float, float]) -> Grid:
    """Two weights and their values, each given as (first, end, step) with the end left out, as in `numpy.arange`.

    Labels that are no Python names go in as `grid(**{"hidden/kernel[0,0]": (-1, 1, 0.1), ...})`.

    Raises:
        InputError: not two weights, or a range without values.

    Example:
        >>> {name: len(values) for name, values in grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2)).items()}
        {'w0': 65, 'w1': 55}
    """
    if len(ranges) != 2:
        raise InputError(f"grid: expected two weights, got {', '.join(ranges) or 'none'}")
    return {name: _values(name, range_) for name, range_ in ranges.items()}


def _values(name: str, range_: object) -> np.ndarray:
    try:
        first, end, step = (float(part) for part in range_)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        first = end = step = math.nan
    if math.isfinite(end - first) and 0 < step < np.inf and end > first:
        check_memory(
            f"grid: {name} in steps of {step:g}", round(min((end - first) / step, 1e300)) * 8, "give a larger step"
        )
        return np.arange(first, end, step)
    raise InputError(f"grid: expected {name}=(first, end above first, step above 0), got {shown(range_)}")


def check_two_weights(over: Mapping[str, object], labels: Sequence[str]) -> None:
    """Refuse a grid that is not over two of a problem's weights.

    Raises:
        InputError: another number of axes, or the name of another weight.
    """
    if len(over) != 2:
        raise InputError(f"expected a grid of two weights, got {', '.join(over) or 'none'}; make one with tfreg.grid")
    for name in over:
        if name not in labels:
            raise unknown("weight", name, labels)


@checked
def grid_points(over: Grid) -> np.ndarray:
    """All points of a grid as rows (n_points, 2), the second name running fastest.

    Raises:
        InputError: not two names, or values that are not in a row.
    """
    if len(over) != 2:
        raise InputError(f"over: expected a grid of two weights, got {', '.join(over) or 'none'}")
    axes = [check_array(f"over: {name!r}", values, "n_values", finite=True) for name, values in over.items()]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


@checked
def grid_around(points: Numbers, names: tuple[str, str] = ("u", "v"), margin: float = 0.25, steps: int = 81) -> Grid:
    """A grid that holds all the points (…, 2), with room around them.

    A direction in which the points (nearly) agree gets a quarter of the other's extent; a single point gets 1.

    Args:
        points: what has to be inside.
        names: of the two directions.
        margin: the room at each side, as a share of the extent.
        steps: the number of values in each direction, 2 or more.

    Raises:
        InputError: a margin below 0, or fewer than 2 steps.

    Example:
        >>> {name: (float(values[0]), float(values[-1])) for name, values in grid_around([(0, 0), (4, 8)]).items()}
        {'u': (-1.0, 5.0), 'v': (-2.0, 10.0)}
    """
    check_number("margin", margin, least=0)
    if steps < 2:
        raise InputError(f"steps: expected a whole number of 2 or more, got {shown(steps)}")
    check_memory(f"a grid of {steps} steps in each direction", 2 * 8 * steps, "give fewer steps")
    rows = check_array("points", points, ..., 2, finite=True).reshape(-1, 2)
    low, high = rows.min(axis=0), rows.max(axis=0)
    longest = (high - low).max()
    extent = np.maximum(high - low, longest / 4 if longest > 0 else 1.0)
    middle, half = (low + high) / 2, extent * (0.5 + margin)
    ends = zip(middle - half, middle + half, strict=True)
    return dict(zip(names, (np.linspace(*end, steps) for end in ends), strict=True))


def weights_of(runs: Runs) -> np.ndarray:
    """The recorded weight vectors (n, n_weights) of a run, or of a mapping of runs, that a window has to hold.

    Those are all finite ones, and of a run that diverges only those with no more than its first loss.

    Raises:
        InputError: something else than runs, runs of different weights, or no finite weights at all.
    """
    found = np.concatenate(_rows(runs))
    finite = found[np.isfinite(found).all(axis=1)]
    if not len(finite):
        raise InputError("around: expected a run with finite weights, got none")
    return finite


def _rows(runs: Runs) -> list[np.ndarray]:
    if isinstance(runs, Mapping) and not isinstance(runs, xr.Dataset):
        rows = [part for run in runs.values() for part in _rows(run)]
        widths = {part.shape[1] for part in rows}
        if len(widths) != 1:
            got = "none" if not widths else f"runs of {', '.join(map(str, sorted(widths)))} weights"
            raise InputError(f"around: expected runs of the same weights, got {got}")
        return rows
    if not isinstance(runs, xr.Dataset) or "weights" not in runs or "weight" not in runs.weights.dims:
        raise InputError(f"around: expected runs as train returns them, got {type(runs).__name__}")
    weights = runs.weights.transpose(..., "weight").values.astype(np.float64)
    if "loss" in runs and "epoch" in runs.loss.dims and runs.sizes["epoch"]:
        weights = weights[_counts(runs.loss.transpose(*runs.weights.transpose(..., "weight").dims[:-1]))]
    return [weights.reshape(-1, weights.shape[-1])]


def _counts(loss: xr.DataArray) -> np.ndarray:
    """False where a run that ends well above its start, or not at a number, is above its start."""
    first, last = loss.isel(epoch=[0]), loss.isel(epoch=[-1])
    diverges = ~(last.values <= 1.05 * np.abs(first.values))
    return ~diverges | (loss.values <= first.values)
