"""Finding scripts and loading them with the modules that lie beside them."""

import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest
from conftest import Refused

from tfreg.suite.job import Job
from tfreg.suite.scripts import Experiment, discover, folder, from_script, load_script, select

SCRIPT = '"""{title}"""\nimport shared\n\n\ndef main() -> str:\n    return shared.word()\n'
SHARED = "def word() -> str:\n    return {word!r}\n"


@pytest.fixture
def two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two scripts in two folders, each with a module `shared` of its own."""
    scripts = []
    for group in ("lecture", "comparisons"):
        folder = tmp_path / "experiments" / group
        folder.mkdir(parents=True)
        (folder / "shared.py").write_text(SHARED.format(word=group))
        (folder / f"1_{group[:3]}.py").write_text(SCRIPT.format(title=group))
        scripts.append(folder / f"1_{group[:3]}.py")
    monkeypatch.chdir(tmp_path)
    return scripts[0], scripts[1]


def test_each_script_gets_the_modules_of_its_own_folder(two_folders: tuple[Path, Path]) -> None:
    before = list(sys.path)
    first, second = (load_script(path) for path in two_folders)
    assert [first.main(), second.main(), load_script(two_folders[0]).main()] == ["lecture", "comparisons", "lecture"]
    assert sys.path == before


def test_a_changed_module_beside_a_script_is_loaded_again(two_folders: tuple[Path, Path]) -> None:
    load_script(two_folders[0])
    two_folders[0].with_name("shared.py").write_text(SHARED.format(word="another word"))
    assert load_script(two_folders[0]).main() == "another word"


def test_a_script_and_its_modules_travel_by_value(two_folders: tuple[Path, Path]) -> None:
    module = load_script(two_folders[0])
    parcel = two_folders[0].parent / "parcel"
    parcel.write_bytes(cloudpickle.dumps(module.main))
    unpack = f"import pickle; print(pickle.load(open({str(parcel)!r}, 'rb'))())"
    done = subprocess.run([sys.executable, "-c", unpack], cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "lecture"


def test_what_a_script_imports_from_its_folder_counts_in_the_fingerprint(two_folders: tuple[Path, Path]) -> None:
    job = Job(from_script(two_folders[0]))
    before = job.fingerprint()
    two_folders[1].with_name("shared.py").write_text(SHARED.format(word="elsewhere"))
    two_folders[0].with_name("2_other.py").write_text('"""Another"""\ndef main(): ...\n')
    assert job.fingerprint() == before
    two_folders[0].with_name("shared.py").write_text(SHARED.format(word="here"))
    assert job.fingerprint() != before


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("none.py", "no such script: none.py"),
        ("bad.py", "bad.py:1: ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_a_script_that_cannot_be_loaded_is_one_line(
    name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text("import no_such_module\n")
    with refused(says):
        load_script(Path(name))


def names(experiments: list[Experiment]) -> list[str]:
    return [experiment.name for experiment in experiments]


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scripts of a few groups."""
    for path in ("own/1_mine", "beyond/1_convexity", "lecture/2_second", "lecture/1_first", "comparisons/1_race"):
        script = tmp_path / "experiments" / f"{path}.py"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f'"""{path}"""\ndef main(): ...\n')
    (tmp_path / "experiments" / "groups.txt").write_text("lecture\nbeyond\ncomparisons\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "experiments"


def test_groups_are_in_the_order_of_their_file_and_others_follow(suite: Path) -> None:
    assert names(discover(suite)) == ["first", "second", "convexity", "race", "mine"]
    (suite / "groups.txt").unlink()
    assert names(discover(suite)) == ["convexity", "race", "first", "second", "mine"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], ["first", "second", "convexity", "mine"]),
        (["lecture"], ["first", "second"]),
        (["experiments/lecture"], ["first", "second"]),
        (["second", "first"], ["second", "first"]),
        (["first", "experiments/lecture/1_first.py", "first"], ["first"]),
        (["comparisons"], ["race"]),
    ],
)
def test_names_groups_folders_and_paths_choose(asked: list[str], expected: list[str], suite: Path) -> None:
    assert names(select(asked)) == expected


def test_a_folder_of_experiments_of_somebody_else_hides_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "notes.py").write_text("")
    assert folder() != tmp_path / "experiments"
    (tmp_path / "experiments" / "1_mine.py").write_text(SCRIPT.format(title="mine"))
    assert folder() == tmp_path / "experiments"
