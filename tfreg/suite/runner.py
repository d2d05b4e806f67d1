"""Running experiment scripts: the files that they leave, and the record of what was found.

Conventions: figures go to `<figures>/<group>/<script>_<figure>.<ext>`, runs to `<runs>/<group>/<name>/<run>.nc`, and
the record, which is written last, to `findings.json` beside them.
"""

import importlib.util
import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tfreg import files as store
from tfreg.draw import network as diagrams
from tfreg.draw.animation import Animation
from tfreg.draw.data import save as save_figure
from tfreg.errors import InputError
from tfreg.suite.findings import Comparison, Findings, compare, load_published
from tfreg.suite.scripts import Experiment, fingerprint, published_path

_QUICK_DPI, _DPI = 50, 100


def load_main(experiment: Experiment) -> Callable[..., Findings]:
    """The script's `main`.

    Raises:
        InputError: the script cannot be imported.
    """
    # The script may import Keras before it imports tfreg: TensorFlow has to be set up, and loaded quietly, before.
    importlib.import_module("tfreg.backend")
    module_name = f"tfreg_experiment_{experiment.name}"
    spec = importlib.util.spec_from_file_location(module_name, experiment.path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise InputError(f"{experiment.path} cannot be imported: {error}") from None
    return module.main


def run(
    experiment: Experiment,
    options: Mapping[str, Any] | None = None,
    *,
    figures: Path = Path("figures"),
    runs: Path = Path("runs"),
    quick: bool = False,
) -> dict[str, Any]:
    """Run an experiment, save its runs and figures, compare its numbers, and return the record of it.

    Args:
        experiment: the script.
        options: arguments of its `main` that differ from the defaults.
        figures: folder for figures.
        runs: folder for runs and the record.
        quick: draw small pictures.

    Raises:
        InputError: a folder that cannot be written to, or what the experiment itself raises.
    """
    options = dict(options or {})
    main = load_main(experiment)
    began = time.perf_counter()
    findings = main(**options)
    # From here on files change: should anything go wrong, the record of an earlier run must not vouch for them.
    with suppress(OSError):
        experiment.record_path(runs).unlink()
    files = [_save_run(experiment, name, run, runs) for name, run in findings.runs.items()]
    shown = []
    for name, (figure, caption) in findings.figures.items():
        saved = _save_figure(figure, figures / experiment.group / f"{experiment.path.stem}_{name}", quick)
        shown.append({"name": name, "caption": caption, "files": [_inside(path, figures) for path in saved]})
        files += saved
    tables = []
    for name, (table, caption) in findings.tables.items():
        path = figures / experiment.group / f"{experiment.path.stem}_{name}.csv"
        store.write_whole(path, lambda file, table=table: table.to_csv(file, index=False, float_format="%.6g"))  # type: ignore[misc]
        tables.append({"name": name, "caption": caption, "file": _inside(path, figures), **_table_as_json(table)})
        files.append(path)
    published = {} if options else load_published(published_path(experiment))
    record = {
        "name": experiment.name,
        "group": experiment.group,
        "title": experiment.title,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - began, 2),
        "fingerprint": fingerprint(experiment, options, figures, quick),
        "changed_options": options,
        "summary": findings.summary,
        "figures": shown,
        "tables": tables,
        "claims": [vars(claim) for claim in findings.claims],
        "comparisons": [_plain(one) for one in compare(experiment.name, findings.numbers, published)],
        "evidence": dict(findings.evidence),
        "numbers": {name: np.asarray(value).tolist() for name, value in findings.numbers.items()},
        "files": [str(path.resolve()) for path in files],
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    store.write_whole(experiment.record_path(runs), lambda path: path.write_text(text, encoding="utf-8"))
    return record


def _inside(path: Path, figures: Path) -> str:
    return str(path.resolve().relative_to(figures.resolve()))


def _table_as_json(table: pd.DataFrame) -> dict[str, Any]:
    """Columns and rows; what is not finite becomes None."""
    return {"columns": list(table.columns), "rows": json.loads(table.to_json(orient="values", double_precision=10))}


def _save_run(experiment: Experiment, name: str, run: Any, runs: Path) -> Path:
    path = experiment.record_path(runs).parent / f"{name}.nc"
    store.save_run(run.assign_attrs(experiment=experiment.name), path)
    return path


def _save_figure(figure: Any, stem: Path, quick: bool) -> list[Path]:
    if isinstance(figure, Animation):
        paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("gif", "html")]
        store.write_whole(paths[0], figure.save_gif)
        store.write_whole(paths[1], figure.save_html)
        return paths
    if isinstance(figure, Figure):
        path = stem.with_name(f"{stem.name}.png")
        save_figure(figure, path, _QUICK_DPI if quick else _DPI)
        return [path]
    path = stem.with_name(f"{stem.name}.svg")
    diagrams.save(figure, path)
    return [path]


def _plain(comparison: Comparison) -> dict[str, Any]:
    """A comparison as JSON takes it."""
    return {
        key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in vars(comparison).items()
    } | {"came_back": comparison.came_back.tolist(), "digits_match": comparison.digits_match.tolist()}
