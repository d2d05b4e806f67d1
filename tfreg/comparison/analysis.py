"""Reading a comparison: excess losses, best learning rates, and grids of starts.

Conventions: a comparison is what `tfreg.compare` returns. A loss is judged by its *excess* over the problem's minimum,
in powers of ten, so that ten times as far counts as much at every height; a loss that is NaN or infinite is the worst
there is.
"""

import numpy as np
import pandas as pd
import xarray as xr

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import checked
from tfreg.checks.records import Comparison, OptimizerComparison
from tfreg.comparison.run_grid import STATUS

# Excess in powers of ten: below the first is rounding, in single and in double precision, and nothing is worse than the
# last.
BEST, WORST = {"float32": -6.0, "float64": -12.0}, 3.0


@checked
def diverged(result: Comparison) -> xr.DataArray:
    """A flag for each run, True if it has diverged.

    Example:
        >>> diverged(result).mean("start")
    """
    return result.status == STATUS.index("diverged")


@checked
def log_excess(result: Comparison, loss: xr.DataArray | None = None) -> xr.DataArray:
    """The base-10 logarithm of a loss above its problem's minimum, within `BEST` and `WORST`; the final loss if none.

    Example:
        >>> log_excess(result).sel(problem="BCE", optimizer="adam").median("start")
    """
    excess = (result.final_loss if loss is None else loss).astype(np.float64) - result.minimum
    bounded = xr.apply_ufunc(np.log10, excess.clip(10.0 ** BEST[str(result.final_loss.dtype)], 10.0**WORST))
    return bounded.where(np.isfinite(excess), WORST)


@checked
def best_rates(result: OptimizerComparison) -> xr.DataArray:
    """The learning rate of each problem and optimizer with the lowest mean excess over all starts, seeds and the rest.

    Raises:
        InputError: the comparison has no axis of learning rates.
    """
    excess = log_excess(result)
    _check_rates(result)
    kept = ("problem", "optimizer", "learning_rate")
    score = excess.mean([name for name in excess.dims if name not in kept])
    return result.learning_rate[score.argmin("learning_rate")].drop_vars("learning_rate")


def _check_rates(result: xr.Dataset) -> None:
    if "learning_rate" not in result.dims:
        raise InputError("expected a comparison with an axis of learning rates; give vary={'learning_rate': …}")


@checked
def most_reached_rates(result: OptimizerComparison) -> xr.DataArray:
    """The learning rate of each problem and optimizer that brings most starts to the tolerance; the lowest if equal.

    Raises:
        InputError: the comparison has no axis of learning rates.
    """
    _check_rates(result)
    shares = result.reached.mean("start")
    return result.learning_rate[shares.argmax("learning_rate")].drop_vars("learning_rate")


@checked
def at_best_rate(result: OptimizerComparison) -> xr.Dataset:
    """The comparison with each problem and optimizer at its own best learning rate.

    Raises:
        InputError: the comparison has no axis of learning rates.
    """
    return result.sel(learning_rate=best_rates(result))


@checked
def good_range(result: OptimizerComparison, share: float = 0.9) -> xr.Dataset:
    """The range of good learning rates of each problem and optimizer.

    Args:
        result: a comparison with learning rates.
        share: a rate is good if it brings this share of the starts to the tolerance that the best rate brings there.

    Returns:
        `low`, `high` (the lowest and the highest good rate, NaN if none is) and `decades`, the powers of ten that the
        good rates cover: each stands for its share of the logarithmic axis.

    Raises:
        InputError: the comparison has no axis of learning rates.
    """
    _check_rates(result)
    reached = result.reached
    shares = reached.mean([name for name in reached.dims if name not in ("problem", "optimizer", "learning_rate")])
    good = (shares >= share * shares.max("learning_rate")) & (shares.max("learning_rate") > 0)
    rates = result.learning_rate.where(good)
    widths = np.gradient(np.log10(result.learning_rate.values)) if result.sizes["learning_rate"] > 1 else [0.0]
    width = xr.DataArray(np.asarray(widths), {"learning_rate": result.learning_rate.values})
    return xr.Dataset(
        {
            "low": rates.min("learning_rate"),
            "high": rates.max("learning_rate"),
            "decades": (good * width).sum("learning_rate"),
        }
    )


@checked
def grid_of_starts(result: Comparison) -> tuple[str, str] | None:
    """The two weights whose values the starts combine, each with each; None if the starts are no such grid."""
    if "start" not in result.dims:
        return None
    starts, names = result.start_weights.transpose("start", "weight").values, result.weight.values.tolist()
    varying = [column for column in range(len(names)) if len(names) == 2 or np.ptp(starts[:, column]) > 0]
    if len(varying) != 2:
        return None
    places = starts[:, varying]
    n_cells = len(np.unique(places[:, 0])) * len(np.unique(places[:, 1]))
    if not n_cells == len(places) == len(np.unique(places, axis=0)):
        return None
    return names[varying[0]], names[varying[1]]


@checked
def unstack_starts(result: Comparison) -> xr.Dataset:
    """The comparison with two dimensions instead of `start`, named by the two weights that the starts combine.

    Raises:
        InputError: the starts are no grid of two weights.

    Example:
        >>> result = compare({"BCE": problem}, ["adam"], tfreg.grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2)), epochs=435)
        >>> unstack_starts(result).reached.sel(problem="BCE", optimizer="adam").sizes
        Frozen({'w0': 65, 'w1': 55})
    """
    names = grid_of_starts(result)
    if names is None:
        raise InputError("expected a comparison whose starts are a grid of two weights; give starts=tfreg.grid(…)")
    places = result.start_weights.sel(weight=list(names)).transpose("start", "weight").values
    order = np.lexsort((places[:, 1], places[:, 0]))
    index = pd.MultiIndex.from_arrays(list(places[order].T), names=names)
    by_place = result.drop_vars("start_weights").isel(start=order)
    unstacked = by_place.assign_coords(xr.Coordinates.from_pandas_multiindex(index, "start")).unstack("start")
    return unstacked.map(lambda values: values.transpose(*_unstacked(result[values.name].dims, names)))


def _unstacked(dimensions: tuple[object, ...], names: tuple[str, str]) -> list[object]:
    """Dimensions with the names of two weights where `start` was."""
    return [new for old in dimensions for new in (names if old == "start" else (old,))]
