"""The experiment scripts, found as the command finds them: they run, they record, their numbers come back."""

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from matplotlib.figure import Figure
from test_figures import overlapping

from tfreg import open_run
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
REPRODUCIBLE = [name for name, entry in PUBLISHED.items() if entry.reproducible != "not reproducible"]
BY_DEFAULT = [name for name, experiment in EXPERIMENTS.items() if experiment.group != ON_REQUEST]
DRAWINGS = {".png", ".svg", ".gif", ".html"}

# Three cheap ones stand for the others in the quick loop.
QUICK = ("line", "exam_zero", "clusters_ten_logits")
EACH = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in EXPERIMENTS]

# What the lecture says, (a) to (l), and implies by it, by words of the claim that judges it.
SAID_BY_THE_LECTURE = [
    "a line can never fit the bend",
    "one ReLU cannot fit the bend",
    "two ReLUs can fit the bend",
    "get stuck in a local minimum, where the gradient is nearly zero",
    "units do not get stuck",
    "units fit noise",
    "MSE fits the logistic model worse than BCE",
    "the MSE surface is not convex",
    "the BCE surface is convex",
    "MSE can converge extremely slowly",
    "a good optimizer speeds MSE up",
    "on MSE even this Adam stays stuck",
    "MSE must not be used because its surface is not convex",
    "many units are mostly not bad",
    "a good optimizer is no cure for MSE",
]


# Experiments that begin where a source prints no start, at one that was solved for.
SOLVED = [
    "local_minimum",
    "logistic_bce",
    "logistic_mse",
    "descent_sgd",
    "descent_adam",
    "descent_adam_far",
    "exam_sequential",
    "exam_subclass",
    "draft_mean",
    "clusters_custom_gradient",
    "minima_plane",
    "draft_two_models",
]
# Experiments whose starts or data we drew.
SEEDED = [name for name, experiment in EXPERIMENTS.items() if "seed" in parameters(experiment)]
SEEDED += ["adam_state", "threshold_gradient", "threshold_draws", "wide_fresh"]


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


def short_run(name: str, folder: Path) -> ExperimentRecord:
    """The record of a short run of an experiment, whose files go to a folder."""
    experiment = EXPERIMENTS[name]
    return run(Job(experiment, short(experiment), folder / "figures", folder / "runs", quick=True))


