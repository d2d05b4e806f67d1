"""Network diagrams drawn from the model itself: with the weight on every arrow, or layer by layer.

Conventions: a model is a built `keras.Sequential` of Dense layers, each followed by any Activation or ReLU layers;
it is read by its attributes, so this module loads neither Keras nor TensorFlow. Weights are those of the moment, to
three digits; an activation goes by its name alone. Inputs are x, a unit before its activation is u and after it v,
numbered through all layers; a node 1 carries the bias. Diagrams read from left to right and from top to bottom; of a
wide layer only the units 1, 2, …, n are drawn. Places are complex numbers, in points: Graphviz's own layouts reorder
the units, bend the arrows and crowd the weights.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import graphviz
import numpy as np
import pygraphviz

from tfreg.errors import InputError
from tfreg.files import write_whole
from tfreg.quiet import silent_stderr

WIDE = 8  # units: a wider layer is abbreviated
MANY = 60  # arrows with a weight: beyond them, every layer of more than three units is abbreviated
INPUT, HIDDEN, OUTPUT = "#E6E6E6", "#CFE3F2", "#FBE0C3"  # fills that colour-blind readers can tell apart
JOINT = {"softmax", "log_softmax", "sparsemax"}  # activations whose every value depends on all units of the layer
_TEXT = {"fontname": "Helvetica,Arial,sans-serif", "fontsize": "11", "fontcolor": "#222222"}
_LINE = {"color": "#555555", "penwidth": "0.7"}

_Step = np.ndarray | str  # weights (n_inputs, n_units), maybe with biases as one more row; or an activation


class Diagram(graphviz.Digraph):
    """A `graphviz.Digraph` that notebooks show although no `dot` program is installed."""

    def _repr_mimebundle_(self, *_: object, **__: object) -> dict[str, str]:
        return {"image/svg+xml": _rendered(self, "svg").decode()}


class _Node(NamedTuple):
    name: str
    unit: int | None  # None stands for the units left out
    place: complex


def detailed(model: Any, inputs: Sequence[str] | None = None, output: str = "ŷ") -> graphviz.Digraph:
    """Every unit before and after its activation, and the weights on the arrows.

    Args:
        model: a built `keras.Sequential` on inputs (n_samples, n_features).
        inputs: a name for each feature.
        output: the name of the prediction; several are numbered.

    Raises:
        InputError: a model that is no stack of Dense and activation layers, or a wrong number of names.

    Example:
        >>> save(detailed(tfreg.models.logistic(2), inputs=["1", "x"]), "logistic.svg")
    """
    layers, widths, drawn = _read(model)
    names = _numbered("x", widths[0])
    labels = names if inputs is None else inputs
    if len(labels) != len(names):
        raise InputError(f"expected a name for each of the {len(names)} inputs, got {len(labels)}")
    lanes = 1 + max(min(len(tails) + 1, len(heads)) for tails, heads in pairwise(drawn))
    row, gap = max(50, 16 * lanes), max(110, 48 * lanes)  # room for the weights between two columns
    steps, letter, number = list(chain(*layers)), "x", 0
    diagram, x = _empty(), min(0.0, 18 - 4 * max(map(len, labels)))  # a long name widens its node to both sides
    tails = _column(diagram, x, row, dict(zip(names, labels, strict=True)), INPUT, drawn[0], steps[0])
    x = 0.0
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, str):
            letter, x = chr(ord(letter) + 1), x + max(90, 6.5 * len(step) + 66) + 60 * (step in JOINT)
        else:
            letter, x, number = "u", x + gap, number + 1
        names = [f"{letter}{sum(widths[1:number]) + unit + 1}" for unit in range(widths[number])]
        labels, fill = (_numbered(output, len(names)), OUTPUT) if following is None else (names, HIDDEN)
        heads = _column(diagram, x, row, dict(zip(names, labels, strict=True)), fill, drawn[number], following)
        _connect(diagram, tails, heads[: len(drawn[number])], step)
        tails = heads
    return diagram


def compact(model: Any, output: str = "ŷ") -> graphviz.Digraph:
    """The layers as boxes named by their activation, without biases and weights.

    Raises:
        InputError: a model that is no stack of Dense and activation layers.

    Example:
        >>> compact(model)  # as the last line of a notebook's cell
    """
    layers, widths, drawn = _read(model)
    kinds = ["input", *(", ".join(map(str, layer[1:])) or "linear" for layer in layers)]
    titles = [f"Layer {number}: {kind}" for number, kind in enumerate(kinds)]
    half = max(40, 3.2 * max(map(len, titles)))  # of a box's width
    diagram, tails = _empty(), list[_Node]()
    for number, (title, width, units) in enumerate(zip(titles, widths, drawn, strict=True)):
        labels, fill = [str(unit + 1) for unit in range(width)], HIDDEN
        if number == 0:
            labels, fill = _numbered("x", width), INPUT
        elif number == len(layers):
            labels, fill = _numbered(output, width), OUTPUT
        names = {f"{number}.{unit + 1}": label for unit, label in enumerate(labels)}
        x, top = number * (2 * half + 24), 22 * len(units) + 6
        with diagram.subgraph(name=f"cluster_{number}") as box:
            box.attr(label=title, lp=f"{x},{top + 8}", bb=f"{x - half},{-top},{x + half},{top + 18}")
            box.attr(style="rounded", color="#BBBBBB")
            heads = _column(box, x, 44, names, fill, units)
        diagram.edges((tail.name, head.name) for tail, head in product(tails, heads))
        tails = heads
    return diagram


def save(diagram: graphviz.Digraph, path: str | Path) -> None:
    """Write a diagram as .svg or .png, whole or not at all; the same diagram gives the same bytes.

    Raises:
        InputError: another suffix, or a folder that cannot be written to.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise InputError(f"cannot save a diagram as {path.name!r}; expected a name that ends in .svg or .png")
    write_whole(path, lambda temporary: temporary.write_bytes(_rendered(diagram, kind)))


