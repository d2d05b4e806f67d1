"""Figures of comparisons as curves over learning rates and epochs.

Conventions: functions draw records and never train. Panels are in the order of the comparison's optimizers.
Losses are drawn as their excess over the problem's minimum, within the bounds of `tfreg.comparison.log_excess`.
"""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from tfreg.checks.kinds import Count, checked
from tfreg.checks.records import OptimizerComparison, Race, Trajectories
from tfreg.comparison.analysis import BEST, WORST, at_best_rate, best_rates, log_excess
from tfreg.comparison.race import winners
from tfreg.draw.axes import diverged_handle
from tfreg.draw.figure import Picture, draw_title, new_figure, panels
from tfreg.draw.style import DIVERGED, Styles, styles_for

_LINES = ("-", "--", ":", "-.")


@checked
def sensitivity(result: OptimizerComparison, title: str = "", *, styles: Styles | None = None) -> Picture:
    """Draw the final excess over learning rates, median and 10 to 90 % of the starts, in a panel per optimizer.

    Raises:
        InputError: the comparison has no axis of learning rates.
    """
    excess, best = log_excess(result), best_rates(result)
    others = [name for name in excess.dims if name not in ("problem", "optimizer", "learning_rate")]
    low, middle, high = (10 ** excess.quantile(q, others) for q in (0.1, 0.5, 0.9))
    rates = result.learning_rate.values
    style_of = styles_for(result.problem.values.tolist(), styles)
    figure, by_name = panels(result.optimizer.values.tolist(), title, "learning rate", "final loss above the minimum")
    for name, axes in by_name.items():
        for problem, style in style_of.items():
            at = {"problem": problem, "optimizer": name}
            axes.fill_between(rates, low.sel(at), high.sel(at), color=style.colour, alpha=0.25, linewidth=0)
            axes.plot(rates, middle.sel(at), style.line, color=style.colour, linewidth=1.6, label=problem)
            axes.axvline(float(best.sel(at)), color=style.colour, linestyle=":", linewidth=1.2)
        axes.set(xscale="log", yscale="log")
        axes.grid(alpha=0.25)
    note = f"median and 10 to 90 % of the starts; dotted: best rate\n{_bounds(result)}; diverged runs count as the most"
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, title=note)
    return figure


def _bounds(result: xr.Dataset) -> str:
    return f"clipped to {10.0 ** BEST[str(result.final_loss.dtype)]:.0e} … {10.0**WORST:.0e}"


@checked
def loss_curves(result: Trajectories, title: str = "", *, styles: Styles | None = None) -> Picture:
    """Draw the loss above the minimum over the epochs, a curve per problem and start, in a panel per optimizer.

    A curve ends in a cross where the loss is no longer finite.

    Args:
        result: a comparison with trajectories.
        title: above all panels.
        styles: by problem.
    """
    excess = 10 ** log_excess(result, result.loss).where(np.isfinite(result.loss))
    style_of = styles_for(result.problem.values.tolist(), styles)
    figure, by_name = panels(result.optimizer.values.tolist(), title, "epoch", "loss above the minimum")
    for name, axes in by_name.items():
        for problem, style in style_of.items():
            for start in range(result.sizes["start"]):
                curve = excess.sel(problem=problem, optimizer=name).isel(start=start).values
                where = ", ".join(f"{weight:g}" for weight in result.start_weights.values[start])
                look: dict[str, Any] = {"color": style.colour, "linestyle": _LINES[start % len(_LINES)]}
                axes.plot(result.epoch, curve, label=f"{problem} from ({where})", **look)
                _mark_divergence(axes, result.epoch.values, curve)
        axes.set(yscale="log")
        axes.grid(alpha=0.25)
    handles, _ = axes.get_legend_handles_labels()
    handles.append(diverged_handle())
    n_columns = min(5 if figure.get_figwidth() > 9 else 3, len(handles))
    figure.legend(handles=handles, loc="outside lower center", ncols=n_columns, frameon=False, title=_bounds(result))
    return figure