def drawings(folder: Path) -> dict[str, bytes]:
    """Every drawing below a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.suffix in DRAWINGS}


def claims_in(script: Path) -> list[str]:
    """The sentences of the claims that a script judges, as its source has them."""
    calls = [node for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [ast.unparse(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "claim"]


def texts(script: Path, function: str) -> list[str]:
    """The source of each call of a function or method of that name in a script."""
    calls = [node for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [
        ast.unparse(call)
        for call in calls
        if function in (getattr(call.func, "attr", ""), getattr(call.func, "id", ""))
    ]


def test_every_script_is_an_experiment() -> None:
    assert len(SCRIPTS) >= 30
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


def test_scripts_are_short() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in SCRIPTS}
    assert median(lengths.values()) <= 60
    assert {name: length for name, length in lengths.items() if length >= 100} == {}


@pytest.mark.parametrize("sentence", SAID_BY_THE_LECTURE)
def test_what_the_lecture_says_is_judged_once(sentence: str) -> None:
    assert sum(sentence in claim for path in SCRIPTS for claim in claims_in(path)) == 1


def test_a_claim_says_where_it_comes_from() -> None:
    claims = [(path.name, claim) for path in SCRIPTS for claim in claims_in(path)]
    origins = ("said: ", "implied: ", "printed: ", "ours: ")
    assert [claim for claim in claims if not claim[1].lstrip("f'\"").startswith(origins)] == []


def test_no_verdict_is_typed() -> None:
    calls = [node for path in SCRIPTS for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    claims = [node for node in calls if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "claim"]
    verdicts = [next(keyword.value for keyword in call.keywords if keyword.arg == "holds") for call in claims]
    assert [ast.unparse(verdict) for verdict in verdicts if isinstance(verdict, ast.Constant)] == []


@pytest.mark.parametrize("name", SOLVED)
def test_a_start_that_was_solved_for_is_said_in_output_and_captions(name: str) -> None:
    assert any("solved" in text for text in texts(EXPERIMENTS[name].path, "Findings"))
    assert any("solved" in text for text in texts(EXPERIMENTS[name].path, "figure"))


@pytest.mark.parametrize("name", SEEDED)
def test_a_seed_of_ours_is_said_in_the_output(name: str) -> None:
    assert any("seed" in text for text in texts(EXPERIMENTS[name].path, "Findings"))


def test_what_arrives_is_said_wherever_the_goal_is_asked_for() -> None:
    """And nowhere is another share of the gap computed."""
    for path in SCRIPTS:
        source = path.read_text(encoding="utf-8")
        assert "surfaces.targets(" not in source, path
        if "surfaces.goals(" in source:
            assert any("surfaces.ARRIVED" in text for text in texts(path, "Findings")), path


def test_every_printed_number_belongs_to_an_experiment() -> None:
    assert {name.partition(".")[0] for name in PUBLISHED} <= set(EXPERIMENTS)


@pytest.mark.parametrize("name", EACH)
def test_a_script_runs_and_leaves_figures_runs_and_a_record(name: str, tmp_path: Path) -> None:
    experiment, record = EXPERIMENTS[name], short_run(name, tmp_path)
    path = experiment.record_path(tmp_path / "runs")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(to_json(record))
    assert (record.name, record.title) == (name, experiment.title)
    # With other options than the defaults nothing is compared.
    assert record.changed_options == short(experiment)
    assert not (record.changed_options and record.checked)
    assert len(record.summary) > 20
    for claim in record.claims:
        assert len(claim.sentence) > 10
        assert any(character.isdigit() for character in claim.evidence), claim

    left = {path for path in tmp_path.rglob("*") if path.is_file()} - {path}
    assert left == {Path(path) for path in record.files}
    figures = [path for path in left if path.suffix in DRAWINGS]
    tables = [path for path in left if path.suffix == ".csv"]
    assert len(tables) == len(record.tables)
    assert figures
    for path in (*figures, *tables):
        assert path.parent == tmp_path / "figures" / experiment.group
        assert path.name.startswith(f"{experiment.path.stem}_")
        assert path.stat().st_size > (50 if path in tables else 500)
    for path in left - {*figures, *tables}:
        assert open_run(path).attrs["experiment"] == name


@pytest.mark.slow
def test_drawn_again_every_figure_has_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        short_run("logistic_bce", tmp_path / folder)
    first, second = drawings(tmp_path / "first"), drawings(tmp_path / "second")
    assert {Path(path).suffix for path in first} == {".png", ".svg"}
    assert first == second


@pytest.mark.slow
def test_a_script_run_by_itself_draws_the_same_bytes_quietly(tmp_path: Path) -> None:
    experiment = EXPERIMENTS["descent_adam"]
    command = [sys.executable, str(experiment.path), "--quick", "--figures", "figures", "--runs", "runs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "descent_adam" in done.stdout
    record = short_run("descent_adam", tmp_path / "again")
    own = from_json(experiment.record_path(tmp_path / "runs").read_text(encoding="utf-8"))
    assert (own.summary, own.numbers) == (record.summary, record.numbers)
    first, second = drawings(tmp_path / "figures"), drawings(tmp_path / "again" / "figures")
    assert {Path(path).suffix for path in first} == {".png", ".gif", ".html"}
    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_with_its_defaults_a_script_brings_numbers_back_and_draws_texts_apart(name: str) -> None:
    # Whole comparisons take too long; a few optimizers of them do, whose panels are those of all.
    options = {} if name in BY_DEFAULT else short(EXPERIMENTS[name])
    found = load_script(EXPERIMENTS[name].path).main(**options)
    by_name = {checked.name: checked for checked in check_numbers(name, found.numbers, PUBLISHED)}
    for number in (number for number in REPRODUCIBLE if number.partition(".")[0] == name):
        assert number in by_name, "the experiment does not give this number"
        checked = by_name[number]
        assert all(checked.digits_match if checked.reproducible == "exact" else checked.came_back), checked
    for figure in (shown.content for shown in found.figures.values() if isinstance(shown.content, Figure)):
        figure.canvas.draw()
        assert overlapping(figure) == []


def test_what_is_on_request_is_run_by_name_alone() -> None:
    assert [experiment.name for experiment in select([])] == BY_DEFAULT
    assert len(select([ON_REQUEST])) == len(EXPERIMENTS) - len(BY_DEFAULT) == 7
