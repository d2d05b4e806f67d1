"""The kinds of labelled arrays: runs, surfaces, comparisons and races, told apart by their variables and dimensions.

Conventions: each name stands for `xarray.Dataset` to a type checker, and for its kind to `tfreg.checks.kinds`. A part
of a record (one optimizer, some epochs) is of its kind as long as it has the dimensions that are asked for.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import xarray as xr

from tfreg.checks.errors import shown
from tfreg.checks.kinds import Kind, worded


def record(words: str, variables: Iterable[str], over: Iterable[str] = (), only: bool = False) -> Kind:
    """The kind of an `xarray.Dataset` that is not empty and holds some variables, the first over some dimensions.

    Args:
        words: for it.
        variables: that it holds, among others.
        over: the dimensions of the first of them, among others.
        only: no others.

    Example:
        >>> record("a run", ["weights"], over=["epoch", "weight"]).fault(surface)
        'a Dataset of loss, marked without weights'
    """
    names, dimensions = list(variables), list(over)

    def fault(value: Any) -> str | None:
        if not isinstance(value, xr.Dataset):
            return shown(value)
        lacking = [name for name in names if name not in value]
        if lacking:
            return f"{shown(value)} without {lacking[0]}"
        sizes = value[names[0]].sizes
        missing = [name for name in dimensions if name not in sizes]
        if missing:
            return f"one without the axis {missing[0]}"
        further = [name for name in sizes if only and name not in dimensions]
        if further:
            return f"one with the further axis {further[0]}; choose one of its values with sel"
        empty = [name for name, size in sizes.items() if not size]
        return f"one without any {empty[0]}" if empty else None

    return Kind(words, fault)


def _surface_fault(value: Any) -> str | None:
    if not isinstance(value, xr.Dataset) or "loss" not in value or value.loss.ndim != 2 or "epoch" in value.loss.dims:
        return shown(value)
    return None if set(value.loss.dims) <= set(value.coords) else "one whose axes have no values"


def _runs_fault(value: Any) -> str | None:
    """What is neither a labelled array nor a dict of such; what these hold, the functions that take them say."""
    if isinstance(value, xr.Dataset):
        return None
    if not isinstance(value, Mapping):
        return shown(value)
    return next((f"{got} for {shown(name)}" for name, one in value.items() if (got := _runs_fault(one))), None)


_COMPARISON = "a comparison as tfreg.compare returns it"
_OUTCOMES = ("final_loss", "reached", "status", "epochs_to_tolerance", "minimum")
_RACED = ("rank", "low", "high", "rate", "excess")
_RUN = "a run as tfreg.train returns it"
_SURFACE = "a surface as tfreg.loss_surface returns it"
_PAIRS = ("problem", "optimizer")

Run = Annotated[xr.Dataset, record(_RUN, ["weights", "loss"], ["epoch", "weight"])]
Runs = Annotated[xr.Dataset | Mapping[str, Any], Kind(f"{_RUN}, or a dict of runs by name", _runs_fault)]
SeedRuns = Annotated[
    xr.Dataset, record("runs over seed, epoch and weight", ["weights"], ["seed", "epoch", "weight"], True)
]
Surface = Annotated[xr.Dataset, Kind(_SURFACE, _surface_fault)]
Surfaces = Annotated[
    xr.Dataset | Mapping[str, Surface],
    worded(f"{_SURFACE}, or a dict of surfaces by label", Surface | Mapping[str, Surface]),
]
Comparison = Annotated[xr.Dataset, record(_COMPARISON, _OUTCOMES)]
OptimizerComparison = Annotated[xr.Dataset, record(_COMPARISON, _OUTCOMES, _PAIRS)]
StartComparison = Annotated[xr.Dataset, record(_COMPARISON, _OUTCOMES, [*_PAIRS, "start"])]
PlainComparison = Annotated[xr.Dataset, record(_COMPARISON, _OUTCOMES, [*_PAIRS, "start"], only=True)]
MomentumComparison = Annotated[
    xr.Dataset, record(_COMPARISON, _OUTCOMES, [*_PAIRS, "start", "learning_rate", "momentum"], only=True)
]
_TRAJECTORIES = f"{_COMPARISON} with trajectories=True"
Trajectories = Annotated[
    xr.Dataset, record(_TRAJECTORIES, ["loss", *_OUTCOMES], [*_PAIRS, "start", "epoch"], only=True)
]
RateTrajectories = Annotated[
    xr.Dataset, record(_TRAJECTORIES, ["loss", *_OUTCOMES], [*_PAIRS, "learning_rate", "start", "epoch"], only=True)
]
Paths = Annotated[
    xr.Dataset,
    record(_TRAJECTORIES, ["weights", "loss", "epochs_to_tolerance"], ["optimizer", "start", "epoch", "weight"]),
]
Race = Annotated[xr.Dataset, record("a race as tfreg.comparison.race returns it", _RACED, ["epoch", "optimizer"])]
