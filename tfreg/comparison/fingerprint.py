"""The hash by which a comparison is recognised when it is resumed: of everything that decides its results."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfreg import optimizers
from tfreg.comparison.run_grid import RunGrid
from tfreg.training.record import versions


def fingerprint(grid: RunGrid) -> str:
    """A hash of everything that decides the results: models, losses, data, optimizers, axes, versions."""
    digest = hashlib.sha256()

    def add(*parts: object) -> None:
        for part in parts:
            digest.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode())

    for name, problem in grid.problems.items():
        data = problem.dataset
        add(name, _without_names(problem.model.get_config()), problem.dtype, _source(problem.loss))
        add(data.inputs.shape, data.inputs, data.targets.shape, data.targets)
        add(*(np.asarray(variable) for variable in problem.model.non_trainable_variables))
    for name, optimizer in grid.optimizers.items():
        kind = type(optimizer)
        add(name, kind.__qualname__, _source(kind), json.dumps(optimizers.plain_config(optimizer)))
    add(grid.tolerance, grid.minimum, sorted(grid.sizes.items()), grid.starts, grid.box, versions())
    add(grid.seeds, grid.epochs, grid.record_every, grid.batch_size, grid.trajectories)
    add(*(part for axis in grid.varied.items() for part in axis))
    return digest.hexdigest()


def _without_names(config: Any) -> Any:
    """A configuration without what Keras counts up in each process."""
    if isinstance(config, Mapping):
        return {key: _without_names(value) for key, value in config.items() if key not in ("name", "shared_object_id")}
    return [_without_names(value) for value in config] if isinstance(config, list | tuple) else config


def _source(thing: Any) -> str:
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):  # typed at a prompt, or written in C
        return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', repr(type(thing)))}"
