"""What the commands print: tables of findings, of printed numbers and of claims.

Conventions: everything is computed from the records that runs leave (see `tfreg.suite.scripts`); nothing heavy is
imported.
"""

import html
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from tfreg.suite.scripts import Experiment

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[str, Any]
_COLOURS = {"holds": "green", "fails": "red", "depends": "yellow"}


def listing(records: Sequence[tuple[Experiment, Record | None]]) -> Table:
    """Name, title and time of the last run of each experiment."""
    table = Table(box=None, header_style="bold")
    for column in ("experiment", "title", "run"):
        table.add_column(column)
    for experiment, record in records:
        when = "not yet"
        if record is not None:
            when = datetime.fromisoformat(record["when"]).astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(experiment.name, escape(experiment.title), when)
    return table


def findings(records: Sequence[tuple[Experiment, Record, bool]]) -> Table:
    """What each experiment found, and how many of its printed numbers came back."""
    table = Table(header_style="bold", show_lines=True)
    table.add_column("experiment", no_wrap=True)
    table.add_column("what was found", ratio=1)
    table.add_column("printed numbers", justify="right")
    table.add_column("seconds", justify="right", no_wrap=True)
    for experiment, record, fresh in records:
        seconds = f"{record['seconds']:.1f}" if fresh else "unchanged"
        table.add_row(experiment.name, escape(record["summary"]), _came_back(record), seconds)
    return table


def _came_back(record: Record) -> str:
    if record["changed_options"]:
        return "not compared:\nother options"
    expected = [row for row in numbers([record]) if row["reproducible"] != "not reproducible"]
    if not record["comparisons"]:
        return "none printed"
    n_values, n_back = (sum(row[key] for row in expected) for key in ("values", "came_back"))
    lost = "".join(f"\n[red]not {row['number']}[/red]" for row in expected if row["came_back"] < row["values"])
    return f"{n_back} of {n_values} came back{lost}"


def numbers(records: Sequence[Record]) -> list[dict[str, Any]]:
    """One row for each published entry that the experiments computed: printed, reproduced, difference, verdict, why."""
    rows = []
    for record in records:
        for comparison in record["comparisons"]:
            name = comparison["name"].removeprefix(f"{record['name']}.")
            difference = max(
                abs(printed - reproduced)
                for printed, reproduced in zip(comparison["printed"], comparison["reproduced"], strict=True)
            )
            verdict, why = _verdict(comparison, record["evidence"].get(name, comparison["why"]))
            rows.append(
                {
                    "source": record["group"],
                    "number": comparison["name"],
                    "values": len(comparison["printed"]),
                    "came_back": sum(comparison["came_back"]),
                    "printed": comparison["printed"],
                    "reproduced": comparison["reproduced"],
                    "difference": difference,
                    "reproducible": comparison["reproducible"],
                    "verdict": verdict,
                    "why": why,
                }
            )
    return rows


def _verdict(comparison: Mapping[str, Any], reason: str) -> tuple[str, str]:
    if comparison["reproducible"] == "not reproducible":
        return "not reproducible", reason
    if all(comparison["digits_match"]):
        return "digits match", comparison["why"]
    if all(comparison["came_back"]):
        return "within float rounding", reason
    return "does not come back", reason


