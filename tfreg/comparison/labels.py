"""The labels of a comparison: its axes, the problems and optimizers behind the names, and how the runs are made."""

import json
from collections.abc import Iterable

import numpy as np
import xarray as xr

from tfreg import optimizers
from tfreg.comparison.run_grid import RunGrid
from tfreg.training.record import versions


def labels(grid: RunGrid) -> xr.Dataset:
    """Everything of a result that is known before the first run.

    Returns:
        The coordinates, with `start_weights` (start, weight); `loss_source` and `dataset` over `problem`;
        `optimizer_config`, as JSON, over `optimizer`; `minimum` and `tolerance` over `problem`, NaN where they are yet
        to be found. Attributes are plain numbers and text.
    """
    problems = grid.problems.values()
    minimum = {**dict.fromkeys(grid.problems, np.nan), **grid.minimum}
    tolerance = grid.tolerance or dict.fromkeys(grid.problems, np.nan)
    configurations = (optimizers.plain_config(optimizer) for optimizer in grid.optimizers.values())
    return xr.Dataset(
        {
            "loss_source": ("problem", _texts(problem.loss_source for problem in problems)),
            "dataset": ("problem", _texts(problem.dataset.name for problem in problems)),
            "optimizer_config": ("optimizer", _texts(map(json.dumps, configurations))),
            "minimum": ("problem", [minimum[name] for name in grid.problems]),
            "tolerance": ("problem", [tolerance[name] for name in grid.problems]),
        },
        coords=_coordinates(grid),
        attrs={
            "epochs": grid.schedule.epochs,
            "record_every": grid.schedule.record_every,
            "batch_size": grid.schedule.batch_size or "all",
            "versions": versions(),
        },
    )


def _coordinates(grid: RunGrid) -> dict[str, object]:
    return {
        "problem": _texts(grid.problems),
        "optimizer": _texts(grid.optimizers),
        **({} if grid.seeds is None else {"seed": list(grid.seeds)}),
        **grid.varied,
        "weight": _texts(grid.first_problem.labels),
        **({"epoch": grid.schedule.record_at} if grid.schedule.trajectories else {}),
        "start_weights": (("start", "weight"), grid.starts),
    }


def _texts(values: Iterable[str]) -> np.ndarray:
    return np.array(list(values), dtype=object)
