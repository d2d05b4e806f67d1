"""The commands `tfreg list`, `tfreg run` and `tfreg check`, thin: they parse, call and print.

Conventions: anything heavy is imported by the command that needs it, so `tfreg --help` answers at once. A user's
mistake is one line on standard error and exit code 2; Ctrl-C keeps what is finished and exits with 130.
"""

import inspect
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from tfreg.cli.compare import register as register_compare
from tfreg.errors import InputError
from tfreg.progress import progress
from tfreg.suite import scripts as experiments
from tfreg.suite import terminal as report
from tfreg.suite.scripts import Experiment
from tfreg.suite.workers import run_all

Done = tuple[Experiment, dict[str, Any], bool]  # an experiment, its record, and whether it was run just now

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Rerun published lectures on logistic regression: every figure, every printed number, and beyond.",
)

Figures = Annotated[Path | None, typer.Option(help="Where figures go; 'figures', or 'quick/figures' with --quick.")]
Runs = Annotated[Path | None, typer.Option(help="Where runs and records go; 'runs', or 'quick/runs' with --quick.")]
_NAMES_HELP = (
    "Experiments by name, group or path; none means all. Further options are the parameters of the experiment's "
    "main(), for example --epochs 100 --learning-rate 0.05 --start -5,2."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and turn a user's mistake into one line and exit code 2."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="tfreg")
    except InputError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]tfreg:[/red] {escape(str(error))}")
        sys.exit(2)


def script(main_of_script: Callable[..., Any]) -> None:
    """Run the script that defines this `main` as `tfreg run` would, with the options of its command line."""
    main(["run", inspect.getfile(main_of_script), *sys.argv[1:]])


@app.command("list")
def list_experiments(runs: Runs = None) -> None:
    """List the experiments: name, title, and when each was last run."""
    known = experiments.discover(experiments.folder())
    folder = runs or Path("runs")
    _console().print(report.listing([(one, experiments.read_record(one, folder)) for one in known]))


@app.command("run", context_settings={"ignore_unknown_options": True})
def run_experiments(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME or PATH …] [--OPTION VALUE …]", help=_NAMES_HELP)
    ] = None,
    figures: Figures = None,
    runs: Runs = None,
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
    figures, runs = figures or base / "figures", runs or base / "runs"
    done: list[Done] = []
    try:
        _run(done, chosen, words[first_option:], figures=figures, runs=runs, quick=quick, force=force)
    finally:
        if done:
            _report(done, figures, runs)
    if words in ([], [experiments.ON_REQUEST]) and not quick:
        from tfreg.files import write_whole  # loads xarray

        index = report.figures_index([record for _, record, _ in done], "/".join(words))
        write_whole(figures.joinpath(*words, "README.md"), lambda path: path.write_text(index, encoding="utf-8"))


register_compare(app)


@app.command("check")
def check_numbers(
    figures: Figures = None,
    runs: Runs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, every value in full.")] = False,
    claims: Annotated[bool, typer.Option("--claims", help="Judge the claims instead of the numbers.")] = False,
) -> None:
    """Compare every printed number, or judge every claim; runs what is missing. Exit code 1 if a number is lost."""
    from tfreg.suite.findings import load_published

    published = load_published(experiments.folder() / "published.json")
    done: list[Done] = []
    chosen = experiments.select([])
    _run(done, chosen, [], figures=figures or Path("figures"), runs=runs or Path("runs"), quick=False, force=False)
    records = [record for _, record, _ in done]
    if claims:
        judged = [{"experiment": record["name"], **claim} for record in records for claim in record["claims"]]
        _print(json.dumps(judged, indent=1, ensure_ascii=False) if as_json else report.claims_table(records))
        return
    rows = report.numbers(records)
    missing = sorted(set(published) - {row["number"] for row in rows})
    _print(json.dumps(rows, indent=1, ensure_ascii=False) if as_json else report.numbers_table(rows, missing))
    lost = [row["number"] for row in rows if row["verdict"] == "does not come back"] + missing
    if not as_json:
        expected = [row for row in rows if row["reproducible"] != "not reproducible"]
        n_values, n_back = (sum(row[key] for row in expected) for key in ("values", "came_back"))
        n_other = sum(row["values"] for row in rows) - n_values
        _print(f"{n_back} of {n_values} reproducible values came back; {n_other} others cannot, for the reasons shown.")
    if lost:
        sys.exit(1)


def _run(
    done: list[Done],
    chosen: Sequence[Experiment],
    tokens: Sequence[str],
    *,
    figures: Path,
    runs: Path,
    quick: bool,
    force: bool,
) -> None:
    """Run what is not up to date, and append every experiment with its record to `done`."""
    # Every option is checked before the first experiment runs.
    plans = [(experiment, experiments.options_for(experiment, tokens, quick)) for experiment in chosen]
    outdated = []
    for experiment, options in plans:
        record = experiments.read_record(experiment, runs)
        wanted = experiments.fingerprint(experiment, options, figures, quick)
        if record is None or force or not experiments.is_current(record, wanted):
            outdated.append((experiment, options))
        else:
            done.append((experiment, record, False))
    # A single experiment may have a bar of its own to show.
    bar = progress("experiments", len(plans), len(done)) if len(outdated) > 1 else nullcontext(lambda: None)
    try:
        mistakes = []
        with bar as advance:
            for experiment, outcome in run_all(outdated, figures, runs, quick):
                if isinstance(outcome, InputError):
                    mistakes.append(f"{experiment.name}: {outcome}")
                else:
                    done.append((experiment, outcome, True))
                advance()
        if mistakes:
            raise InputError("; ".join(mistakes))
    except KeyboardInterrupt:
        _print(f"interrupted; {len(done)} of {len(plans)} experiments are finished and kept")
        sys.exit(130)
    finally:
        done.sort(key=lambda one: chosen.index(one[0]))


def _report(done: Sequence[Done], figures: Path, runs: Path) -> None:
    _print(report.findings(done))
    n_files = sum(len(record["files"]) for _, record, _ in done)
    _print(f"{n_files} files: figures in {figures}/, runs and findings in {runs}/.")
    last = done[-1][0]
    options = [f"{experiments.as_option(k)} {experiments.as_text(v)}" for k, v in experiments.parameters(last).items()]
    _print(f"Next, change anything: tfreg run {experiments.spoken_name(last)} {' '.join(options)}")


def _print(what: Any) -> None:
    if isinstance(what, str):
        typer.echo(what)
    else:
        _console().print(what)


def _console(stderr: bool = False) -> Console:
    return Console(highlight=False, stderr=stderr)
