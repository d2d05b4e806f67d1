"""The wheel is enough: built from the source distribution, it works in any folder, without a checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("setuptools", minversion="77")
pytestmark = pytest.mark.slow  # a minute: `tfreg check` runs all experiments

ROOT = Path(__file__).parent.parent
# What git does not keep is not in the copy that is built: it could hide that something is missing.
MADE = shutil.ignore_patterns("__pycache__")
# What pip calls to build.
BUILD = "import sys; from setuptools import build_meta; build_meta.build_{}(sys.argv[1])"


def python(*words: str | Path, where: Path, by: str | Path = sys.executable) -> str:
    """What Python prints, started in a folder; nothing of this checkout is on its path."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([by, *words], cwd=where, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution of a clean copy of the checkout."""
    tmp = tmp_path_factory.mktemp("build")
    for folder in ("tfreg", "experiments"):
        shutil.copytree(ROOT / folder, tmp / "checkout" / folder, ignore=MADE)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, tmp / "checkout")
    python("-c", BUILD.format("sdist"), tmp, where=tmp / "checkout")
    shutil.unpack_archive(next(tmp.glob("*.tar.gz")), tmp / "unpacked", filter="data")
    python("-c", BUILD.format("wheel"), tmp, where=next((tmp / "unpacked").iterdir()))
    return next(tmp.glob("*.whl"))


@pytest.fixture(scope="module")
def tfreg(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """The command of the installed wheel, in an empty folder: what it prints."""
    tmp = tmp_path_factory.mktemp("installed")
    venv.create(tmp / "venv")
    of_the_venv = tmp / "venv" / "bin" / "python"
    # The dependencies are those of the tests. Modules of an editable install are not found on such a path.
    site = python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", where=tmp, by=of_the_venv).strip()
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    python("-m", "pip", "--python", of_the_venv, "install", "--no-deps", "--no-index", wheel, where=tmp)
    (tmp / "empty").mkdir()
    assert site in python("-c", "import tfreg; print(tfreg.__file__)", where=tmp, by=of_the_venv)
    return lambda *words: python(*words, where=tmp / "empty", by=tmp / "venv" / "bin" / "tfreg")


def test_it_holds_every_file_of_the_package_and_of_the_experiments(wheel: Path) -> None:
    here = {
        str(place / path.relative_to(folder))
        for folder, place in ((ROOT / "tfreg", Path("tfreg")), (ROOT / "experiments", Path("tfreg/experiments")))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == here


def test_its_commands_work_in_an_empty_folder(tfreg: Callable[..., str]) -> None:
    assert "exam_zero" in tfreg("list")
    assert "claims: holds" in tfreg("run", "line", "--quick")
    assert "adam" in tfreg(
        "compare", "--optimizer", "sgd,adam", "--learning-rate", "0.1", "--starts", "grid:3x3", "--epochs", "20"
    )


def test_all_printed_numbers_come_back(tfreg: Callable[..., str]) -> None:
    published = json.loads((ROOT / "experiments" / "published.json").read_text(encoding="utf-8"))
    assert {row["number"] for row in json.loads(tfreg("check", "--json"))} == set(published)
