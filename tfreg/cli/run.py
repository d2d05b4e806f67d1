"""The commands `tfreg list` and `tfreg run`."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType

from tfreg.checks.errors import InputError
from tfreg.checks.values import check_folder
from tfreg.cli.option_kinds import folder_path
from tfreg.process.locks import lock
from tfreg.process.progress import progress
from tfreg.suite import gallery, terminal
from tfreg.suite.job import Job
from tfreg.suite.parameters import as_option, as_text, options_for, parameters
from tfreg.suite.record import ExperimentRecord, read_record
from tfreg.suite.runner import run_all
from tfreg.suite.scripts import ON_REQUEST, command_line_name, discover, folder, select

Figures = Annotated[Path | None, folder_path("Where figures go; 'figures', or 'quick/figures' with --quick.")]
Runs = Annotated[Path | None, folder_path("Where runs and records go; 'runs', or 'quick/runs' with --quick.")]
Show = Callable[[ExperimentRecord, bool], RenderableType]
Records = dict[Path, ExperimentRecord]  # by the path of the script
_NAMES_HELP = (
    f"Experiments by name, group or path; none means all but '{ON_REQUEST}'. Further options are the parameters of the "
    "experiment's main(), for example --epochs 100 --start -5,2; list them with: tfreg run NAME --help."
)
_FORCE_HELP = (
    "Run again even what has not changed: script, modules and data files of its folder, options, versions. Other files "
    "that a script reads are not looked at."
)


def list_experiments(runs: Runs = None) -> None:
    """List the experiments: name, title, and when each was last run."""
    known = discover(folder())
    records = [(one, read_record(one.record_path(runs or Path("runs")))) for one in known]
    terminal.console().print(terminal.listing(records))


def run_experiments(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME or PATH …] [--OPTION VALUE …]", help=_NAMES_HELP)
    ] = None,
    figures: Figures = None,
    runs: Runs = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A first look: few epochs, coarse grids, small pictures.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help=_FORCE_HELP)] = False,
) -> None:
    """Run experiments, draw their figures and compare their numbers with the printed ones."""
    words = names or []
    first_option = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    asked, tokens = words[:first_option], words[first_option:]
    base = Path("quick") if quick else Path()
    figures, runs = figures or base / "figures", runs or base / "runs"
    # Every option is checked before the first experiment runs.
    jobs = [Job(one, options_for(one, tokens, quick), figures, runs, quick) for one in select(asked)]
    console = terminal.console()
    records = run_jobs(jobs, console, force=force, show=terminal.block)
    # The index shows what the sources did: a first look, or other options, would replace it with something else.
    if words in ([], [ON_REQUEST]) and not quick:
        _write_index(records, figures, ON_REQUEST if words else "")
    console.print(f"Runs and findings are in {runs}/, figures in {figures}/{_page(figures, asked)}.", soft_wrap=True)
    console.print(f"Next: {next_command(asked, jobs)}", soft_wrap=True, markup=False)


def run_jobs(
    jobs: Sequence[Job],
    console: Console,
    *,
    force: bool = False,
    show: Show | None = None,
) -> list[ExperimentRecord]:
    """Run what is not up to date, and return the records in the order of the jobs.

    Args:
        jobs: what to run.
        console: where to print.
        force: run what is up to date too.
        show: a function (record, is it fresh) -> text that is printed as soon as an experiment is finished.

    Raises:
        InputError: a folder that cannot be written to, or a mistake in one or more of the experiments; the others are
            finished and kept.
    """
    _check_places(jobs)
    done = {} if force else _kept(jobs, 0, console, show)
    asked, outdated = time.time(), [job for job in jobs if job.experiment.path not in done]
    try:
        with _held(outdated):
            # Another command may have run some of them meanwhile.
            done |= _kept(outdated, asked, console, show)
            remaining = [job for job in outdated if job.experiment.path not in done]
            mistakes = _run(remaining, done, console, show)
    except KeyboardInterrupt:
        console.print(
            f"interrupted; {len(done)} of {len(jobs)} experiments are finished and kept; "
            "rerun the same command to continue",
            soft_wrap=True,
        )
        sys.exit(130)
    if mistakes:
        raise _all_of(mistakes)
    return [done[job.experiment.path] for job in jobs]


def _check_places(jobs: Sequence[Job]) -> None:
    """Refuse, before the work, folders that cannot be written to and experiments that would share their files."""
    for place in {place: None for job in jobs for place in (job.figures, job.runs)}:
        check_folder(place)
    places = dict[Path, Job]()
    for job in jobs:
        other = places.setdefault(job.record_path, job)
        if other is not job:
            raise InputError(
                f"expected one run at a time in {job.record_path.parent}, got {other.experiment.path} and "
                f"{job.experiment.path}; run one of them with --figures and --runs elsewhere, or rename it"
            )


def _kept(jobs: Sequence[Job], since: float, console: Console, show: Show | None) -> Records:
    """Print and return the records of what has been run since that time and is up to date."""
    kept = {job.experiment.path: record for job in jobs if (record := job.done(since)) is not None}
    for record in kept.values() if show else ():
        console.print(show(record, False))  # type: ignore[misc]
    return kept


@contextmanager
def _held(jobs: Sequence[Job]) -> Iterator[None]:
    """Keep other commands from running the same experiments into the same folders."""
    with ExitStack() as locks:
        # In one order, so that no two commands wait for each other.
        for folder, name in sorted((job.record_path.parent.resolve(), job.experiment.name) for job in jobs):
            locks.enter_context(lock(folder, f"a run of {name}"))
        yield


def _run(jobs: Sequence[Job], done: Records, console: Console, show: Show | None) -> list[tuple[str, InputError]]:
    """Run experiments, print each and add its record to those that are done; the mistakes in the others."""
    mistakes = list[tuple[str, InputError]]()
    # A single experiment may show its own progress bar.
    with progress("experiments", len(jobs), 0, console) if len(jobs) > 1 else nullcontext(lambda: None) as advance:
        for job, outcome in run_all(jobs):
            if isinstance(outcome, InputError):
                mistakes.append((job.experiment.name, outcome))
            else:
                done[job.experiment.path] = outcome
                if show:
                    console.print(show(outcome, True))
            advance()
    return mistakes


def _all_of(mistakes: Sequence[tuple[str, InputError]]) -> InputError:
    """One mistake for all, with the tracebacks behind each."""
    mistake = InputError("; ".join(f"{name}: {one}" for name, one in mistakes))
    for note in (note for _, one in mistakes for note in getattr(one, "__notes__", [])):
        mistake.add_note(note)
    return mistake


def next_command(asked: Sequence[str], jobs: Sequence[Job]) -> str:
    """A command that does something else than the last one, in the same folders."""
    job = jobs[0]
    base = Path("quick") if job.quick else Path()
    places = [("--figures", job.figures, base / "figures"), ("--runs", job.runs, base / "runs")]
    folders = [word for option, place, usual in places if place != usual for word in (option, str(place))]
    if job.quick:
        return shlex.join(["tfreg", "run", *asked, *folders])
    if len(jobs) > 1:
        return shlex.join(["tfreg", "check", *([] if asked and asked != [ON_REQUEST] else ["--claims"]), *folders])
    known = parameters(job.experiment)
    numbers = {name: value for name, value in known.items() if type(value) in (int, float) and value}
    if not numbers:
        return shlex.join(["tfreg", "check", *folders])
    name = "learning_rate" if "learning_rate" in numbers else next(iter(numbers))
    used = job.options.get(name, numbers[name])
    half = used / 2 if isinstance(used, float) else max(used // 2, 1) if used != 1 else 2
    return shlex.join(["tfreg", "run", command_line_name(job.experiment), as_option(name), as_text(half), *folders])


def _page(figures: Path, asked: Sequence[str]) -> str:
    """A hint to open the page in a folder of figures, if there is one."""
    page = (figures / ON_REQUEST if list(asked) == [ON_REQUEST] else figures) / "README.md"
    return f"; open {page}" if page.exists() else ""


def _write_index(records: Sequence[ExperimentRecord], figures: Path, group: str) -> None:
    from tfreg.files import write_whole  # loads xarray

    index = gallery.figures_index(records, f"tfreg run {group}".strip(), group)
    write_whole(figures / group / "README.md", lambda path: path.write_text(index, encoding="utf-8"))
