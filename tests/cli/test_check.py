"""`tfreg check`: printed numbers and claims, on a small suite of the test's own and on the real one."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tfreg.cli import main as cli
from tfreg.suite.published import load_published

SCRIPT = '''"""A tiny experiment

It gives back two numbers.
"""

from tfreg import Findings


def main(epochs: int = 5) -> Findings:
    found = Findings("Nothing was trained.")
    found.number("pair", [0.5, 2.0])
    found.number("seedless", 3.0, because="another draw gives 3")
    found.claim("two is more than a half", holds=True, because="2.0 > 0.5")
    return found
'''
PAIR = {"printed": [0.5, 2.0], "tolerance": 0.0, "reproducible": "exact"}
SEEDLESS = {"printed": 4.0, "tolerance": 0.0, "reproducible": "not reproducible", "why": "no seed was set"}


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one experiment and its printed numbers, entered."""
    (tmp_path / "experiments" / "tiny").mkdir(parents=True)
    (tmp_path / "experiments" / "tiny" / "1_tiny.py").write_text(SCRIPT)
    publish(tmp_path, {"tiny.pair": PAIR, "tiny.seedless": SEEDLESS})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def publish(suite: Path, entries: dict[str, Any]) -> None:
    (suite / "experiments" / "published.json").write_text(json.dumps(entries))


def check(*options: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["check", *options])
    return int(stopped.value.code or 0)


def rows(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {row["number"]: row for row in json.loads(capsys.readouterr().out)}


def test_numbers_that_come_back(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check() == 0
    out = capsys.readouterr().out
    assert "2 of 2 values came back: 2 follow from the source alone" in out
    assert out.rstrip().endswith("1 others cannot come back.")
    assert "tiny.seedless\n  another draw gives 3" in out


def test_json_has_every_value(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--json") == 0
    found = rows(capsys)
    assert found["tiny.pair"]["reproduced"] == [0.5, 2.0]
    assert found["tiny.pair"]["verdict"] == "digits match"
    assert found["tiny.seedless"]["difference"] == 1.0
    assert found["tiny.seedless"]["rests_on"] == "source"


def test_within_rounding(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = "float32 adds in another order"
    entry = {**PAIR, "printed": [0.5, 2.001], "rounding": 0.002, "reproducible": "within rounding", "why": why}
    publish(suite, {"tiny.pair": entry, "tiny.seedless": SEEDLESS})
    assert check("--json") == 0
    row = rows(capsys)["tiny.pair"]
    assert (row["verdict"], row["why"]) == ("within float rounding", why)
    assert row["difference"] == pytest.approx(0.001)


def test_a_lost_number_gives_exit_code_1(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(suite, {"tiny.pair": {**PAIR, "printed": [0.5, 2.5]}, "tiny.seedless": SEEDLESS})
    assert check() == 1
    out = capsys.readouterr().out
    assert re.search(r"^tiny\.pair +2 +2.5 +2 X *$", out, re.MULTILINE)
    assert "1 of 2 values came back" in out


def test_a_number_that_no_experiment_gives(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(suite, {"tiny.pair": PAIR, "tiny.other": PAIR})
    assert check() == 1
    assert "No experiment gives tiny.other." in capsys.readouterr().out


def test_a_new_printed_number_needs_the_file_alone(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(suite, {"tiny.pair": PAIR})
    assert check("--json") == 0
    assert set(rows(capsys)) == {"tiny.pair"}
    publish(suite, {"tiny.pair": PAIR, "tiny.seedless": SEEDLESS})
    assert check("--json") == 0
    assert set(rows(capsys)) == {"tiny.pair", "tiny.seedless"}


def test_claims(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--claims", "--json") == 0
    (claim,) = json.loads(capsys.readouterr().out)
    assert claim == {
        "experiment": "tiny",
        "sentence": "two is more than a half",
        "verdict": "holds",
        "evidence": "2.0 > 0.5",
    }


def test_claims_of_comparisons_are_judged_once_they_have_been_run(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = suite / "experiments" / "comparisons"
    folder.mkdir()
    (folder / "1_race.py").write_text(SCRIPT.replace("two is", "adam is"))
    (folder / "2_atlas.py").write_text(SCRIPT.replace("two is", "sgd is"))
    assert check("--claims") == 0
    assert "not run yet: tfreg run comparisons (race, atlas)" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        cli.main(["run", "race"])
    capsys.readouterr()
    assert check("--claims") == 0
    out = capsys.readouterr().out
    assert "holds  race\n  adam is more than a half\n  2.0 > 0.5\n" in out
    assert "claims: holds 2, fails 0, depends 0" in out
    assert "not run yet: tfreg run comparisons (atlas)" in out


@pytest.mark.slow
def test_every_printed_number_of_the_sources(tmp_path: Path) -> None:
    """All reproducible values come back, and each of the others has its reason."""
    root = Path(__file__).parent.parent.parent
    command = [sys.executable, "-m", "tfreg", "check", "--json", "--figures", tmp_path, "--runs", tmp_path]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    published = load_published(root / "experiments" / "published.json")
    printed = {name: entry for name, entry in published.items() if entry.reproducible != "not reproducible"}
    expected = [row for row in found if row["reproducible"] != "not reproducible"]
    others = [row for row in found if row["reproducible"] == "not reproducible"]
    assert {row["number"]: row["came_back"] for row in expected} == {n: len(e.printed) for n, e in printed.items()}
    assert {row["number"]: row["rests_on"] for row in expected} == {n: e.rests_on for n, e in printed.items()}
    assert {row["number"] for row in others} == set(published) - set(printed)
    # The evidence is computed: it says more than the file of printed numbers does.
    assert all(row["why"] and row["why"] != published[row["number"]].why for row in others)


def test_a_broken_file_of_numbers_is_known_before_anything_runs(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(suite, {"tiny.pair": {"printed": 1.0}})
    assert check() == 2
    assert "tiny.pair lacks reproducible, tolerance" in " ".join(capsys.readouterr().err.split())
    assert not (suite / "runs").exists()
