"""Tables of comparisons, a pandas data frame each: ready to be printed, saved as CSV, or looked at in a notebook.

Conventions: shares lie between 0 and 1; epochs are infinite for a run that has not reached the tolerance.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from tfreg.checks.kinds import checked
from tfreg.checks.records import Comparison, OptimizerComparison, PlainComparison, Race, StartComparison
from tfreg.comparison.analysis import at_best_rate, diverged, good_range
from tfreg.comparison.intervals import wilson_interval
from tfreg.comparison.run_grid import STATUS

_STATUS_AS_TEXT = [*(name.replace("_", " ") for name in STATUS), "missing"]  # the last is that of status -1


@checked
def summary(result: OptimizerComparison) -> pd.DataFrame:
    """A row for each problem and optimizer, at its best learning rate if there is more than one.

    Columns: `best rate`, `share reached` with the ends of its 95 % interval (Wilson), the shares `not reached` and
    `diverged`, the median of the epochs to tolerance, and the median of the final loss.
    """
    best = at_best_rate(result) if "learning_rate" in result.dims else result
    rows = []
    for problem, optimizer, runs in _pairs(best):
        n_reached, n_runs = int(runs.reached.sum()), runs.reached.size
        low, high = wilson_interval(n_reached, n_runs)
        rows.append(
            {
                "problem": problem,
                "optimizer": optimizer,
                **({"best rate": float(runs.learning_rate)} if "learning_rate" in best.coords else {}),
                "share reached": n_reached / n_runs,
                "from": low,
                "to": high,
                "not reached": float((runs.status == STATUS.index("not_reached")).mean()),
                "diverged": float(diverged(runs).mean()),
                "median epochs": _median_epochs(runs),
                "median final loss": float(runs.final_loss.median()),
            }
        )
    return pd.DataFrame(rows)


def _pairs(result: xr.Dataset) -> Iterator[tuple[str, str, xr.Dataset]]:
    """Each problem with each optimizer, and their runs."""
    for problem in result.problem.values.tolist():
        for optimizer in result.optimizer.values.tolist():
            yield problem, optimizer, result.sel(problem=problem, optimizer=optimizer)


def _median_epochs(runs: xr.Dataset) -> float:
    return float(np.median(runs.epochs_to_tolerance.fillna(np.inf)))


@checked
def by_start(result: PlainComparison) -> pd.DataFrame:
    """A row for each problem, optimizer and start of a comparison without further axes.

    Columns: the number of the `start`, its weights by their names, `epochs to tolerance`, `final loss` and `status`.

    Example:
        >>> table = by_start(at_best_rate(result))
        >>> table[(table.w0 == -10) & (table.w1 == -1)]
    """
    weights = result.weight.values.tolist()
    return pd.DataFrame(
        {
            "problem": problem,
            "optimizer": optimizer,
            "start": number,
            **dict(zip(weights, result.start_weights.isel(start=number).values.tolist(), strict=True)),
            "epochs to tolerance": float(run.epochs_to_tolerance),
            "final loss": float(run.final_loss),
            "status": _STATUS_AS_TEXT[int(run.status)],
        }
        for problem, optimizer, runs in _pairs(result)
        for number in range(result.sizes["start"])
        for run in [runs.isel(start=number)]
    )


@checked
def by_seed(result: StartComparison) -> pd.DataFrame:
    """A row for each problem, optimizer and start: mean and standard deviation of the final loss over the seeds."""
    return pd.DataFrame(
        {
            "problem": problem,
            "optimizer": optimizer,
            "start": start,
            "mean final loss": float(over_seeds.final_loss.mean()),
            "standard deviation": float(over_seeds.final_loss.std()),
            "share reached": float(over_seeds.reached.mean()),
            "median epochs": _median_epochs(over_seeds),
        }
        for problem, optimizer, runs in _pairs(result)
        for start in range(result.sizes["start"])
        for over_seeds in [runs.isel(start=start)]
    )


@checked
def by_status(result: Comparison) -> pd.DataFrame:
    """The number of runs with each status, of all axes together, and their share."""
    counts = {name: int((result.status == code).sum()) for code, name in enumerate(_STATUS_AS_TEXT[:-1])}
    return pd.DataFrame(
        {"status": name, "runs": count, "share": count / result.status.size} for name, count in counts.items()
    )


@checked
def good_rates(result: OptimizerComparison) -> pd.DataFrame:
    """`summary` with the good range of learning rates: its ends, and the powers of ten that are good."""
    good, table = good_range(result), summary(result)
    for column, name in (("good from", "low"), ("good to", "high"), ("good decades", "decades")):
        table[column] = [
            float(good[name].sel(problem=p, optimizer=o)) for p, o in zip(table.problem, table.optimizer, strict=True)
        ]
    return table


@checked
def ranking(raced: Race) -> pd.DataFrame:
    """The end of a race, best rank first."""
    last = raced.isel(epoch=-1)
    table = pd.DataFrame(
        {
            "optimizer": last.optimizer.values,
            "learning rate": last.rate.values,
            "mean rank": last["rank"].values,
            "rank from": last.low.values,
            "rank to": last.high.values,
            "mean excess in powers of ten": last.excess.values,
        }
    )
    return table.sort_values("mean rank", ignore_index=True)
