"""Saving the findings of an experiment: figures, tables, runs, and its record, which is written last.

Conventions: figures go to `<figures>/<group>/<script>_<figure>.<ext>`, runs to `<runs>/<group>/<name>/<run>.nc`, and
the record to `findings.json` beside them. An interrupted run has no record.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from tfreg.draw.figure import DPI
from tfreg.files import save_run, write_whole
from tfreg.suite.drawings import n_panels, save_drawing
from tfreg.suite.findings import Captioned, Findings
from tfreg.suite.job import Job
from tfreg.suite.published import check_numbers, load_published
from tfreg.suite.record import ExperimentRecord, SavedFigure, SavedTable, to_json
from tfreg.suite.scripts import published_path

_QUICK_DPI = DPI // 2


def save_findings(job: Job, found: Findings, seconds: float, read: Sequence[Path] = ()) -> ExperimentRecord:
    """Save what an experiment found, check its numbers, and return the record of it.

    Args:
        job: the run.
        found: its findings.
        seconds: the time that it took.
        read: the data files that it read from its folder.

    With other options than the defaults no number is checked.

    Raises:
        InputError: a folder that cannot be written to, or a number of another shape than the printed one.
    """
    experiment, path = job.experiment, job.record_path
    # From here on files change: if anything goes wrong, the record of an earlier run must not stand for them.
    with suppress(OSError):
        path.unlink()
    stem = job.figures / experiment.group / experiment.path.stem
    saved_runs = [_save_run(run, path.with_name(f"{name}.nc"), experiment.name) for name, run in found.runs.items()]
    figures = tuple(_save_figure(name, one, stem, job.quick) for name, one in found.figures.items())
    tables = tuple(_save_table(name, one, stem) for name, one in found.tables.items())
    drawn = [job.figures / file for figure in figures for file in figure.files]
    left = [*saved_runs, *drawn, *(job.figures / table.file for table in tables)]
    names = tuple(map(str, read))
    published = {} if job.options else load_published(published_path(experiment))
    record = ExperimentRecord(
        name=experiment.name,
        group=experiment.group,
        script=experiment.path.name,
        title=experiment.title,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
        fingerprint=job.fingerprint(names),
        changed_options=job.options,
        summary=found.summary,
        figures=figures,
        tables=tables,
        claims=tuple(found.claims),
        checked=check_numbers(experiment.name, found.numbers, published),
        numbers={name: number.values.tolist() for name, number in found.numbers.items()},
        files=tuple(str(file.resolve()) for file in left),
        read=names,
    )
    write_whole(path, lambda temporary: temporary.write_text(to_json(record), encoding="utf-8"))
    return record


def _save_run(run: Any, path: Path, experiment: str) -> Path:
    save_run(run.assign_attrs(experiment=experiment), path)
    return path


def _save_figure(name: str, shown: Captioned, stem: Path, quick: bool) -> SavedFigure:
    files = save_drawing(shown.content, stem.with_name(f"{stem.name}_{name}"), _QUICK_DPI if quick else DPI)
    inside = tuple(f"{stem.parent.name}/{file.name}" for file in files)
    return SavedFigure(name, shown.caption, inside, n_panels(shown.content))


def _save_table(name: str, shown: Captioned, stem: Path) -> SavedTable:
    path = stem.with_name(f"{stem.name}_{name}.csv")
    table: pd.DataFrame = shown.content
    write_whole(path, lambda file: table.to_csv(file, index=False, float_format="%.6g"))
    rows = tuple(tuple(map(_cell, row)) for row in table.astype(object).itertuples(index=False))
    return SavedTable(name, shown.caption, f"{stem.parent.name}/{path.name}", tuple(map(str, table.columns)), rows)


def _cell(value: Any) -> Any:
    """A table's cell as JSON takes it: a missing value is None, an infinite one a text."""
    if pd.isna(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isinf(value):
        return "not finite"
    return value if isinstance(value, int | float | str) else str(value)
