"""What a comparison is known by when it is taken up again: a hash of all that decides its results."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfreg import optimizers
from tfreg.comparison.run_grid import Plan
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training.record import versions


def fingerprint(
    problems: Mapping[str, Problem],
    chosen: Mapping[str, Optimizer],
    plan: Plan,
    tolerance: Mapping[str, float],
    minimum: Mapping[str, float],
) -> str:
    """A hash of everything that decides the results: models, losses, data, optimizers, axes, versions."""
    digest = hashlib.sha256()

    def add(*parts: object) -> None:
        for part in parts:
            digest.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode())

    for name, problem in problems.items():
        data = problem.dataset
        add(name, _without_names(problem.model.get_config()), problem.dtype, _source(problem.loss))
        add(data.inputs.shape, data.inputs, data.targets.shape, data.targets)
        add(*(np.asarray(variable) for variable in problem.model.non_trainable_variables))
    for name, optimizer in chosen.items():
        add(
            name, type(optimizer).__qualname__, _source(type(optimizer)), json.dumps(optimizers.plain_config(optimizer))
        )
    add(tolerance, minimum, sorted(plan.sizes.items()), plan.starts, plan.box, versions())
    add(plan.seeds, plan.epochs, plan.record_every, plan.batch_size, plan.trajectories)
    add(*(part for name, values in plan.varied.items() for part in (name, values)))
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