def _mark_divergence(axes: Axes, epochs: np.ndarray, curve: np.ndarray) -> None:
    finite = np.flatnonzero(np.isfinite(curve))
    if len(finite) and finite[-1] < len(curve) - 1:
        last = finite[-1]
        axes.plot(epochs[last], curve[last], DIVERGED.marker, color=DIVERGED.colour, markeredgewidth=2, zorder=5)


@checked
def ranks(raced: Race, title: str = "", shown: Count = 6, *, styles: Styles | None = None) -> Picture:
    """Draw the mean ranks of a race over the budget, and all ranks with their intervals at its end.

    Args:
        raced: as `tfreg.comparison.race` returns it.
        title: above both panels.
        shown: the number of curves: optimizers that win at some budget come first, then the best at the end.
        styles: by optimizer.
    """
    figure = new_figure(12.0, 5.6)
    draw_title(figure, title)
    over, end = figure.subplots(1, 2, width_ratios=(1.5, 1))
    last = raced.isel(epoch=-1)
    order = last["rank"].values.argsort()
    names = raced.optimizer.values[order]
    later = raced.sel(epoch=raced.epoch > 0)  # on a logarithmic axis
    leading = list(dict.fromkeys([*(name for _, name in winners(later)), *names]))[:shown]
    for name, style in styles_for(leading, styles).items():
        run = later.sel(optimizer=name)
        over.plot(run.epoch, run["rank"], style.line, color=style.colour, linewidth=2, label=name)
        over.fill_between(run.epoch, run.low, run.high, color=style.colour, alpha=0.15, linewidth=0)
    over.set(xlabel="budget in epochs", ylabel="mean rank (1 is best)", title="each at its best rate for the budget")
    over.set_xscale("log")
    over.invert_yaxis()
    over.grid(alpha=0.25)
    over.legend(ncols=2, fontsize=9)
    places = np.arange(len(names))
    middle, low, high = (last[which].values[order] for which in ("rank", "low", "high"))
    end.errorbar(middle, places, xerr=[middle - low, high - middle], fmt="o", color="black", capsize=3, markersize=4)
    end.set_yticks(places, [f"{name} ({rate:.3g})" for name, rate in zip(names, last.rate.values[order], strict=True)])
    end.invert_yaxis()
    end.grid(axis="x", alpha=0.25)
    end.set(xlabel="mean rank, 95 % interval", title=f"after {int(last.epoch)} epochs (at this rate)")
    return figure


@checked
def profile(result: OptimizerComparison, title: str = "", *, styles: Styles | None = None) -> Picture:
    """Draw the share of runs that have arrived over the epochs, a curve per optimizer, in a panel per problem.

    Each optimizer is at its best learning rate if there are several (Dolan and Moré 2002, Math. Program. 91, 201).
    """
    best = at_best_rate(result) if "learning_rate" in result.dims else result
    names = result.problem.values.tolist()
    style_of = styles_for(result.optimizer.values.tolist(), styles)
    figure = new_figure(5.2 * len(names) + 0.8, 4.8)
    draw_title(figure, title)
    for axes, problem in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True):
        for order, (name, style) in enumerate(style_of.items()):
            x, arrived = _arrivals(best.sel(problem=problem, optimizer=name), result.attrs["epochs"])
            line = _LINES[order // 8 % len(_LINES)]
            axes.step(x, 100 * arrived, where="post", color=style.colour, label=name, linewidth=1.8, linestyle=line)
        axes.set(xlabel="epoch", title=problem, ylim=(-2, 102))
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylabel("% of the starts arrived")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    return figure


def _arrivals(runs: xr.Dataset, n_epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """The epochs at which runs arrive, and the share that has arrived by then."""
    needed = runs.epochs_to_tolerance.values.ravel()
    epochs, counts = np.unique(needed[np.isfinite(needed)], return_counts=True)
    return (
        np.concatenate([[0], epochs, [n_epochs]]),
        np.concatenate([[0], counts.cumsum(), [counts.sum()]]) / len(needed),
    )
