"""Figures of comparisons as horizontal bars, a row for each optimizer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb

from tfreg.checks.errors import InputError, unknown
from tfreg.checks.kinds import checked
from tfreg.draw.figure import Picture, new_figure
from tfreg.draw.style import Styles, styles_for


@checked
def bars(
    table: pd.DataFrame,
    value: str,
    by: str,
    xlabel: str,
    title: str = "",
    *,
    styles: Styles | None = None,
) -> Picture:
    """Draw a horizontal bar for each row of a table, the rows of a group `by` side by side.

    Args:
        table: with the columns `optimizer`, `value` and `by`.
        value: the column with the lengths of the bars; NaN or infinite is written as "not reached".
        by: the column with the groups, a colour each.
        xlabel: of the axis.
        title: above.
        styles: by group.
    """
    _check_columns(table, numbers=[value], others=["optimizer", by])
    names, groups = list(dict.fromkeys(table.optimizer)), list(dict.fromkeys(table[by]))
    style_of = styles_for(groups, styles)
    figure = new_figure(7.5, 0.34 * len(names) * max(1, 0.6 * len(groups)) + 1.6)
    axes = figure.subplots()
    thickness = 0.8 / len(groups)
    for order, group in enumerate(groups):
        colour = style_of[group].colour
        lengths = table[table[by] == group].set_index("optimizer")[value].reindex(names).to_numpy(dtype=float)
        places = np.arange(len(names)) + (order - (len(groups) - 1) / 2) * thickness
        finite = np.isfinite(lengths)
        axes.barh(places[finite], lengths[finite], height=0.9 * thickness, color=colour, label=group)
        for place in places[~finite]:
            axes.text(0, place, " not reached", va="center", fontsize=7, color=colour)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel=xlabel, title=title, xlim=(0, None), ylim=(len(names) - 0.4, -0.6))
    axes.grid(axis="x", alpha=0.25)
    figure.legend(loc="outside lower center", ncols=len(groups), frameon=False)
    return figure


@checked
def shares(table: pd.DataFrame, kinds: Sequence[str], title: str = "", *, styles: Styles | None = None) -> Picture:
    """Draw a stacked bar for each optimizer: the shares of its runs that ended in each kind of minimum.

    Args:
        table: with the columns `optimizer` and one for each kind, between 0 and 1.
        kinds: from left to right.
        title: above.
        styles: by kind.
    """
    _check_columns(table, numbers=kinds, others=["optimizer"])
    figure = new_figure(9.0, 0.34 * len(table) + 1.8)
    axes = figure.subplots()
    left = np.zeros(len(table))
    for kind, style in styles_for(kinds, styles).items():
        lengths = 100 * table[kind].to_numpy()
        axes.barh(range(len(table)), lengths, left=left, color=style.colour, label=kind, height=0.8)
        for place, (start, length) in enumerate(zip(left, lengths, strict=True)):
            if length > 5:
                ink = "white" if np.mean(to_rgb(style.colour)) < 0.5 else "black"
                axes.text(start + length / 2, place, f"{length:.0f}", ha="center", va="center", color=ink, fontsize=8)
        left += lengths
    axes.set_yticks(range(len(table)), table.optimizer)
    axes.set(xlabel="% of the starts", title=title, xlim=(0, 100), ylim=(len(table) - 0.4, -0.6))
    figure.legend(loc="outside lower center", ncols=min(3, len(kinds)), frameon=False)
    return figure


def _check_columns(table: pd.DataFrame, numbers: Sequence[str], others: Sequence[str]) -> None:
    """Refuse a table without rows or numbers to draw, without one of its columns, or with text where numbers go."""
    if table.empty or not len(numbers):
        raise InputError(f"table: expected one row and one kind or more, got {len(table)} and {len(numbers)}")
    for name in (*numbers, *others):
        if name not in table:
            raise unknown("column", name, map(str, table.columns))
    for name in numbers:
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise InputError(f"table: expected numbers in column {name!r}, got {table[name].dtype}")
