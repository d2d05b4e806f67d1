"""The hash by which a comparison is recognised when it is resumed: of everything that decides its results."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from tfreg import optimizers
from tfreg.comparison.run_grid import RunGrid
from tfreg.optimizers import Optimizer
from tfreg.problem.content import content_hash, without_names
from tfreg.problem.problem import Problem
from tfreg.training.record import versions

_PACKAGE = Path(__file__).parent.parent
# What only shows results, or asks for them, decides none. A wheel has the experiments within the package.
_DECIDE_NOTHING = {"draw", "suite", "cli", "experiments"}


def fingerprint(grid: RunGrid) -> str:
    """A hash of everything that decides the results: models, losses, data, optimizers, axes, code and versions."""
    problems = {name: tuple(_of_problem(problem)) for name, problem in grid.problems.items()}
    chosen = {name: tuple(_of_optimizer(optimizer)) for name, optimizer in grid.optimizers.items()}
    axes = (dict(grid.varied), grid.seeds, grid.starts, sorted(grid.sizes.items()), grid.box)
    judged = (grid.tolerance, dict(grid.minimum))
    return content_hash((problems, chosen, axes, judged, asdict(grid.schedule), versions(), _own_code())).hex()


def _of_problem(problem: Problem) -> Iterator[object]:
    model = problem.model
    yield from (type(model), without_names(model.get_config()), list(model._flatten_layers(include_self=False)))
    yield from (problem.dtype, problem.loss)
    yield from (problem.dataset.inputs, problem.dataset.targets)
    yield [np.asarray(variable) for variable in model.non_trainable_variables]


def _of_optimizer(optimizer: Optimizer) -> Iterator[object]:
    rate = optimizers.learning_rate(optimizer)
    config = {name: value for name, value in optimizer.get_config().items() if name not in ("name", "learning_rate")}
    yield from (type(optimizer), config, optimizer._learning_rate if rate is None else rate)


@cache
def _own_code() -> bytes:
    """The source of tfreg as far as it decides results; two states of it may have the same version."""
    names = [path.relative_to(_PACKAGE) for path in sorted(_PACKAGE.rglob("*.py"))]
    decide = [name for name in names if name.parts[0] not in _DECIDE_NOTHING]
    return content_hash({str(name): (_PACKAGE / name).read_bytes() for name in decide})
