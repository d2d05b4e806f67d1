"""Figures of data, fits and curves.

Conventions: functions draw records and never train; they return a Matplotlib figure, which a notebook shows. Curves and
groups have labels; `styles` replaces the style that `tfreg.draw.style` chooses for some of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, Numbers, checked, kind
from tfreg.checks.values import check_array
from tfreg.datasets import Dataset
from tfreg.draw.figure import Picture, draw_title, new_figure, shortened
from tfreg.draw.style import CLASSES, DATA, TRUTH, Style, Styles, styles_for


def _is_labels(value: Any) -> bool:
    try:
        labels = np.asarray(value)
    except (TypeError, ValueError):
        return False
    return labels.ndim == 1 and all(isinstance(one, str | int | float | np.generic) for one in labels)


Labels = Annotated[np.ndarray, kind("a label for each point", _is_labels)]


@checked
def data(
    dataset: Dataset,
    curves: Mapping[str, Numbers] | None = None,
    *,
    title: str = "",
    styles: Styles | None = None,
) -> Picture:
    """Draw the targets over the last input, with curves (n_samples,) such as a fit.

    Raises:
        InputError: a curve of another length.

    Example:
        >>> draw.data(problem.dataset, {"fit": problem.predictions_at(run.weights[-1])[:, 0]})
    """
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    draw_data(axes, dataset, curves or {}, styles)
    axes.set_title(title)
    # Below the axes: inside them a legend could hide data.
    n_labels = len(axes.get_legend_handles_labels()[1])
    n_columns = n_labels if n_labels < 4 else 2
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=n_columns, frameon=False)
    return figure


def draw_data(axes: Axes, dataset: Dataset, curves: Mapping[str, Numbers], styles: Styles | None = None) -> None:
    """Draw points, the known expectation and curves into given axes."""
    x = dataset.inputs[:, -1]
    faint = 0.06 if len(x) > 500 else 0.6
    axes.plot(x, dataset.targets[:, 0], "o", color=DATA.colour, alpha=faint, markersize=4, rasterized=True)
    axes.plot([], [], "o", color=DATA.colour, markersize=4, label="data")
    if dataset.expected is not None:
        axes.plot(x, dataset.expected, TRUTH.line, color=TRUTH.colour, linewidth=1.4, label=_known(dataset))
    _draw_curves(axes, x, curves, styles)
    axes.set_xlabel("x")
    axes.set_ylabel("y")


def _known(dataset: Dataset) -> str:
    return "true probability" if np.isin(dataset.targets, (0, 1)).all() else "true mean"


def _draw_curves(axes: Axes, x: Numbers, curves: Mapping[str, Numbers], styles: Styles | None = None) -> None:
    chosen = styles_for(curves, styles)
    for order, (label, values) in enumerate(curves.items()):
        if np.shape(values) != np.shape(x):
            raise InputError(f"expected {len(np.asarray(x))} values for the curve {label!r}, got {np.shape(values)}")
        style = chosen[label]
        # The first of several curves is wider, so that it stays visible under another.
        width = style.width or (3.6 if order == 0 and len(curves) > 1 else 1.8)
        axes.plot(x, values, style.line, color=style.colour, linewidth=width, label=shortened(label))


@checked
def curves(
    x: Numbers,
    panels: Mapping[str, Mapping[str, Numbers]],
    xlabel: str = "epoch",
    *,
    title: str = "",
    behind: Numbers | None = None,
    styles: Styles | None = None,
    log_x: bool = False,
) -> Picture:
    """Draw curves over one x, such as losses over the epochs, in a panel for each quantity.

    Args:
        x: (n_points,).
        panels: by quantity, its curves (n_points,) by label; more than two panels are narrow.
        xlabel: the meaning of x.
        title: above all panels.
        behind: data (n_points,) drawn as points behind the curves of each panel.
        styles: by label.
        log_x: a logarithmic x axis that includes 0.

    Raises:
        InputError: a curve of another length than x.

    Example:
        >>> draw.curves(run.epoch, {"loss": {"BCE": run.loss}}, log_x=True)
    """
    n_points = len(check_array("x", x, "n_points"))
    if behind is not None:
        check_array("behind", behind, n_points)
    if not panels:
        raise InputError("panels: expected one panel or more, got none")
    figure = new_figure((5.2 if len(panels) < 3 else 3.4) * len(panels) + 1.2, 4.2)
    draw_title(figure, title)
    chosen = styles_for((label for by_label in panels.values() for label in by_label), styles)
    for axes, (quantity, by_label) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True):
        if behind is not None:
            axes.plot(x, behind, "o", color=DATA.colour, alpha=0.6, markersize=4, label="data")
        _draw_curves(axes, x, by_label, chosen)
        if log_x:
            axes.set_xscale("symlog", linthresh=1)
            axes.set_xlim(0, None)
        axes.set(xlabel=xlabel, ylabel=quantity)
        if len(axes.lines) > 1:
            axes.legend()
    return figure


@checked
def points(
    x: Array,
    y: Array,
    groups: Labels,
    curves: Mapping[str, tuple[Numbers, Numbers]] | None = None,
    axis_labels: tuple[str, str] = ("x", "y"),
    *,
    title: str = "",
    styles: Styles | None = None,
) -> Picture:
    """Draw points (n_samples,) with a style for each group, and curves, each over its own x.

    Example:
        >>> draw.points(x, y, np.where(y == 1, "y = 1", "y = 0"), {"fit": (x, fit)})
    """
    x = check_array("x", x, "n_points")
    y = check_array("y", y, len(x))
    if len(groups) != len(x):
        raise InputError(f"groups: expected a label for each of {len(x)} points, got {len(groups)}")
    for label, (along, values) in (curves or {}).items():
        check_array(f"curves: {label!r}", values, len(check_array(f"curves: {label!r}", along, "n_points")))
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    many = {"markersize": 5, "alpha": 0.35, "zorder": 1} if len(x) > 100 else {"markersize": 8, "zorder": 3}
    names = [str(group) for group in np.unique(groups)]
    chosen = styles_for([*names, *(curves or {})], dict(_of_classes(names, styles or {})))
    for name in names:
        style, belongs = chosen[name], np.asarray(groups).astype(str) == name
        axes.plot(x[belongs], y[belongs], style.marker, color=style.colour, markeredgewidth=0, **many)
        axes.plot([], [], style.marker, color=style.colour, markersize=6, markeredgewidth=0, label=name)
    for label, (along, values) in (curves or {}).items():
        style = chosen[label]
        axes.plot(along, values, style.line, color=style.colour, linewidth=style.width or 2, label=label)
    axes.set(xlabel=axis_labels[0], ylabel=axis_labels[1], title=title)
    axes.legend()
    return figure


def _of_classes(names: Sequence[str], styles: Mapping[str, Style]) -> Iterator[tuple[str, Style]]:
    """The given styles, and those of two classes where there are two groups."""
    if len(names) == 2:
        yield from zip(names, CLASSES, strict=True)
    yield from styles.items()
