"""Runs by name, as the figures of descents take them: one run, a dict of runs, or a comparison with trajectories.

Conventions: a name is the optimizer's, with whatever else a comparison varies after it: "adam:0.1, seed 3, mse".
"""

from collections.abc import Hashable, Mapping
from itertools import product

import numpy as np
import xarray as xr

from tfreg.checks.errors import InputError
from tfreg.checks.records import Runs

RUN = "expected a run as tfreg.train returns it, with `weights` over epoch and weight, and `loss`"
_ONE_LOOK = ("start", "epoch", "weight")  # dimensions of runs that share a name and a look


def named_runs(runs: Runs) -> dict[str, xr.Dataset]:
    """Return runs by name: a run for each optimizer, rate, seed and problem of a comparison with trajectories.

    Raises:
        InputError: no runs, or something else than runs.

    Example:
        >>> list(named_runs(tfreg.compare({"bce": bce}, ["sgd:0.1", "adam:0.1"], starts, 50, trajectories=True)))
        ['sgd:0.1', 'adam:0.1']
    """
    if isinstance(runs, xr.Dataset):
        return _expanded(runs, "")
    if not isinstance(runs, Mapping) or not runs:
        raise InputError(f"{RUN}, or a dict of runs by name; got {type(runs).__name__}")
    return {name: run for label, one in runs.items() for name, run in _expanded(one, str(label)).items()}


def _expanded(run: object, label: str) -> dict[str, xr.Dataset]:
    """The runs of a comparison, the given label before what distinguishes them; any other run alone."""
    label = label or _label(run)
    check_run(run, label)
    assert isinstance(run, xr.Dataset)
    dims = _varied(run)
    if not dims:
        return {label: run}
    several = [dim for dim in dims if run.sizes[dim] > 1]
    named = {}
    for places in product(*(range(run.sizes[dim]) for dim in dims)):
        one = run.isel(dict(zip(dims, places, strict=True)))
        words = [_words(dim, one[dim].item()) for dim in several or dims]
        named[", ".join([label] * (label != "path") + words)] = one
    return named


def _label(run: object) -> str:
    if not isinstance(run, xr.Dataset):
        return "path"
    chosen = run.optimizer.item() if "optimizer" in run.coords and run.optimizer.ndim == 0 else "path"
    return str(run.attrs.get("optimizer", chosen))


def check_run(run: object, name: str) -> None:
    """Check that a run holds a path.

    Raises:
        InputError: no run, or one without any start or epoch.
    """
    if not isinstance(run, xr.Dataset) or not {"weights", "loss"} <= set(run) or "epoch" not in run.weights.dims:
        ask = "; compare with trajectories=True" if isinstance(run, xr.Dataset) and "loss_source" in run else ""
        raise InputError(f"{RUN}; got {type(run).__name__} for {name!r}{ask}")
    empty = [str(dim) for dim in run.weights.dims if not run.sizes[dim]]
    if empty:
        raise InputError(f"{name!r}: expected a run with one {empty[0]} or more, got none")


def _varied(run: xr.Dataset) -> list[Hashable]:
    """The dimensions that tell runs apart, the optimizer first and the problem last; not those of a grid of starts."""
    order = {"optimizer": 0, "problem": 2}
    weights = set(map(str, run.weight.values))
    found = [dim for dim in run.weights.dims if dim not in _ONE_LOOK and dim in run.coords and str(dim) not in weights]
    return sorted(found, key=lambda dim: order.get(str(dim), 1))


def _words(dim: Hashable, value: object) -> str:
    if dim in ("optimizer", "problem"):
        return str(value)
    return f"{str(dim).replace('_', ' ')} {value}"


def loss_of(run: xr.Dataset) -> str | None:
    """Return the loss that a run or a comparison of one loss names; None for one that names none."""
    named = np.unique(np.ravel(run.loss_source.values).astype(str)).tolist() if "loss_source" in run else []
    return run.attrs.get("loss", ", ".join(named) or None)
