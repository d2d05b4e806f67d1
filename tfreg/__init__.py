"""tfreg reruns published lectures on logistic regression, checks what they say, and asks further.

    >>> problem = tfreg.Problem(tfreg.models.logistic(2), tfreg.losses.bce, tfreg.datasets.bernoulli_line())
    >>> run = tfreg.train(problem, "adam:0.1", epochs=435, start=(-3, -1))
    >>> surface = tfreg.loss_surface(problem, tfreg.grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2)))

Names are imported when they are first used: `import tfreg` alone does not load TensorFlow.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "Claim": "findings",
    "IncompleteError": "comparison",
    "Dataset": "datasets",
    "Findings": "findings",
    "InputError": "errors",
    "Problem": "problem",
    "RecordWeights": "callbacks",
    "compare": "comparison",
    "curvature_surface": "surfaces",
    "grid": "surfaces",
    "loss_surface": "surfaces",
    "open_run": "store",
    "save_run": "store",
    "script": "cli",
    "train": "training",
}
_MODULES = (
    "animations",
    "charts",
    "contests",
    "datasets",
    "descents",
    "diagrams",
    "figures",
    "landscapes",
    "layers",
    "losses",
    "maps",
    "minima",
    "models",
    "optimizers",
    "planes",
    "relu_nets",
    "rounding",
    "statistics",
    "surfaces",
    "tables",
)

__all__ = [*_MODULE_OF, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"tfreg.{_MODULE_OF[name]}"), name)
    if name in _MODULES:
        return import_module(f"tfreg.{name}")
    raise AttributeError(f"module 'tfreg' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
