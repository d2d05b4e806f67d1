"""The content of a network diagram, read from a `keras.Sequential`: weights, activations, and the units to draw.

Conventions: the model is read by its attributes, so this module loads neither Keras nor TensorFlow.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tfreg.checks.errors import InputError

WIDE = 8  # units: a wider layer is abbreviated
MANY = 60  # arrows with a weight: beyond them, every layer of more than three units is abbreviated
Step = np.ndarray | str  # weights (n_inputs, n_units), maybe with biases as one more row; or an activation


@dataclass(frozen=True)
class Layers:
    """The layers of a model.

    `steps` holds for each Dense layer its weights and activations; `widths` and `drawn` hold, inputs first, the number
    of units of each layer and the units to draw.
    """

    steps: list[list[Step]]
    widths: list[int]
    drawn: list[list[int | None]]

    @property
    def titles(self) -> list[str]:
        """A title for each layer, the input first."""
        kinds = ["input", *(", ".join(map(str, layer[1:])) or "linear" for layer in self.steps)]
        return [f"Layer {number}: {kind}" for number, kind in enumerate(kinds)]


def read_layers(model: Any, identity: bool = False) -> Layers:
    """Read a model; with `identity`, a layer without activation gets one of that name.

    Raises:
        InputError: a model other than a stack of Dense and activation layers.
    """
    expected = "expected a built keras.Sequential of Dense layers, each followed by any Activation or ReLU layers"
    shape = getattr(model, "input_shape", None)
    if not getattr(model, "layers", None) or shape is None:
        raise InputError(f"{expected}; got {type(model).__name__} without layers or without an input shape")
    if len(shape) != 2:
        raise InputError(f"{expected}, on inputs (n_samples, n_features); got the input shape {shape}")
    steps, widths = list[list[Step]](), [shape[-1]]
    for layer in model.layers:
        kind, function = type(layer).__name__, getattr(layer, "activation", None)
        name = "relu" if kind == "ReLU" else getattr(function, "__name__", type(function).__name__)
        # GLU halves the number of units, which no other activation does.
        if kind not in ("Dense", "Activation", "ReLU") or not (steps or kind == "Dense") or name == "glu":
            raise InputError(f"{expected}; got the {kind} layer {layer.name!r}" + " with glu" * (name == "glu"))
        if kind == "Dense":
            steps.append([np.vstack([layer.kernel, layer.bias] if layer.use_bias else [layer.kernel])])
            widths.append(layer.units)
        if name != "linear":
            steps[-1].append(name)
    for step in steps if identity else ():
        step += ["identity"] * (len(step) == 1)
    return Layers(steps, widths, _drawn(steps, widths))


def _drawn(steps: list[list[Step]], widths: list[int]) -> list[list[int | None]]:
    """The units of each layer to draw, with None in the place of omitted ones."""
    for limit in (WIDE, 3):
        drawn = [[*range(width)] if width <= limit else [0, 1, None, width - 1] for width in widths]
        biases = [len(layer[0]) - width for layer, width in zip(steps, widths, strict=False)]
        if sum((len(a) + bias) * len(b) for (a, b), bias in zip(pairwise(drawn), biases, strict=True)) <= MANY:
            break
    return drawn


def numbered(name: str, count: int) -> list[str]:
    """Return the name with the numbers 1, 2, …, or the name alone for a count of 1."""
    return [name] if count == 1 else [f"{name}{number + 1}" for number in range(count)]


def digits(weights: Step) -> np.ndarray:
    """Return the weights of a layer as texts with three digits."""
    return np.array([[f"{weight:.3g}" for weight in row] for row in np.asarray(weights) + 0.0])  # never "-0"


def symbols(read: Layers) -> list[np.ndarray]:
    """Return names of all weights, in the shape of each layer's; biases have the number of their unit."""
    kernels = [(n_inputs, n_units) for n_inputs, n_units in pairwise(read.widths)]
    weights = iter(numbered("w", sum(a * b for a, b in kernels)))
    biases = iter(numbered("b", sum(n_units for _, n_units in kernels)))
    named = []
    for (n_inputs, n_units), layer in zip(kernels, read.steps, strict=True):
        rows = [[next(weights) for _ in range(n_units)] for _ in range(n_inputs)]
        last = [next(biases) for _ in range(n_units)]
        named.append(np.array([*rows, last] if len(layer[0]) > n_inputs else rows))
    return named