def numbers_table(rows: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> Table:
    """The printed numbers beside the reproduced ones; of a list its first value and its length."""
    table = Table(header_style="bold")
    for column, justify in (("source", "left"), ("number", "left"), ("printed", "right"), ("reproduced", "right")):
        table.add_column(column, justify=justify, no_wrap=column != "number")  # type: ignore[arg-type]
    table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("verdict", ratio=1)
    for row in rows:
        colour = {"does not come back": "red", "not reproducible": "yellow"}.get(row["verdict"], "green")
        verdict = f"[{colour}]{row['verdict']}[/{colour}]" + (f": {escape(row['why'])}" if row["why"] else "")
        printed, reproduced = (_first(row[key]) for key in ("printed", "reproduced"))
        table.add_row(row["source"], row["number"], printed, reproduced, f"{row['difference']:.1e}", verdict)
    for name in missing:
        table.add_row("", name, "", "", "", "[red]no experiment gives this number[/red]")
    return table


def _first(values: Sequence[float]) -> str:
    more = f" … ({len(values)})" if len(values) > 1 else ""
    return f"{values[0]:.8g}{more}"


def figures_index(records: Sequence[Record], group: str = "") -> str:
    """A page in Markdown that shows every figure with its sentence, and every table, in order.

    It is to lie in the folder of figures, or of those of a group.
    """
    command = f"tfreg run {group}".strip()
    lines = [
        "# Figures",
        "",
        f"Written by `{command}`: what each experiment found, and what each figure shows. Beside",
        "each animation a run leaves a page of the same name, ending in `.html`, that plays it with a slider.",
        "",
    ]
    for record in records:
        lines += [f"## {record['title']}", "", f"`{record['name']}`: {record['summary']}", "", "<table>"]
        cells = [_cell(figure, group) for figure in record["figures"]]
        lines += [f"<tr>{''.join(cells[first : first + 3])}</tr>" for first in range(0, len(cells), 3)]
        lines += ["</table>", ""]
        for table in record.get("tables", ()):
            lines += [f"{table['caption']} ([CSV]({_below(table['file'], group)}))", "", *_markdown(table), ""]
    return "\n".join(lines)


def _markdown(table: Mapping[str, Any]) -> list[str]:
    """A table in Markdown, with three digits of each number."""
    rows = [[_short(value) for value in row] for row in table["rows"]]
    return [f"| {' | '.join(row)} |" for row in (table["columns"], ["---"] * len(table["columns"]), *rows)]


def _short(value: Any) -> str:
    if value is None:
        return "never"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _below(path: str, group: str) -> str:
    return path.removeprefix(f"{group}/") if group else path


def _cell(figure: Mapping[str, Any], group: str) -> str:
    path, caption = _below(figure["files"][0], group), html.escape(figure["caption"])
    title = html.escape(figure["name"].replace("_", " ").capitalize())
    picture = f'<a href="{path}"><img src="{path}" alt="{caption}"></a>'
    return f'<td width="33%" valign="top"><b>{title}</b><br>{picture}<br>{caption}</td>'


def claims_table(records: Sequence[Record]) -> Table:
    """Every claim, its verdict and the evidence."""
    table = Table(header_style="bold", show_lines=True)
    table.add_column("experiment", no_wrap=True)
    table.add_column("claim", ratio=2)
    table.add_column("verdict", no_wrap=True)
    table.add_column("evidence", ratio=3)
    for record in records:
        for claim in record["claims"]:
            verdict = f"[{_COLOURS[claim['verdict']]}]{claim['verdict']}[/]"
            table.add_row(record["name"], escape(claim["sentence"]), verdict, escape(claim["evidence"]))
    return table


def contest(rows: "pd.DataFrame") -> Table:
    """How each optimizer did on each problem, at its best learning rate."""
    # It has to fit into 80 columns with the longest name of an optimizer.
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0))
    for column in ("problem", "optimizer"):
        table.add_column(column, no_wrap=True)
    for column in ("best\nrate", "reached\n(95 %)", "stuck,\ndiverged", "median\nepochs", "median\nloss"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        table.add_row(
            escape(row["problem"]),
            escape(row["optimizer"]),
            f"{row['best rate']:.2g}",
            f"{100 * row['share reached']:.0f} % ({100 * row['from']:.0f}-{100 * row['to']:.0f})",
            f"{100 * row['stuck']:.0f}, {100 * row['diverged']:.0f} %",
            f"{row['median epochs']:.0f}" if isfinite(row["median epochs"]) else "never",
            f"{row['median final loss']:.3g}",
        )
    return table
