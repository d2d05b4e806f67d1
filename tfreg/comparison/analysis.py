"""What a comparison says: shares, best learning rates, ranks, and how sure one can be.

Conventions: a comparison is what `tfreg.compare` returns. A loss is judged by its *excess* over the problem's minimum,
in powers of ten, so that ten times as far counts as much at every height; a loss that is NaN or infinite is the worst
there is. Tables are pandas data frames, ready to be printed or saved.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from tfreg.comparison.run_grid import STATUS
from tfreg.errors import InputError

# Excess in powers of ten: below the first is rounding, in single and in double precision, and nothing is worse than the
# last.
BEST, WORST = {"float32": -6.0, "float64": -12.0}, 3.0


def is_status(result: xr.Dataset, status: str) -> xr.DataArray:
    """Which runs have this status: `reached`, `stuck` or `diverged`."""
    return result.status == STATUS.index(status)


def log_excess(result: xr.Dataset, loss: xr.DataArray | None = None) -> xr.DataArray:
    """The base-10 logarithm of a loss above its problem's minimum, within `BEST` and `WORST`; the final loss if none.

    Example:
        >>> log_excess(result).sel(problem="BCE", optimizer="adam").median("start")
    """
    minima = xr.DataArray(
        # A problem that could not be computed has none.
        [result.attrs["minimum"].get(name, np.nan) for name in result.problem.values.tolist()],
        {"problem": result.problem.values},
    )
    excess = (result.final_loss if loss is None else loss).astype(np.float64) - minima
    bounded = xr.apply_ufunc(np.log10, excess.clip(10.0 ** BEST[str(result.final_loss.dtype)], 10.0**WORST))
    return bounded.where(np.isfinite(excess), WORST)


def best_rates(result: xr.Dataset) -> xr.DataArray:
    """The learning rate of each problem and optimizer with the lowest mean excess over all starts, seeds and the rest.

    Raises:
        InputError: the comparison has no axis of learning rates.
    """
    return result.learning_rate[_score(log_excess(result)).argmin("learning_rate")].drop_vars("learning_rate")


def _score(excess: xr.DataArray) -> xr.DataArray:
    if "learning_rate" not in excess.dims:
        raise InputError("expected a comparison with an axis of learning rates; give vary={'learning_rate': …}")
    kept = ("problem", "optimizer", "learning_rate", "epoch")
    return excess.mean([name for name in excess.dims if name not in kept])


def most_reached_rates(result: xr.Dataset) -> xr.DataArray:
    """The learning rate of each problem and optimizer that brings most starts to the tolerance; the lowest if equal."""
    shares = is_status(result, "reached").mean("start")
    return result.learning_rate[shares.argmax("learning_rate")].drop_vars("learning_rate")


def at_best_rate(result: xr.Dataset) -> xr.Dataset:
    """The comparison with each problem and optimizer at its own best learning rate."""
    return result.sel(learning_rate=best_rates(result))


def good_range(result: xr.Dataset, share: float = 0.9) -> xr.Dataset:
    """How forgiving the choice of a learning rate is.

    Args:
        result: a comparison with learning rates.
        share: of the starts that the best rate brings to the tolerance, how much another must bring there to be good.

    Returns:
        `low`, `high` (the lowest and the highest good rate, NaN if none is) and `decades`, how many powers of ten the
        good rates cover: each stands for its share of the logarithmic axis.
    """
    reached = is_status(result, "reached")
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


def race(result: xr.Dataset, tuning: Mapping[str, object], n_resamples: int = 1000, seed: int = 0) -> xr.Dataset:
    """Rank optimizers at every budget, each at the learning rate that was best there on the runs for tuning.

    Args:
        result: a comparison with learning rates and trajectories. Problems are drawn data sets of the same question.
        tuning: which runs choose the rates, as `{"problem": names, "start": numbers}`; the runs that are neither of
            these problems nor of these starts are judged.
        n_resamples: for the intervals.
        seed: of the resampling.

    Returns:
        Over `epoch` (the budget) and `optimizer`: `rank`, the mean over data sets and starts (1 is best), with a 95 %
        interval `low` to `high` (data sets and starts are drawn again, both with replacement: the pigeonhole bootstrap
        of Owen 2007, Ann. Appl. Stat. 1, 386), `rate`, and `excess`, the mean excess in powers of ten.

    Raises:
        InputError: nothing is left to be judged.
    """
    excess = log_excess(result, result.loss)
    chosen = {"problem": excess.problem.isin(tuning["problem"]), "start": xr.zeros_like(excess.start, dtype=bool)}
    starts = np.isin(np.arange(excess.sizes["start"]), np.asarray(tuning["start"]))
    tuned = excess.isel(problem=chosen["problem"].values, start=starts)
    judged = excess.isel(problem=~chosen["problem"].values, start=~starts)
    if not tuned.size or not judged.size:
        raise InputError("a race needs runs for tuning and others to be judged; give both more problems and starts")
    best = tuned.mean(["problem", "start"]).argmin("learning_rate")
    at_best = judged.isel(learning_rate=best).transpose("epoch", "problem", "start", "optimizer")
    ranks = rankdata(at_best.values, axis=-1)
    random = np.random.default_rng(seed)
    n_sets, n_starts = ranks.shape[1:3]
    means = np.stack(
        [
            ranks[:, random.integers(n_sets, size=n_sets)][:, :, random.integers(n_starts, size=n_starts)].mean((1, 2))
            for _ in range(n_resamples)
        ]
    )
    low, high = np.quantile(means, (0.025, 0.975), axis=0)
    over = ("epoch", "optimizer")
    return xr.Dataset(
        {
            "rank": (over, ranks.mean((1, 2))),
            "low": (over, low),
            "high": (over, high),
            "rate": (over, result.learning_rate.values[best.transpose(*over).values]),
            "excess": (over, at_best.mean(["problem", "start"]).values),
        },
        coords={"epoch": excess.epoch.values, "optimizer": excess.optimizer.values},
    )


def winners(raced: xr.Dataset) -> list[tuple[int, str]]:
    """The winners of a race: each with the budget, in epochs, from which on it wins.

    The first has the best mean rank. It is followed when the whole interval of another's rank is better than its own
    mean rank; a change that the intervals do not bear out is none.

    Example:
        >>> winners(raced)
        [(10, 'adafactor'), (60, 'nadam')]
    """
    won: list[tuple[int, str]] = []
    for epoch in raced.epoch.values:
        now = raced.sel(epoch=epoch)
        best = str(now.optimizer.values[np.argmin(now["rank"].values)])
        if not won or float(now.high.sel(optimizer=best)) < float(now["rank"].sel(optimizer=won[-1][1])):
            won.append((int(epoch), best))
    return won
