"""The command `tfreg check`: every printed number beside the reproduced one, or every claim with its verdict."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tfreg.cli.run import Figures, Runs, run_jobs
from tfreg.suite import terminal
from tfreg.suite.job import Job
from tfreg.suite.record import CheckedNumber, ExperimentRecord
from tfreg.suite.scripts import ON_REQUEST, discover, folder, select


def check_numbers(
    figures: Figures = None,
    runs: Runs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, every value in full.")] = False,
    claims: Annotated[bool, typer.Option("--claims", help="Show the claims instead of the numbers.")] = False,
) -> None:
    """Compare every printed number, or show every claim; runs what is missing. Exit code 1 if a number is lost."""
    from tfreg.suite.published import load_published  # loads NumPy

    published = load_published(folder() / "published.json")
    figures, runs = figures or Path("figures"), runs or Path("runs")
    console = terminal.console()
    records = run_jobs([Job(one, {}, figures, runs) for one in select([])], console)
    if claims:
        _check_claims(records, figures, runs, console, as_json)
        return
    checked = [one for record in records for one in record.checked]
    missing = sorted(set(published) - {one.name for one in checked})
    if as_json:
        _print_json([_row(record.group, one) for record in records for one in record.checked])
    else:
        console.print(terminal.numbers(checked, missing, console.width))
    if missing or any(one.verdict == "does not come back" for one in checked):
        sys.exit(1)


def _check_claims(
    records: Sequence[ExperimentRecord], figures: Path, runs: Path, console: Console, as_json: bool
) -> None:
    """Print all claims, those on request too if they have been run, and name the experiments that have not."""
    on_request = {one.name: Job(one, {}, figures, runs).done() for one in discover(folder()) if one.group == ON_REQUEST}
    judged = [*records, *(record for record in on_request.values() if record is not None)]
    if as_json:
        _print_json([{"experiment": one.name, **asdict(claim)} for one in judged for claim in one.claims])
        return
    console.print(terminal.claims(judged))
    if not_run := [name for name, record in on_request.items() if record is None]:
        console.print(f"not run yet: tfreg run {ON_REQUEST} ({', '.join(not_run)})")


def _row(source: str, one: CheckedNumber) -> dict[str, Any]:
    """A checked number as a row of JSON."""
    return {
        "source": source,
        "number": one.name,
        "values": len(one.printed),
        "came_back": sum(one.came_back),
        "printed": one.printed,
        "reproduced": one.reproduced,
        "difference": max(one.differences),
        "reproducible": one.reproducible,
        "rests_on": one.rests_on,
        "verdict": one.verdict,
        "why": one.why,
    }


def _print_json(rows: Sequence[dict[str, Any]]) -> None:
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(rows, indent=1, ensure_ascii=plain))
