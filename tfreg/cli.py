"""The commands `tfreg list` and `tfreg run`, thin: they parse, call and print.

Conventions: anything heavy is imported by the command that needs it, so `tfreg --help` answers at once. A user's
mistake is one line on standard error and exit code 2; Ctrl-C keeps what is finished and exits with 130.
"""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tfreg import experiments
from tfreg.errors import InputError
from tfreg.experiments import Experiment

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Rerun published lectures on logistic regression: every figure, every printed number, and beyond.",
)

Runs = Annotated[Path, typer.Option("--runs", help="Where runs and records are kept.", show_default=False)]
_RUN_CONTEXT = {"ignore_unknown_options": True}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and turn a user's mistake into one line and exit code 2."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="tfreg")
    except InputError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]tfreg:[/red] {_escaped(str(error))}")
        sys.exit(2)


@app.command("list")
def list_experiments(runs: Runs = Path("runs")) -> None:
    """List the experiments: name, title, and when each was last run."""
    table = Table(box=None, header_style="bold")
    for column in ("experiment", "title", "run"):
        table.add_column(column)
    for experiment in experiments.select([]):
        record = experiments.read_record(experiment, runs)
        table.add_row(experiment.name, experiment.title, _when(record))
    _console().print(table)


@app.command("run", context_settings=_RUN_CONTEXT)
def run_experiments(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME or PATH …] [--OPTION VALUE …]",
            help="Experiments by name, group or path; none means all. Further options are the parameters of the "
            "experiment's main(), for example --epochs 100 --learning-rate 0.05 --start -5,2.",
            show_default=False,
        ),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Where figures go; 'figures', or 'quick/figures' with --quick.")
    ] = None,
    runs: Annotated[
        Path | None, typer.Option(help="Where runs and records go; 'runs', or 'quick/runs' with --quick.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A first look: few epochs, coarse grids, small pictures.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Run again even what has not changed.")] = False,
) -> None:
    """Run experiments, draw their figures and compare their numbers with the printed ones."""
    words = names or []
    first_option = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    chosen = experiments.select(words[:first_option])
    base = Path("quick") if quick else Path()
    _run(
        chosen,
        words[first_option:],
        figures=figures or base / "figures",
        runs=runs or base / "runs",
        quick=quick,
        force=force,
    )


def _run(
    chosen: Sequence[Experiment], tokens: Sequence[str], *, figures: Path, runs: Path, quick: bool, force: bool
) -> None:
    # Every option is checked before the first experiment runs.
    plans = [(experiment, experiments.options_for(experiment, tokens, quick)) for experiment in chosen]
    console = _console()
    done: list[tuple[Experiment, dict[str, Any], bool]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("starting", total=len(plans))
            for experiment, options in plans:
                record = experiments.read_record(experiment, runs)
                wanted = experiments.fingerprint(experiment, options, figures, quick)
                outdated = force or record is None or not experiments.is_current(record, wanted)
                if outdated:
                    if "tfreg.runner" not in sys.modules:
                        progress.update(task, description="loading TensorFlow")
                    from tfreg import runner

                    progress.update(task, description=experiment.name)
                    record = runner.run(experiment, options, figures=figures, runs=runs, quick=quick)
                assert record is not None
                done.append((experiment, record, outdated))
                progress.advance(task)
    except KeyboardInterrupt:
        console.print(f"interrupted; {len(done)} of {len(plans)} experiments are finished and kept")
        sys.exit(130)
    finally:
        if done:
            _report(console, done, figures, runs)


def _report(
    console: Console, done: Sequence[tuple[Experiment, dict[str, Any], bool]], figures: Path, runs: Path
) -> None:
    table = Table(header_style="bold", show_lines=True)
    table.add_column("experiment", no_wrap=True)
    table.add_column("what was found", ratio=1)
    table.add_column("printed numbers", justify="right")
    table.add_column("seconds", justify="right", no_wrap=True)
    for experiment, record, fresh in done:
        seconds = f"{record['seconds']:.1f}" if fresh else "unchanged"
        table.add_row(experiment.name, _escaped(record["summary"]), _numbers(record), seconds)
    console.print(table)
    n_files = sum(len(record["files"]) for _, record, _ in done)
    console.print(f"{n_files} files: figures in {figures}/, runs and findings in {runs}/.", soft_wrap=True)
    last = done[-1][0]
    options = [f"{experiments.as_option(k)} {experiments.as_text(v)}" for k, v in experiments.parameters(last).items()]
    console.print(f"Next, change anything: tfreg run {last.name} {' '.join(options)}", soft_wrap=True)


def _numbers(record: dict[str, Any]) -> str:
    if record["changed_options"]:
        return "not compared:\nother options"
    back = [value for comparison in record["comparisons"] for value in comparison["came_back"]]
    if not back:
        return "none printed"
    lost = [c["name"] for c in record["comparisons"] if not all(c["came_back"])]
    return f"{sum(back)} of {len(back)} came back" + "".join(f"\n[red]not {name}[/red]" for name in lost)


def _when(record: dict[str, Any] | None) -> str:
    if record is None:
        return "not yet"
    return datetime.fromisoformat(record["when"]).astimezone().strftime("%Y-%m-%d %H:%M")


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _console() -> Console:
    return Console(highlight=False)