def _rendered(diagram: graphviz.Digraph, kind: str) -> bytes:
    density = "-Gdpi=192" if kind == "png" else ""  # twice the usual; an SVG would only grow
    graph = pygraphviz.AGraph(string=diagram.source)
    # The wheel's fontconfig complains of system settings that are newer than it is.
    with silent_stderr():
        return graph.draw(format=kind, prog="nop2", args=density)


def _read(model: Any) -> tuple[list[list[_Step]], list[int], list[list[int | None]]]:
    """For each Dense layer weights and activations; then, inputs first, each layer's width and its units to draw."""
    expected = "expected a built keras.Sequential of Dense layers, each followed by any Activation or ReLU layers"
    shape = getattr(model, "input_shape", None)
    if not getattr(model, "layers", None) or shape is None:
        raise InputError(f"{expected}; got {type(model).__name__} without layers or without an input shape")
    if len(shape) != 2:
        raise InputError(f"{expected}, on inputs (n_samples, n_features); got the input shape {shape}")
    layers, widths = list[list[_Step]](), [shape[-1]]
    for layer in model.layers:
        kind, function = type(layer).__name__, getattr(layer, "activation", None)
        name = "relu" if kind == "ReLU" else getattr(function, "__name__", type(function).__name__)
        # GLU halves the number of units, which no other activation does.
        if kind not in ("Dense", "Activation", "ReLU") or not (layers or kind == "Dense") or name == "glu":
            raise InputError(f"{expected}; got the {kind} layer {layer.name!r}" + " with glu" * (name == "glu"))
        if kind == "Dense":
            layers.append([np.vstack([layer.kernel, layer.bias] if layer.use_bias else [layer.kernel])])
            widths.append(layer.units)
        if name != "linear":
            layers[-1].append(name)
    for limit in (WIDE, 3):
        drawn = [[*range(width)] if width <= limit else [0, 1, None, width - 1] for width in widths]
        biases = [len(layer[0]) - width for layer, width in zip(layers, widths, strict=False)]
        if sum((len(a) + bias) * len(b) for (a, b), bias in zip(pairwise(drawn), biases, strict=True)) <= MANY:
            break
    return layers, widths, drawn


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}{number + 1}" for number in range(count)]


def _empty() -> Diagram:
    # Texts on arrows are nodes, drawn last, so that no arrow runs through them. Engine and scale are for programs
    # other than this one: they too shall keep the places.
    graph = _TEXT | {"splines": "line", "outputorder": "edgesfirst", "inputscale": "72"}
    node = _TEXT | _LINE | {"style": "filled", "width": "0.5", "height": "0.5", "margin": "0.03"}
    return Diagram(engine="neato", graph_attr=graph, node_attr=node, edge_attr=_LINE | {"arrowsize": "0.6"})


def _node(graph: graphviz.Digraph, name: str, label: str, place: complex, **style: str) -> None:
    graph.node(name, graphviz.escape(label), pos=f"{place.real:.2f},{place.imag:.2f}!", **style)


def _column(
    graph: graphviz.Digraph,
    x: float,
    row: float,
    labels: Mapping[str, str],
    fill: str,
    units: Sequence[int | None],
    following: _Step | None = None,
) -> list[_Node]:
    """The given units, centred, of nodes with `labels`; below them the bias that a following Dense layer has."""
    names, column = list(labels), list[_Node]()
    biased = isinstance(following, np.ndarray) and len(following) > len(names)
    for position, unit in enumerate([*units, len(names)] if biased else units):
        if unit is None:
            name, label, style = f"{names[0]} …", "…", {"color": "white", "fillcolor": "white"}
        elif unit == len(names):
            name, label, style = f"{names[0]} bias", "1", {"fillcolor": INPUT}
        else:
            name, label, style = names[unit], labels[names[unit]], {"fillcolor": fill}
        column.append(_Node(name, unit, complex(x, row * ((len(units) - 1) / 2 - position))))
        _node(graph, name, label, column[-1].place, **style)
    return column


def _connect(graph: graphviz.Digraph, tails: list[_Node], heads: list[_Node], step: _Step) -> None:
    """Arrows with weights from each node to each; or with an activation from unit to unit."""
    if not isinstance(step, str):
        # This far along, all the weights stand one below the other at even distances.
        along = 1 / (len(heads) + 1) if len(heads) <= len(tails) else len(tails) / (len(tails) + 1)
        for tail, head in product(tails, heads):
            known = tail.unit is not None and head.unit is not None
            _arrow(graph, tail, head, f"{step[tail.unit, head.unit] + 0.0:.3g}" if known else "", along)  # never "-0"
    elif step in JOINT:
        name, place = f"{step} {tails[0].name}", complex((tails[0].place + heads[0].place).real / 2)
        _node(graph, name, step, place, shape="box", style="rounded", margin="0.08")
        graph.edges([*((tail.name, name) for tail in tails), *((name, head.name) for head in heads)])
    else:
        for tail, head in zip(tails, heads, strict=True):
            _arrow(graph, tail, head, "" if tail.unit is None else step)


def _arrow(graph: graphviz.Digraph, tail: _Node, head: _Node, label: str, along: float = 0.5) -> None:
    graph.edge(tail.name, head.name, tooltip=graphviz.escape(label))
    if label:
        place = tail.place + (head.place - tail.place) * along
        _node(graph, f"{tail.name} {head.name}", label, place, shape="plain", fillcolor="white", width="0", height="0")
