"""Network diagrams drawn from the model itself: with the weight on every arrow, or layer by layer.

Conventions: a model is a built `keras.Sequential` of Dense layers, each followed by any Activation or ReLU layers;
it is read by its attributes, so this module loads neither Keras nor TensorFlow. Weights are the current ones, to
three digits; an activation is shown by its name alone. Inputs are x, a unit before its activation is u and after it v,
numbered through all layers; a node 1 carries the bias. Diagrams read from left to right and from top to bottom; of a
wide layer only the units 1, 2, …, n are drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, product
from typing import Any

import numpy as np

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import checked
from tfreg.draw.diagram import DIAMETER, Arrow, Box, Node, drawing, text_width
from tfreg.draw.figure import Drawing
from tfreg.draw.sequential import Layers, Step, digits, numbered, read_layers, symbols

INPUT, HIDDEN, OUTPUT = "#E6E6E6", "#CFE3F2", "#FBE0C3"  # fills that colour-blind readers can tell apart
JOINT = {"softmax", "log_softmax", "sparsemax"}  # activations whose every value depends on all units of the layer


@dataclass(frozen=True)
class _Unit:
    """A unit of a column, or the dots for omitted ones: its number (None for the dots) and its node."""

    number: int | None
    node: Node


@checked
def network(
    model: Any,
    inputs: Sequence[str] | None = None,
    output: str = "ŷ",
    *,
    weights: str = "values",
    identity: bool = False,
    boxes: bool = False,
) -> Drawing:
    """Draw every unit before and after its activation, and the weights on the arrows.

    Args:
        model: a built `keras.Sequential` on inputs (n_samples, n_features).
        inputs: a name for each feature.
        output: the name of the prediction; several are numbered.
        weights: "values", or "symbols": w and b, numbered through all layers.
        identity: show a layer without activation as one whose activation is the identity.
        boxes: put a box with a title around the columns of each layer.

    Raises:
        InputError: a model other than a stack of Dense and activation layers, or a wrong number of names.

    Example:
        >>> draw.save(draw.network(tfreg.models.logistic(2), inputs=["1", "x"]), "logistic.svg")
    """
    if weights not in ("values", "symbols"):
        raise InputError(f"expected weights='values' or 'symbols', got {weights!r}")
    read = read_layers(model, identity)
    names = numbered("x", read.widths[0])
    labels = list(names if inputs is None else inputs)
    if len(labels) != len(names):
        raise InputError(f"expected a name for each of the {len(names)} inputs, got {len(labels)}")
    texts = symbols(read) if weights == "symbols" else [digits(layer[0]) for layer in read.steps]
    columns, arrows = _columns(read, names, labels, output, texts)
    nodes = [unit.node for column in columns for unit in column]
    joints = {arrow.head.name: arrow.head for arrow in arrows if arrow.head.shape == "box"}
    return drawing([*nodes, *joints.values()], arrows, _boxes(read, columns) if boxes else ())


def _columns(
    read: Layers, names: list[str], labels: list[str], output: str, texts: list[np.ndarray]
) -> tuple[list[list[_Unit]], list[Arrow]]:
    """The columns of units from the inputs on, and all arrows between them."""
    lanes = 1 + max(min(len(tails) + 1, len(heads)) for tails, heads in pairwise(read.drawn))
    row, gap = max(50, 16 * lanes), max(110, 48 * lanes)  # room for the weights between two columns
    steps = list(chain(*read.steps))
    x = min(0.0, DIAMETER / 2 - max(map(text_width, labels)) / 2)  # a long name widens its node to both sides
    columns = [_column(x, row, names, labels, INPUT, read.drawn[0], steps[0])]
    arrows: list[Arrow] = []
    letter, number, x = "x", 0, 0.0
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, str):
            letter, x = chr(ord(letter) + 1), x + max(90.0, text_width(step) + 66) + 60 * (step in JOINT)
        else:
            letter, x, number = "u", x + gap, number + 1
        names = [f"{letter}{sum(read.widths[1:number]) + unit + 1}" for unit in range(read.widths[number])]
        labels, fill = (numbered(output, len(names)), OUTPUT) if following is None else (names, HIDDEN)
        heads = _column(x, row, names, labels, fill, read.drawn[number], following)
        into = heads[: len(read.drawn[number])]  # no arrow leads to a bias
        arrows += _activated(columns[-1], into, step) if isinstance(step, str) else _weighted(
            columns[-1], into, texts[number - 1]
        )  # fmt: skip
        columns.append(heads)
    return columns, arrows


@checked
def layers(model: Any, output: str = "ŷ") -> Drawing:
    """Draw the layers as boxes named by their activation, without biases and weights.

    Raises:
        InputError: a model other than a stack of Dense and activation layers.

    Example:
        >>> draw.layers(model)  # as the last line of a notebook's cell
    """
    read = read_layers(model)
    half = max(40.0, *(text_width(title) / 2 + 8 for title in read.titles))  # of a box's width
    columns, boxes = list[list[_Unit]](), list[Box]()
    for number, (title, width, units) in enumerate(zip(read.titles, read.widths, read.drawn, strict=True)):
        labels, fill = [str(unit + 1) for unit in range(width)], HIDDEN
        if number == 0:
            labels, fill = numbered("x", width), INPUT
        elif number == len(read.steps):
            labels, fill = numbered(output, width), OUTPUT
        x, top = number * (2 * half + 24), 22 * len(units) + 6
        columns.append(_column(x, 44, [f"{number}.{unit + 1}" for unit in range(width)], labels, fill, units))
        boxes.append(Box(title, x - half, -top, x + half, top + 18))
    pairs = (product(tails, heads) for tails, heads in pairwise(columns))
    arrows = [Arrow(tail.node, head.node) for tail, head in chain(*pairs)]
    return drawing([unit.node for column in columns for unit in column], arrows, boxes)


def _column(
    x: float,
    row: float,
    names: list[str],
    labels: list[str],
    fill: str,
    units: Sequence[int | None],
    following: Step | None = None,
) -> list[_Unit]:
    """The given units, centred; below them the bias that a following Dense layer has."""
    biased = isinstance(following, np.ndarray) and len(following) > len(names)
    column = []
    for position, unit in enumerate([*units, len(names)] if biased else units):
        y = row * ((len(units) - 1) / 2 - position)
        if unit is None:
            node = Node(f"{names[0]}-more", "…", x, y, "white", "text")
        elif unit == len(names):
            node = Node(f"{names[0]}-bias", "1", x, y, INPUT)
        else:
            node = Node(names[unit], labels[unit], x, y, fill)
        column.append(_Unit(unit, node))
    return column


def _weighted(tails: list[_Unit], heads: list[_Unit], shown: np.ndarray) -> list[Arrow]:
    """Arrows with weights from each unit to each."""
    # At this share of the length, the weights form one column with even distances.
    along = 1 / (len(heads) + 1) if len(heads) <= len(tails) else len(tails) / (len(tails) + 1)
    return [
        Arrow(
            tail.node, head.node, along=along,
            label="" if tail.number is None or head.number is None else str(shown[tail.number, head.number]),
        )
        for tail, head in product(tails, heads)
    ]  # fmt: skip


def _activated(tails: list[_Unit], heads: list[_Unit], activation: str) -> list[Arrow]:
    """Arrows with an activation from unit to unit, or through a box that joins all units."""
    if activation in JOINT:
        first, last = tails[0].node, heads[0].node
        box = Node(f"{activation}-{first.name}", activation, (first.x + last.x) / 2, 0.0, "white", "box")
        return [*(Arrow(tail.node, box) for tail in tails), *(Arrow(box, head.node) for head in heads)]
    return [
        Arrow(tail.node, head.node, "" if tail.number is None else activation)
        for tail, head in zip(tails, heads, strict=True)
    ]


def _boxes(read: Layers, columns: list[list[_Unit]]) -> list[Box]:
    """A box around the columns of each layer: the inputs, and each Dense layer with its activations."""
    counts = [1, *(len(layer) for layer in read.steps)]
    top = max(unit.node.y for column in columns for unit in column) + DIAMETER / 2 + 26
    bottom = min(unit.node.y for column in columns for unit in column) - DIAMETER / 2 - 8
    boxes, first = [], 0
    for title, count in zip(read.titles, counts, strict=True):
        nodes = [unit.node for column in columns[first : first + count] for unit in column]
        left = min(node.x - node.width / 2 for node in nodes)
        right = max(node.x + node.width / 2 for node in nodes)
        spare = max(8.0, (text_width(title) + 12 - (right - left)) / 2)
        boxes.append(Box(title, left - spare, bottom, right + spare, top))
        first += count
    return boxes
