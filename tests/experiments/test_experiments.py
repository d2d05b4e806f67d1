"""The experiment scripts, found as the command finds them: they run, they record, their numbers come back."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from test_figures import overlapping

from tfreg import open_run
from tfreg.suite.findings import Findings
from tfreg.suite.job import Job
from tfreg.suite.parameters import options_for, parameters
from tfreg.suite.published import check_numbers, load_published
from tfreg.suite.record import ExperimentRecord, from_json, to_json
from tfreg.suite.runner import run
from tfreg.suite.scripts import ON_REQUEST, Experiment, discover, load_script, select

FOLDER = Path(__file__).parent.parent.parent / "experiments"
SCRIPTS = sorted(FOLDER.glob("**/[0-9]*_*.py"))
EXPERIMENTS = {experiment.name: experiment for experiment in discover(FOLDER)}
PUBLISHED = load_published(FOLDER / "published.json")
REPRODUCIBLE = [
    name
    for name, entry in PUBLISHED.items()
    if name.partition(".")[0] in EXPERIMENTS and entry.reproducible != "not reproducible"
]
OF_SOURCES = [name for name, experiment in EXPERIMENTS.items() if experiment.group != ON_REQUEST]
DRAWINGS = {".png", ".svg", ".gif", ".html"}
VARIED = ("logistic_bce", "descent_adam")  # together they draw everything there is

# In the quick loop a few stand for all.
EACH = [name if name in (*VARIED, "exam_zero") else pytest.param(name, marks=pytest.mark.slow) for name in EXPERIMENTS]

Smoke = Callable[[str], tuple[ExperimentRecord, Path]]


def short(experiment: Experiment) -> dict[str, Any]:
    """The options of `--quick`, and few repetitions of everything that is counted."""
    counts = {
        name: 20 if name.startswith("n_") else 30
        for name, default in parameters(experiment).items()
        if name.startswith("n_") or name.endswith("_epochs")
        if default > 30
    }
    few = {"line_up": "sgd,adam,lamb", "slow_line_up": "muon"}
    named = {name: value for name, value in few.items() if name in parameters(experiment)}
    return counts | named | options_for(experiment, [], quick=True)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Smoke:
    """The record of a short run of an experiment, and the folder that holds what it left; run once."""

    @cache
    def run_once(name: str) -> tuple[ExperimentRecord, Path]:
        return short_run(EXPERIMENTS[name], tmp_path_factory.mktemp(name))

    return run_once


def short_run(experiment: Experiment, folder: Path) -> tuple[ExperimentRecord, Path]:
    options = short(experiment)
    return run(Job(experiment, options, folder / "figures", folder / "runs", quick=True)), folder


def drawings(folder: Path) -> dict[str, bytes]:
    """Every drawing below a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.suffix in DRAWINGS}


def test_every_script_is_an_experiment() -> None:
    assert len(SCRIPTS) >= 6
    assert sorted(experiment.path for experiment in EXPERIMENTS.values()) == SCRIPTS


def test_names_titles_and_numbers_are_unique() -> None:
    found = discover(FOLDER)
    assert len(found) == len(SCRIPTS)
    for values in (
        [experiment.name for experiment in found],
        [experiment.title for experiment in found],
        [(experiment.group, int(experiment.path.name.partition("_")[0])) for experiment in found],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


@pytest.mark.parametrize("name", EACH)
def test_a_script_runs_and_leaves_figures_runs_and_a_record(name: str, smoke: Smoke) -> None:
    experiment = EXPERIMENTS[name]
    record, folder = smoke(name)
    assert json.loads(experiment.record_path(folder / "runs").read_text(encoding="utf-8")) == json.loads(
        to_json(record)
    )
    assert (record.name, record.title) == (name, experiment.title)
    assert len(record.summary) > 20

    left = {path for path in folder.rglob("*") if path.is_file()} - {experiment.record_path(folder / "runs")}
    assert left == {Path(path) for path in record.files}
    figures = [path for path in left if path.suffix in DRAWINGS]
    tables = [path for path in left if path.suffix == ".csv"]
    assert len(tables) == len(record.tables)
    assert figures
    for path in (*figures, *tables):
        assert path.parent == folder / "figures" / experiment.group
        assert path.name.startswith(f"{experiment.path.stem}_")
        assert path.stat().st_size > (50 if path in tables else 500)
    for path in left - {*figures, *tables}:
        assert open_run(path).attrs["experiment"] == name


@pytest.mark.parametrize("name", EACH)
def test_every_claim_is_judged_by_a_number(name: str, smoke: Smoke) -> None:
    record, _ = smoke(name)
    for claim in record.claims:
        assert len(claim.sentence) > 10
        assert any(character.isdigit() for character in claim.evidence), claim


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, experiment in EXPERIMENTS.items() if short(experiment)])
def test_with_other_options_than_the_defaults_nothing_is_compared(name: str, smoke: Smoke) -> None:
    record, _ = smoke(name)
    assert record.changed_options == short(EXPERIMENTS[name])
    assert record.checked == ()


@pytest.mark.parametrize("name", VARIED)
def test_drawn_again_every_figure_has_the_same_bytes(name: str, smoke: Smoke, tmp_path: Path) -> None:
    _, folder = smoke(name)
    short_run(EXPERIMENTS[name], tmp_path)
    first, second = drawings(folder), drawings(tmp_path)
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


def test_every_kind_of_drawing_is_among_those_drawn_again(smoke: Smoke) -> None:
    assert {Path(path).suffix for name in VARIED for path in drawings(smoke(name)[1])} == DRAWINGS


@pytest.mark.slow
def test_a_script_run_by_itself_draws_the_same_bytes_quietly(smoke: Smoke, tmp_path: Path) -> None:
    experiment = EXPERIMENTS["descent_adam"]
    command = [sys.executable, str(experiment.path), "--quick", "--figures", "figures", "--runs", "runs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "descent_adam" in done.stdout
    record, folder = smoke("descent_adam")
    own = from_json(experiment.record_path(tmp_path / "runs").read_text(encoding="utf-8"))
    assert (own.summary, own.numbers) == (record.summary, record.numbers)
    first, second = drawings(folder), drawings(tmp_path)
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


@cache
def whole_run(name: str) -> Findings:
    """What an experiment finds with its default options; run once."""
    return load_script(EXPERIMENTS[name].path).main()


@pytest.mark.slow
@pytest.mark.parametrize("number", REPRODUCIBLE)
def test_printed_numbers_come_back(number: str) -> None:
    name = number.partition(".")[0]
    by_name = {checked.name: checked for checked in check_numbers(name, whole_run(name).numbers, PUBLISHED)}
    assert number in by_name, "the experiment does not give this number"
    checked = by_name[number]
    assert all(checked.digits_match if checked.reproducible == "exact" else checked.came_back), checked


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_texts_of_a_figure_overlap(name: str) -> None:
    # Whole comparisons take too long; a few optimizers of them do, whose panels are those of all.
    findings = (
        whole_run(name) if name in OF_SOURCES else load_script(EXPERIMENTS[name].path).main(**short(EXPERIMENTS[name]))
    )
    drawn = [shown.content for shown in findings.figures.values()]
    for figure in (figure for figure in drawn if isinstance(figure, Figure)):
        figure.canvas.draw()
        assert overlapping(figure) == []


def test_what_is_on_request_is_run_by_name_alone() -> None:
    assert {experiment.group for experiment in select([])} == {EXPERIMENTS[name].group for name in OF_SOURCES}
    assert len(select([ON_REQUEST])) == len(EXPERIMENTS) - len(OF_SOURCES) == 7
