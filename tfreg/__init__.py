"""tfreg reruns published lectures on logistic regression, checks what they say, and asks further.

    >>> problem = tfreg.Problem(tfreg.models.logistic(2), tfreg.losses.bce, tfreg.datasets.bernoulli_line())
    >>> run = tfreg.train(problem, "adam:0.1", epochs=435, start=(-3, -1))
    >>> surface = tfreg.loss_surface(problem, tfreg.grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2)))

Names are imported when they are first used: `import tfreg` alone does not load TensorFlow.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "Claim": "suite.findings",
    "IncompleteError": "comparison.compare",
    "Dataset": "datasets",
    "Findings": "suite.findings",
    "InputError": "errors",
    "Problem": "problem.problem",
    "RecordWeights": "training.callback",
    "compare": "comparison.compare",
    "curvature_surface": "surfaces",
    "grid": "surfaces",
    "loss_surface": "surfaces",
    "open_run": "files",
    "save_run": "files",
    "script": "cli.main",
    "train": "training.train",
}
_MODULES = {
    "animations": "draw.animation",
    "charts": "draw.charts",
    "contests": "comparison.analysis",
    "datasets": "datasets",
    "descents": "descents",
    "diagrams": "draw.network",
    "figures": "draw.data",
    "landscapes": "draw.surfaces",
    "losses": "losses",
    "maps": "draw.maps",
    "minima": "surfaces.minimum",
    "models": "models",
    "optimizers": "optimizers",
    "planes": "surfaces.plane",
    "relu_nets": "relu_nets",
    "rounding": "rounding",
    "statistics": "comparison.intervals",
    "surfaces": "surfaces",
    "tables": "comparison.tables",
}

__all__ = [*_MODULE_OF, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"tfreg.{_MODULE_OF[name]}"), name)
    if name in _MODULES:
        return import_module(f"tfreg.{_MODULES[name]}")
    raise AttributeError(f"module 'tfreg' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
