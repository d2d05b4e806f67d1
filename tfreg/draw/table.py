"""Figures of tables: data row by row, with the predictions of models."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, checked
from tfreg.datasets import Dataset
from tfreg.draw.figure import Picture, new_figure
from tfreg.draw.style import RIGHT, UNDECIDED, WRONG, Style

_SHADES = {RIGHT: "#D9F0E6", WRONG: "#FBDDEA", UNDECIDED: "#F4F0D8"}


@checked
def predictions_table(
    dataset: Dataset,
    names: Sequence[str],
    columns: Mapping[str, Array],
    *,
    undecided: float = 0.05,
    title: str = "",
) -> Picture:
    """Draw numbered rows of inputs, target and predicted probabilities, shaded by right, wrong and undecided.

    Args:
        dataset: a row for each sample.
        names: of the inputs, then of the target.
        columns: probabilities (n_samples,) by label.
        undecided: the largest distance from 1/2 of a probability that is neither right nor wrong.
        title: above the table.

    Raises:
        InputError: a wrong number of names or probabilities.
    """
    rows = np.column_stack([dataset.inputs, dataset.targets])
    if len(names) != rows.shape[1]:
        raise InputError(f"expected a name for each of the {rows.shape[1]} inputs and targets, got {len(names)}")
    for label, values in columns.items():
        if np.shape(values) != (len(rows),):
            raise InputError(f"expected {len(rows)} probabilities in column {label!r}, got {np.shape(values)}")
    figure = new_figure(1.25 * (len(names) + len(columns)) + 0.9, 0.3 * len(rows) + 1.1)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_title(title)
    _fill(axes, rows, names, columns, undecided)
    legend = f"green: right; pink and bold: wrong; yellow: undecided, within {undecided:g} of 1/2"
    axes.text(0.5, -0.02, legend, ha="center", va="top", fontsize=9, transform=axes.transAxes)
    return figure


def _fill(axes: Axes, rows: np.ndarray, names: Sequence[str], columns: Mapping[str, Array], undecided: float) -> None:
    probabilities = np.column_stack([*columns.values()]) if columns else np.empty((len(rows), 0))
    cells = [
        [str(number), *(f"{value:g}" for value in row), *map(_digits, predicted)]
        for number, (row, predicted) in enumerate(zip(rows, probabilities, strict=True), start=1)
    ]
    widths = np.array([0.4, *np.ones(len(names) + len(columns))])
    table = axes.table(
        cells, colLabels=["", *names, *columns], cellLoc="center", bbox=Bbox.unit(), colWidths=widths / widths.sum()
    )
    table.auto_set_font_size(False)
    table.set_fontsize(10)
    for (row, column), cell in table.get_celld().items():
        cell.set(edgecolor="#DDDDDD", facecolor="#F2F2F2" if row == 0 or column == 0 else "white")
        if row > 0 and column > len(names):
            verdict = _verdict(probabilities[row - 1, column - len(names) - 1], rows[row - 1, -1], undecided)
            cell.set_facecolor(_SHADES[verdict])
            cell.set_text_props(color=verdict.colour, weight="bold" if verdict is WRONG else "normal")


def _digits(probability: float) -> str:
    """Format with four decimals, or with two digits where these would be 0.0000.

    Example:
        >>> _digits(0.63291), _digits(1.23e-5)
        ('0.6329', '1.2e-05')
    """
    return f"{probability:.2g}" if 0 < probability < 5e-5 else f"{probability:.4f}"


def _verdict(predicted: float, target: float, undecided: float) -> Style:
    if abs(predicted - 0.5) <= undecided:
        return UNDECIDED
    return RIGHT if (predicted > 0.5) == (target > 0.5) else WRONG
