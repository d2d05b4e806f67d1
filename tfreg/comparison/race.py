"""The race of optimizers: mean ranks over data sets and starts at every budget, with intervals, and the winners."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Count, Seed, checked
from tfreg.checks.records import Race, RateTrajectories
from tfreg.comparison.analysis import log_excess


@checked
def race(
    result: RateTrajectories, tuning: Mapping[str, object], n_resamples: Count = 1000, seed: Seed = 0
) -> xr.Dataset:
    """Rank optimizers at every budget, each at the learning rate that was best there on the runs for tuning.

    Args:
        result: a comparison with learning rates and trajectories. Problems are drawn data sets of the same question.
        tuning: the runs that choose the rates, as `{"problem": names, "start": numbers}`; the runs that are neither of
            these problems nor of these starts are judged.
        n_resamples: for the intervals.
        seed: of the resampling.

    Returns:
        Over `epoch` (the budget) and `optimizer`: `rank`, the mean over data sets and starts (1 is best), with a 95 %
        interval `low` to `high` (data sets and starts are drawn again, both with replacement: the pigeonhole bootstrap
        of Owen 2007, Ann. Appl. Stat. 1, 386), `rate`, and `excess`, the mean excess in powers of ten.

    Raises:
        InputError: no runs are left for tuning or to be judged.
    """
    if set(tuning) != {"problem", "start"}:
        raise InputError(f"tuning: expected the keys problem and start, got {', '.join(tuning) or 'none'}")
    excess = log_excess(result, result.loss)
    problems = np.isin(excess.problem.values, np.asarray(tuning["problem"]))
    starts = np.isin(np.arange(excess.sizes["start"]), np.asarray(tuning["start"]))
    tuned, judged = excess.isel(problem=problems, start=starts), excess.isel(problem=~problems, start=~starts)
    if not tuned.size or not judged.size:
        raise InputError("a race needs runs for tuning and others to be judged; give both more problems and starts")
    best = tuned.mean(["problem", "start"]).argmin("learning_rate")
    at_best = judged.isel(learning_rate=best).transpose("epoch", "problem", "start", "optimizer")
    ranks = rankdata(at_best.values, axis=-1)
    low, high = np.quantile(_resampled_means(ranks, n_resamples, seed), (0.025, 0.975), axis=0)
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


def _resampled_means(ranks: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """Mean ranks (n_resamples, epochs, optimizers) over problems and starts drawn again from axes 1 and 2."""
    random = np.random.default_rng(seed)
    n_problems, n_starts = ranks.shape[1:3]
    means = []
    for _ in range(n_resamples):
        problems, starts = random.integers(n_problems, size=n_problems), random.integers(n_starts, size=n_starts)
        means.append(ranks[:, problems][:, :, starts].mean((1, 2)))
    return np.stack(means)


@checked
def winners(raced: Race) -> list[tuple[int, str]]:
    """The winners of a race, each with the budget in epochs from which on it wins.

    The first has the best mean rank. It is followed when the whole interval of another's rank is better than its own
    mean rank; a change that the intervals do not bear out is none.

    Example:
        >>> winners(raced)  # such as [(10, 'adafactor'), (60, 'nadam')]
    """
    won: list[tuple[int, str]] = []
    for epoch in raced.epoch.values:
        now = raced.sel(epoch=epoch)
        best = str(now.optimizer.values[np.argmin(now["rank"].values)])
        if not won or float(now.high.sel(optimizer=best)) < float(now["rank"].sel(optimizer=won[-1][1])):
            won.append((int(epoch), best))
    return won
