"""Tables of comparisons, a pandas data frame each: ready to be printed, saved as CSV, or looked at in a notebook."""

import numpy as np
import pandas as pd
import xarray as xr

from tfreg.comparison import analysis as contests
from tfreg.comparison.intervals import wilson_interval
from tfreg.comparison.run_grid import STATUS


def summary(result: xr.Dataset) -> pd.DataFrame:
    """A row for each problem and optimizer, at its best learning rate if there is more than one.

    Columns: `share reached` with the ends of its 95 % interval (Wilson), `stuck`, `diverged`, the median of the epochs
    to tolerance with those that never reach it counted as infinite, and the median of the final loss.
    """
    best = contests.at_best_rate(result) if "learning_rate" in result.dims else result
    rows = []
    for problem in best.problem.values.tolist():
        for optimizer in best.optimizer.values.tolist():
            runs = best.sel(problem=problem, optimizer=optimizer)
            n_reached, n_runs = int(contests.is_status(runs, "reached").sum()), runs.status.size
            low, high = wilson_interval(n_reached, n_runs)
            rows.append(
                {
                    "problem": problem,
                    "optimizer": optimizer,
                    **({"best rate": float(runs.learning_rate)} if "learning_rate" in best.coords else {}),
                    "share reached": n_reached / n_runs,
                    "from": low,
                    "to": high,
                    "stuck": float(contests.is_status(runs, "stuck").mean()),
                    "diverged": float(contests.is_status(runs, "diverged").mean()),
                    "median epochs": float(np.median(runs.epochs_to_tolerance.fillna(np.inf))),
                    "median final loss": float(runs.final_loss.median()),
                }
            )
    return pd.DataFrame(rows)


def by_start(result: xr.Dataset) -> pd.DataFrame:
    """A row for each problem, optimizer and start: `epochs to tolerance`, `final loss`, `status`."""
    rows = []
    for problem in result.problem.values.tolist():
        for optimizer in result.optimizer.values.tolist():
            for number, weights in enumerate(result.start_weights.values):
                run = result.sel(problem=problem, optimizer=optimizer).isel(start=number)
                rows.append(
                    {
                        "problem": problem,
                        "optimizer": optimizer,
                        "start": f"({', '.join(f'{weight:g}' for weight in weights)})",
                        "epochs to tolerance": float(run.epochs_to_tolerance),
                        "final loss": float(run.final_loss),
                        "status": STATUS[int(run.status)],
                    }
                )
    return pd.DataFrame(rows)


def learning_rates(result: xr.Dataset) -> pd.DataFrame:
    """`summary` with the good range of learning rates: its ends, and how many powers of ten are good."""
    good = contests.good_range(result)
    table = summary(result)
    for column, name in (("good from", "low"), ("good to", "high"), ("good decades", "decades")):
        table[column] = [
            float(good[name].sel(problem=row.problem, optimizer=row.optimizer)) for row in table.itertuples()
        ]
    return table


def race(raced: xr.Dataset) -> pd.DataFrame:
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


def seeds(result: xr.Dataset) -> pd.DataFrame:
    """A row for each problem, optimizer and start: mean and standard deviation of the final loss over the seeds."""
    return pd.DataFrame(
        {
            "problem": problem,
            "optimizer": optimizer,
            "mean final loss": float(runs.final_loss.mean()),
            "standard deviation": float(runs.final_loss.std()),
            "share reached": float(contests.is_status(runs, "reached").mean()),
            "median epochs": float(np.median(runs.epochs_to_tolerance.fillna(np.inf))),
        }
        for problem in result.problem.values.tolist()
        for optimizer in result.optimizer.values.tolist()
        for start in range(result.sizes["start"])
        for runs in [result.sel(problem=problem, optimizer=optimizer).isel(start=start)]
    )


def counts(result: xr.Dataset) -> pd.DataFrame:
    """How many runs, of all axes together, have which status, and their share."""
    counts = {kind: int(contests.is_status(result, kind).sum()) for kind in STATUS}
    return pd.DataFrame(
        {"status": kind, "runs": count, "share": count / result.status.size} for kind, count in counts.items()
    )
