"""The command `tfreg`: its subcommands, and what becomes of a user's mistake.

Conventions: anything heavy is imported by the command that needs it, so `tfreg --help` answers at once. A user's
mistake is one line on standard error and exit code 2; Ctrl-C keeps what is finished and exits with 130.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from tfreg.cli.check import check_numbers
from tfreg.cli.run import list_experiments, run_experiments
from tfreg.errors import InputError
from tfreg.suite import terminal

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Rerun published teaching on logistic regression: every figure, every printed number, and beyond.",
)
app.command("list")(list_experiments)
app.command("run", context_settings={"ignore_unknown_options": True})(run_experiments)
app.command("check")(check_numbers)

_PROBLEM_HELP = (
    "logistic, two_relus, wide, six_pupils, rookies, clusters; or a script with a function problem() that returns a "
    "tfreg.Problem."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and turn a user's mistake into one line and exit code 2."""
    terminal.never_fail_to_print()
    try:
        app(args=None if arguments is None else list(arguments), prog_name="tfreg")
    except InputError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]tfreg:[/red] {escape(str(error))}")
        sys.exit(2)


def script(main_of_script: Callable[..., Any]) -> None:
    """Run the script that defines this `main` as `tfreg run` would, with the options of its command line."""
    main(["run", inspect.getfile(main_of_script), *sys.argv[1:]])


@app.command("compare")
def compare_optimizers(
    problem: Annotated[str, typer.Option(help=_PROBLEM_HELP)] = "logistic",
    loss: Annotated[
        str, typer.Option(help="bce, mse, bce_clipped, several with commas; else the problem's usual.")
    ] = "",
    data: Annotated[str, typer.Option(metavar="CSV", help="Your own data: logistic regression of --target.")] = "",
    target: Annotated[str, typer.Option(metavar="COLUMN", help="The column of --data to predict, 0 and 1.")] = "",
    optimizer: Annotated[
        str, typer.Option(help="Names with commas, such as sgd,adam; all; my.py:Class for your own.")
    ] = "sgd,adam",
    learning_rate: Annotated[
        str, typer.Option(help="0.1, or a list 0.01,0.1, or LOW:HIGH:COUNT in equal ratios.")
    ] = "1e-3:1e1:9",
    starts: Annotated[
        str, typer.Option(help="grid:65x55, or grid:65x55:-10,3:-1,10, or glorot:100, or weights -3,-1;-10,-1.")
    ] = "",
    epochs: Annotated[int, typer.Option(help="Passes over the data.")] = 435,
    batch_size: Annotated[int | None, typer.Option(help="Samples per update; all if not given.")] = None,
    seeds: Annotated[int | None, typer.Option(help="How many orders of the samples; with --batch-size.")] = None,
    tolerance: Annotated[
        float | None, typer.Option(help="Loss above the minimum that counts as reached; else 1 % of what is to gain.")
    ] = None,
    record_every: Annotated[int, typer.Option(help="Look at the loss every so many epochs.")] = 10,
    trajectories: Annotated[bool, typer.Option("--trajectories", help="Keep all recorded weights and losses.")] = False,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask cluster, such as tcp://host:8786.")] = "",
    figures: Annotated[Path, typer.Option(help="Where figures and tables go, in a folder 'compare'.")] = Path(
        "figures"
    ),
    runs: Annotated[Path, typer.Option(help="Where every run goes, in a folder 'compare'.")] = Path("runs"),
) -> None:
    """Compare optimizers: which, with which learning rate, from where, and how sure is that.

    The same command goes on where it was interrupted.
    """
    from tfreg.cli import compare as comparing  # loads TensorFlow
    from tfreg.cli.options import Question

    question = Question(
        *(problem, loss, data, target, optimizer, learning_rate, starts, epochs, batch_size, seeds, tolerance),
        *(record_every, trajectories),
    )
    folder = runs / "compare"
    path = folder / f"{question.name}.zarr"
    try:
        result, shape = comparing.answer(question, folder, scheduler)
    except KeyboardInterrupt:
        kept = "{} of {} chunks are".format(*comparing.finished(path)) if path.exists() else "nothing is"
        _print(f"interrupted; {kept} finished and kept; give the same command again to go on")
        sys.exit(130)
    files = comparing.draw(result, shape, figures / "compare" / question.name)
    _print(terminal.contest(comparing.tables.summary(result)))
    _print(comparing.in_words(result))
    _print(f"Figures and table: {', '.join(map(str, files))}")
    _print(f"Every run: {path}, which xarray.open_zarr opens.")
    _print("Next: other --starts, --optimizer all for the whole line-up, or your own --data my.csv --target column.")


def _print(what: Any) -> None:
    if isinstance(what, str):
        typer.echo(what)
    else:
        terminal.console().print(what)
