"""Matplotlib figures of data, fits, curves and tables. They draw records and never train.

Conventions: functions return a `matplotlib.figure.Figure` that no window manager knows of. The same label always has
the same colour, here and in `tfreg.draw.surfaces`, from a palette that colour-blind readers can tell apart (Okabe and
Ito, 2008).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from tfreg.datasets import Dataset
from tfreg.files import write_whole

_COLUMNS = 6  # of small panels
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
COLOURS = {
    "data": "#7F7F7F",
    "true probability": "#000000",
    "BCE fit": "#0072B2",
    "MSE fit": "#D55E00",
    "SGD, carried over and fresh alike": "#009E73",
    "SGD, state carried over": "#D55E00",
    "SGD, fresh": "#0072B2",
    "Adam, state carried over": "#D55E00",
    "Adam, fresh": "#0072B2",
    "true mean": "#000000",
    "fit": "#0072B2",
    "identity": "#0072B2",
    "relu": "#D55E00",
    "u = l1(x)": "#0072B2",
    "v = relu(u)": "#D55E00",
    "unit 1": "#D55E00",
    "unit 2": "#009E73",
    "towards the stuck minimum": "#D55E00",
    "towards the good minimum": "#009E73",
    "stuck minimum": "#8C3D00",
    "good minimum": "#00543D",
    "true weights": "#D7191C",
    "minimum": "#000000",
    "BCE": "#0072B2",
    "MSE": "#D55E00",
    "path": "#000000",
    "all samples": "#0072B2",
    "256 samples": "#009E73",
    "32 samples": "#D55E00",
    "good minimum reached": "#0072B2",
    "one dead unit": "#D55E00",
    "a line": "#E69F00",
    "a constant": "#CC79A7",
    "elsewhere": "#7F7F7F",
    # Optimizers: those of one family are shades of one hue.
    "sgd": "#000000",
    "momentum": "#666666",
    "nesterov": "#AAAAAA",
    "adam": "#0072B2",
    "amsgrad": "#56B4E9",
    "adamw": "#332288",
    "adamax": "#88CCEE",
    "nadam": "#44AA99",
    "schedulefreeadamw": "#117733",
    "rmsprop": "#D55E00",
    "adagrad": "#E69F00",
    "adadelta": "#DDCC77",
    "adafactor": "#CC6677",
    "ftrl": "#999933",
    "lion": "#882255",
    "lamb": "#CC79A7",
    "muon": "#AA4499",
    "fitted": "#009E73",
    "as printed": "#CC79A7",
    "cross-entropy": "#0072B2",
    "true BCE": "#0072B2",
    "true BCE, descending on it": "#56B4E9",
    "y = 0": "#D55E00",
    "y = 1": "#0072B2",
    "predicted y = 0": "#D55E00",
    "predicted y = 1": "#0072B2",
    "fail": "#D55E00",
    "pass": "#0072B2",
    "right": "#0072B2",
    "wrong": "#D55E00",
}


def colour(label: str) -> str:
    """The colour of a label: a fixed one if it is known, else one of the palette, the same in every figure."""
    return COLOURS.get(label, PALETTE[crc32(label.encode()) % len(PALETTE)])


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, ready to be drawn into memory."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path, dpi: int = 100) -> None:
    """Save a figure as PNG, the same figure in the same bytes, whole or not at all."""
    with matplotlib.rc_context({"font.family": "DejaVu Sans"}):
        write_whole(path, lambda file: figure.savefig(file, dpi=dpi, metadata={"Software": None}))


def panels(names: Sequence[str], title: str, xlabel: str, ylabel: str) -> tuple[Figure, dict[str, Axes]]:
    """A figure with a panel for each name, six in a row, and each panel with its name; spare places stay empty."""
    n_columns = min(_COLUMNS, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = new_figure(2.2 * n_columns + 0.8, 2.1 * n_rows + 0.9)
    figure.suptitle(title)
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).ravel()
    for spare in range(len(names), len(grid)):
        grid[spare].set_axis_off()
    for place, (name, axes) in enumerate(zip(names, grid, strict=False)):
        axes.set_title(name, fontsize=9)
        if place % n_columns == 0:
            axes.set_ylabel(ylabel)
        if place + n_columns >= len(names):  # the lowest of its column
            axes.set_xlabel(xlabel)
            axes.tick_params(labelbottom=True)
    return figure, dict(zip(names, grid, strict=False))


def data(dataset: Dataset, curves: Mapping[str, np.ndarray] | None = None, title: str = "") -> Figure:
    """The targets over the last input, with curves (n_samples,) such as a fit."""
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    draw_data(axes, dataset, curves or {})
    axes.set_title(title)
    # Below the axes: within them, data may be anywhere.
    n_columns = min(3, len(axes.get_legend_handles_labels()[1]))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=n_columns, frameon=False)
    return figure


def draw_data(axes: Axes, dataset: Dataset, curves: Mapping[str, np.ndarray]) -> None:
    """Points, the known expectation and curves, into given axes."""
    x = dataset.inputs[:, -1]
    faint = 0.06 if len(x) > 500 else 0.6
    axes.plot(x, dataset.targets[:, 0], "o", color=colour("data"), alpha=faint, markersize=4, rasterized=True)
    axes.plot([], [], "o", color=colour("data"), markersize=4, label="data")
    if dataset.expected is not None:
        known = "true probability" if np.isin(dataset.targets, (0, 1)).all() else "true mean"
        axes.plot(x, dataset.expected, "--", color=colour(known), linewidth=1.4, label=known)
    for label, values in curves.items():
        axes.plot(x, values, color=colour(label), linewidth=2, label=label)
    axes.set_xlabel("x")
    axes.set_ylabel("y")


def courses(
    x: np.ndarray,
    panels: Mapping[str, Mapping[str, np.ndarray]],
    xlabel: str = "epoch",
    title: str = "",
    behind: np.ndarray | None = None,
) -> Figure:
    """Curves over one x, such as losses over the epochs: a panel for each quantity, with its curves by label.

    Data (n_samples,) may stand behind the curves, as points. More than two panels are narrow.
    """
    figure = new_figure((5.2 if len(panels) < 3 else 3.4) * len(panels) + 1.2, 4.2)
    figure.suptitle(title)
    for axes, (quantity, curves) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True):
        if behind is not None:
            axes.plot(x, behind, "o", color=colour("data"), alpha=0.6, markersize=4, label="data")
        for order, (label, values) in enumerate(curves.items()):
            # The first curve is drawn wider, so that it shows where another runs over it.
            width = 1.8 if order or len(curves) == 1 else 3.6
            axes.plot(x, values, color=colour(label), linewidth=width, label=label)
        axes.set(xlabel=xlabel, ylabel=quantity)
        if len(axes.lines) > 1:
            axes.legend()
    return figure


def points(
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    axis_labels: tuple[str, str] = ("x", "y"),
    title: str = "",
) -> Figure:
    """Points (n_samples,) coloured by the group that each belongs to, with curves, each over its own x."""
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    style = {"markeredgewidth": 0} | (
        {"markersize": 5, "alpha": 0.35, "zorder": 1} if len(x) > 100 else {"markersize": 8, "zorder": 3}
    )
    for group in np.unique(groups):
        belongs = groups == group
        axes.plot(x[belongs], y[belongs], "o", color=colour(group), **style)
        axes.plot([], [], "o", color=colour(group), markersize=6, label=group)
    for label, (along, values) in (curves or {}).items():
        line = "--" if label == "true probability" else "-"
        axes.plot(along, values, line, color=colour(label), linewidth=2, label=label)
    axes.set(xlabel=axis_labels[0], ylabel=axis_labels[1], title=title)
    axes.legend()
    return figure


def predictions_table(
    dataset: Dataset, names: Sequence[str], columns: Mapping[str, np.ndarray], undecided: float = 0.05, title: str = ""
) -> Figure:
    """Inputs, targets and predicted probabilities row by row: right ones blue, wrong ones red and bold.

    Args:
        dataset: a row for each sample.
        names: of the inputs, then of the target.
        columns: probabilities (n_samples,) by label.
        undecided: probabilities no further than this from 1/2 stay plain.
        title: above the table.
    """
    rows = np.column_stack([dataset.inputs, dataset.targets]).astype(int)
    cells = np.column_stack([rows.astype(str), *(np.char.mod("%.4f", values) for values in columns.values())])
    figure = new_figure(1.25 * cells.shape[1] + 0.3, 0.3 * len(rows) + 1.1)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_title(title)
    table = axes.table(cells.tolist(), colLabels=[*names, *columns], cellLoc="center", bbox=Bbox.unit())
    table.auto_set_font_size(False)
    table.set_fontsize(10)
    for (row, column), cell in table.get_celld().items():
        cell.set(edgecolor="#DDDDDD", facecolor="#F2F2F2" if row == 0 else "white")
        if row == 0 or column < len(names):
            continue
        predicted = list(columns.values())[column - len(names)][row - 1]
        if abs(predicted - 0.5) > undecided:
            right = (predicted > 0.5) == (rows[row - 1, -1] > 0.5)
            cell.set_text_props(color=colour("right" if right else "wrong"), weight="normal" if right else "bold")
    axes.text(
        0.5, -0.02, f"blue: right; red and bold: wrong; black: undecided, within {undecided:g} of 1/2",
        ha="center", va="top", fontsize=9, transform=axes.transAxes,
    )  # fmt: skip
    return figure
