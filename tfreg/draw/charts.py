"""Matplotlib figures of comparisons as curves and bars. They draw records and never train.

Conventions: a panel for each optimizer, in the order of the comparison. Colours are those of `tfreg.draw.data`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tfreg import comparison as contests
from tfreg.draw.data import colour, new_figure, panels


def sensitivity(result: xr.Dataset, title: str) -> Figure:
    """A panel per optimizer: the final excess over learning rates, median and 10 to 90 % of the starts per problem."""
    excess = contests.log_excess(result)
    others = [name for name in excess.dims if name not in ("problem", "optimizer", "learning_rate")]
    low, middle, high = (10 ** excess.quantile(q, others) for q in (0.1, 0.5, 0.9))
    best = contests.best_rates(result)
    rates = result.learning_rate.values
    figure, by_name = panels(result.optimizer.values.tolist(), title, "learning rate", "final loss above minimum")
    for name, axes in by_name.items():
        for problem in result.problem.values.tolist():
            at = {"problem": problem, "optimizer": name}
            axes.fill_between(rates, low.sel(at), high.sel(at), color=colour(problem), alpha=0.25, linewidth=0)
            axes.plot(rates, middle.sel(at), color=colour(problem), linewidth=1.6, label=problem)
            axes.axvline(float(best.sel(at)), color=colour(problem), linestyle=":", linewidth=1.2)
        axes.set(xscale="log", yscale="log")
        axes.grid(alpha=0.25)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), frameon=False,
        title="median and 10 to 90 % of the starts; dotted: best rate",
    )  # fmt: skip
    return figure


def courses(result: xr.Dataset, title: str) -> Figure:
    """A panel per optimizer: the loss above the minimum over the epochs, a curve per problem and start."""
    excess = 10 ** contests.log_excess(result, result.loss)
    styles = ("-", "--", ":", "-.")
    figure, by_name = panels(result.optimizer.values.tolist(), title, "epoch", "loss above minimum")
    for name, axes in by_name.items():
        for problem in result.problem.values.tolist():
            for start in range(result.sizes["start"]):
                where = ", ".join(f"{weight:g}" for weight in result.start_weights.values[start])
                axes.plot(
                    result.epoch, excess.sel(problem=problem, optimizer=name).isel(start=start),
                    color=colour(problem), linestyle=styles[start % len(styles)], label=f"{problem} from ({where})",
                )  # fmt: skip
        axes.set(yscale="log")
        axes.grid(alpha=0.25)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)), frameon=False)
    return figure


def bars(table: pd.DataFrame, value: str, by: str, xlabel: str, title: str, most: float | None = None) -> Figure:
    """A horizontal bar for each row of a table, the rows of a group `by` side by side; missing values say so.

    Args:
        table: with the columns `optimizer`, `value` and `by`.
        value: the length of a bar; NaN or infinite is written as "not reached".
        by: what the colours mean.
        xlabel: of the axis.
        title: above.
        most: the end of the axis.
    """
    names, groups = list(dict.fromkeys(table.optimizer)), list(dict.fromkeys(table[by]))
    figure = new_figure(7.5, 0.34 * len(names) * max(1, 0.6 * len(groups)) + 1.6)
    axes = figure.subplots()
    thickness = 0.8 / len(groups)
    for order, group in enumerate(groups):
        lengths = table[table[by] == group].set_index("optimizer")[value].reindex(names).to_numpy(dtype=float)
        places = np.arange(len(names)) + (order - (len(groups) - 1) / 2) * thickness
        finite = np.isfinite(lengths)
        axes.barh(places[finite], lengths[finite], height=0.9 * thickness, color=colour(group), label=group)
        for place in places[~finite]:
            axes.text(0, place, " not reached", va="center", fontsize=7, color=colour(group))
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel=xlabel, title=title, xlim=(0, most), ylim=(len(names) - 0.4, -0.6))
    axes.grid(axis="x", alpha=0.25)
    figure.legend(loc="outside lower center", ncols=len(groups), frameon=False)
    return figure


def ranks(raced: xr.Dataset, title: str, shown: int = 6) -> Figure:
    """The mean ranks of a race over the budget, and all of them with their intervals at its end."""
    figure = new_figure(12.0, 5.6)
    figure.suptitle(title)
    over, end = figure.subplots(1, 2, width_ratios=(1.5, 1))
    last = raced.isel(epoch=-1)
    order = last["rank"].values.argsort()
    names = raced.optimizer.values[order]
    leading = dict.fromkeys([*(name for _, name in contests.winners(raced.isel(epoch=slice(1, None)))), *names])
    for name in list(leading)[:shown]:
        run = raced.sel(optimizer=name).isel(epoch=slice(1, None))
        over.plot(run.epoch, run["rank"], color=colour(name), linewidth=2, label=name)
        over.fill_between(run.epoch, run.low, run.high, color=colour(name), alpha=0.15, linewidth=0)
    over.set(
        xlabel="budget in epochs", ylabel="mean rank (1 is best)", title="each at the rate that is best for the budget"
    )
    over.set_xscale("log")
    over.invert_yaxis()
    over.grid(alpha=0.25)
    over.legend(ncols=2, fontsize=9)
    places = np.arange(len(names))
    middle, low, high = (last[which].values[order] for which in ("rank", "low", "high"))
    end.errorbar(middle, places, xerr=[middle - low, high - middle], fmt="o", color="black", capsize=3, markersize=4)
    end.set_yticks(places, [f"{name} ({rate:.2g})" for name, rate in zip(names, last.rate.values[order], strict=True)])
    end.invert_yaxis()
    end.grid(axis="x", alpha=0.25)
    end.set(xlabel="mean rank, 95 % interval", title=f"after {int(last.epoch)} epochs (at this rate)")
    return figure


def shares(table: pd.DataFrame, kinds: Sequence[str], title: str) -> Figure:
    """A stacked bar for each optimizer: which share of its runs ended in which kind of minimum."""
    figure = new_figure(9.0, 0.34 * len(table) + 1.8)
    axes = figure.subplots()
    left = np.zeros(len(table))
    for kind in kinds:
        lengths = 100 * table[kind].to_numpy()
        axes.barh(range(len(table)), lengths, left=left, color=colour(kind), label=kind, height=0.8)
        for place, (start, length) in enumerate(zip(left, lengths, strict=True)):
            if length > 5:
                ink = "white" if np.mean(to_rgb(colour(kind))) < 0.5 else "black"
                axes.text(start + length / 2, place, f"{length:.0f}", ha="center", va="center", color=ink, fontsize=8)
        left += lengths
    axes.set_yticks(range(len(table)), table.optimizer)
    axes.set(xlabel="% of the starts", title=title, xlim=(0, 100), ylim=(len(table) - 0.4, -0.6))
    figure.legend(loc="outside lower center", ncols=min(3, len(kinds)), frameon=False)
    return figure


def profile(result: xr.Dataset, title: str) -> Figure:
    """A panel per problem: the share of the runs that has arrived, over the epochs, a curve per optimizer.

    Each optimizer is at its best learning rate if there are several (Dolan and More 2002, Math. Program. 91, 201).
    """
    best = contests.at_best_rate(result) if "learning_rate" in result.dims else result
    names = result.problem.values.tolist()
    figure = new_figure(5.2 * len(names) + 0.8, 4.8)
    figure.suptitle(title)
    styles = ("-", "--", ":", "-.")
    for axes, problem in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True):
        for order, name in enumerate(result.optimizer.values.tolist()):
            needed = best.epochs_to_tolerance.sel(problem=problem, optimizer=name).values.ravel()
            epochs, counts = np.unique(needed[np.isfinite(needed)], return_counts=True)
            x = np.concatenate([[0], epochs, [result.attrs["epochs"]]])
            arrived = np.concatenate([[0], counts.cumsum(), [counts.sum()]]) / len(needed)
            axes.step(
                x, 100 * arrived, where="post", color=colour(name), label=name, linewidth=1.8,
                linestyle=styles[order // 8 % len(styles)],
            )  # fmt: skip
        axes.set(xlabel="epoch", title=problem, ylim=(-2, 102))
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylabel("% of the starts arrived")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    return figure
