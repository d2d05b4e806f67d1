"""tfreg reruns published teaching on logistic regression, checks its numbers and claims, and compares optimizers.

    >>> problem = tfreg.Problem(tfreg.models.logistic(2), tfreg.losses.bce, tfreg.datasets.bernoulli_line())
    >>> runs = {name: tfreg.train(problem, name, epochs=435, start=(-10, -1)) for name in ("sgd:0.1", "adam:0.1")}
    >>> surface = tfreg.loss_surface(problem, around=runs)
    >>> tfreg.draw.descent(surface, runs).savefig("descent.png")

Names are imported when they are first used: `import tfreg` alone does not load TensorFlow.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "Problem": "problem.problem",
    "Dataset": "datasets",
    "grid": "surfaces",
    "train": "training.train",
    "loss_surface": "surfaces",
    "curvature_surface": "surfaces",
    "compare": "comparison.compare",
    "RecordWeights": "training.callback",
    "save_run": "files",
    "open_run": "files",
    "Findings": "suite.findings",
    "script": "cli.main",
    "InputError": "checks.errors",
    "IncompleteError": "comparison.compare",
}
_NAMESPACES = ("comparison", "datasets", "draw", "losses", "models", "optimizers", "surfaces")

__all__ = [*_MODULE_OF, *_NAMESPACES]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"tfreg.{_MODULE_OF[name]}"), name)
    if name in _NAMESPACES:
        return import_module(f"tfreg.{name}")
    raise AttributeError(f"module 'tfreg' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
