"""Places where the two-ReLU net comes to rest, known by their losses.

Conventions: both minima are those near the weights that the lecture prints, as `published.json` has them.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from tfreg import Problem, comparison, surfaces

PUBLISHED = Path(__file__).parent.parent / "published.json"


def losses_at_rest(problem: Problem) -> dict[str, float]:
    """The losses of the places where the net comes to rest."""
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    printed = (published[f"{name}.weights"]["printed"] for name in ("two_relus", "local_minimum"))
    x, y = problem.dataset.inputs[:, 0], problem.dataset.targets[:, 0]
    good, dead = (float(problem.loss_at(surfaces.minimum_weights(problem, near))) for near in printed)
    line = np.mean((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2)
    return {"good minimum": good, "one dead unit": dead, "a line": float(line), "a constant": float(y.var())}


def shares_at_rest(result: xr.Dataset, levels: dict[str, float], rates: np.ndarray) -> pd.DataFrame:
    """A row for each optimizer: the shares of its runs that ended within 0.1 % of each loss, or at the good one."""
    ends = result.final_loss.transpose("optimizer", "start").values
    shares = {kind: np.isclose(ends, level, rtol=1e-3).mean(axis=1) for kind, level in levels.items()}
    shares["good minimum"] = result.reached.mean("start").values
    intervals = [comparison.wilson_interval(int(n), ends.shape[1]) for n in result.reached.sum("start")]
    low, high = zip(*intervals, strict=True)
    columns = {"optimizer": result.optimizer.values, "learning rate": rates, "starts": ends.shape[1]}
    return pd.DataFrame(columns | shares | {"elsewhere": 1 - sum(shares.values()), "from": low, "to": high})
