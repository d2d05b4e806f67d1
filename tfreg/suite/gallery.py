"""The index of the figures as a page in Markdown: the findings of each experiment, its figures, verdicts and tables.

Conventions: the page lies in the folder of the figures, or of those of one group; a picture of two or more panels
fills a row, the others stand side by side. All numbers on it come from the records.
"""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

from tfreg.suite.record import ExperimentRecord, SavedFigure, SavedTable, values_back

_IN_A_ROW = 2


def figures_index(records: Sequence[ExperimentRecord], command: str, group: str = "") -> str:
    """The page.

    Args:
        records: the experiments in order.
        command: the command that writes the figures.
        group: the group in whose folder the page lies; none for the folder of all figures.
    """
    lines = [
        "# Figures",
        "",
        f"Written by `{command}`: what each experiment found, and what each figure shows. Beside each animation a run",
        "leaves a page of the same name, ending in `.html`, that plays it with a slider.",
        "",
    ]
    for name, members in groupby(records, lambda record: record.group):
        lines += [] if group else [f"## {name.capitalize()}", ""]
        for record in members:
            lines += _section(record, group)
    return "\n".join(lines)


def _section(record: ExperimentRecord, group: str) -> list[str]:
    number = record.script.partition("_")[0].lstrip("0")
    heading = f"{number}. {record.title}" if number.isdigit() else record.title
    lines = [f"### {heading}", "", f"`{record.name}`: {record.summary}", "", *_verdicts(record)]
    if record.figures:
        lines += ["<table>", *_rows(record.figures, group), "</table>", ""]
    for table in record.tables:
        lines += [f"**{table.caption}** ([CSV]({_below(table.file, group)}))", "", *_markdown(table), ""]
    return lines


def _verdicts(record: ExperimentRecord) -> list[str]:
    """A list: the printed numbers that came back, what they rest on, and the verdict on each claim."""
    lines = [f"{values_back(record.checked)}."] if record.checked else []
    if any(one.rests_on == "solved start" for one in record.checked):
        lines.append("The start is not printed; it was solved for from printed numbers.")
    lines += [f"**{claim.verdict}**: {claim.sentence}" for claim in record.claims]
    return [*(f"- {line}" for line in lines), ""] if lines else []


def _rows(figures: Sequence[SavedFigure], group: str) -> list[str]:
    """Rows of the table of pictures."""
    rows, waiting = [], list(figures)
    while waiting:
        if waiting[0].panels > 1:
            rows.append(f"<tr>{_cell(waiting.pop(0), group, _IN_A_ROW)}</tr>")
            continue
        n = next((i for i, figure in enumerate(waiting[:_IN_A_ROW]) if figure.panels > 1), _IN_A_ROW)
        side_by_side, waiting = waiting[:n], waiting[n:]
        rows.append(f"<tr>{''.join(_cell(figure, group) for figure in side_by_side)}</tr>")
    return rows


def _cell(figure: SavedFigure, group: str, columns: int = 1) -> str:
    path, caption = _below(figure.files[0], group), escape(figure.caption)
    place = f'colspan="{columns}"' if columns > 1 else f'width="{100 // _IN_A_ROW}%"'
    return f'<td {place} valign="top"><b>{caption}</b><br><a href="{path}"><img src="{path}" alt="{caption}"></a></td>'


def _markdown(table: SavedTable) -> list[str]:
    """A table in Markdown, with three digits of each number and blanks for missing values."""
    rows = [[_short(value) for value in row] for row in table.rows]
    return [f"| {' | '.join(row)} |" for row in (table.columns, ["---"] * len(table.columns), *rows)]


def _short(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def _below(path: str, group: str) -> str:
    return path.removeprefix(f"{group}/") if group else path
