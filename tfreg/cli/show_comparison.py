"""Printing a comparison in a terminal: a block for each problem, the places of the files, and a command to try next.

Conventions: nothing is wider than the terminal but the command, which can be pasted in one piece; for characters that a
terminal cannot show, see `tfreg.suite.terminal`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import isfinite
from pathlib import Path

import pandas as pd
import xarray as xr
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from tfreg.cli.options import CompareOptions
from tfreg.comparison import summary
from tfreg.comparison.zarr_store import progress_of

# Below this width the columns that the CSV file has as well are left out.
_WIDE = 76
_COLUMNS: dict[str, Callable[[pd.Series], str]] = {
    "optimizer": lambda row: row["optimizer"],
    "best\nrate": lambda row: f"{row['best rate']:.2g}",
    "reached\n(95 %)": lambda row: f"{_percent(row['share reached'])} ({100 * row['from']:.0f}-{100 * row['to']:.0f})",
    "not\nreached": lambda row: _percent(row["not reached"]),
    "diverged": lambda row: _percent(row["diverged"]),
    "median\nepochs": lambda row: f"{row['median epochs']:.0f}" if isfinite(row["median epochs"]) else "never",
    "median\nloss": lambda row: f"{row['median final loss']:.3g}",
}
_ONLY_WIDE = ("not\nreached", "diverged")
# Of the suggestion to try mini-batches.
_N_BEST, _MINI_BATCH, _N_SEEDS = 3, 8, 5


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def report(result: xr.Dataset, options: CompareOptions, files: Iterable[Path]) -> RenderableType:
    """The result of the command, as it is printed: a block for each problem, and the files."""
    width, blocks = Console().width, list[RenderableType]()
    for problem, rows in summary(result).groupby("problem", sort=False):
        known = result.sel(problem=problem)
        blocks += [Text(_sentence(problem, rows, float(known.minimum + known.tolerance))), _table(rows, width), Text()]
    paths = "".join(f"\n  {path}" for path in files)
    return Group(
        *blocks,
        Text(f"Figures and table:{paths}"),
        Text(f"Every run, for xarray.open_zarr:\n  {options.store}"),
    )


def _table(rows: pd.DataFrame, width: int) -> Table:
    """A row for each optimizer."""
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0))
    shown = {name: text for name, text in _COLUMNS.items() if width >= _WIDE or name not in _ONLY_WIDE}
    for name in shown:
        table.add_column(name, justify="left" if name == "optimizer" else "right", overflow="fold")
    for _, row in rows.iterrows():
        table.add_row(*(Text(text(row)) for text in shown.values()))
    return table


def _sentence(problem: str, rows: pd.DataFrame, threshold: float) -> str:
    """The optimizer that brings most starts of a problem to the tolerance, and how soon."""
    best = rows.sort_values(["share reached", "median epochs"], ascending=[False, True]).iloc[0]
    if best["share reached"] == 0:
        return f"{problem}: no optimizer brings any start to a loss of {threshold:.4g} or less."
    soon = f", half of all within {best['median epochs']:.0f} epochs" if isfinite(best["median epochs"]) else ""
    return (
        f"{problem}: {best.optimizer} at learning rate {best['best rate']:.3g} brings "
        f"{_percent(best['share reached'])} of the starts to a loss of {threshold:.4g} or less{soon}."
    )


def next_command(result: xr.Dataset, options: CompareOptions) -> str:
    """A command worth trying next: all optimizers, then the best with mini-batches, then another problem."""
    if options.batch_size is not None:
        places = {name: getattr(options, name) for name in ("scheduler", "figures", "runs")}
        return CompareOptions(problem="two_relus" if options.problem == "logistic" else "logistic", **places).command()
    if options.optimizer != "all":
        return replace(options, optimizer="all").command()
    ranked = summary(result).sort_values(["share reached", "median epochs"], ascending=[False, True])
    best = ",".join(ranked.optimizer.unique()[:_N_BEST])
    return replace(options, optimizer=best, batch_size=_MINI_BATCH, seeds=_N_SEEDS).command()


def interruption(store: Path) -> RenderableType:
    """The message about a comparison that was interrupted: how much of it is kept."""
    done, total = progress_of(store)
    kept = f"{done} of {total} chunks are" if total else "nothing is"
    return Text(f"interrupted; {kept} finished and kept; rerun the same command to resume")
