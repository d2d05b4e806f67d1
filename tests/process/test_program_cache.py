import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfreg.process.program_cache import link_sound, publish, use_program_cache

TRAIN = """
import hashlib, tfreg
problem = tfreg.Problem(tfreg.models.logistic(2), tfreg.losses.bce, tfreg.datasets.bernoulli_line())
print(hashlib.sha256(tfreg.train(problem, "adam:0.1", 20, (-3, -1)).weights.values.tobytes()).hexdigest())
"""


def train(cache: Path | str) -> str:
    """The hash of a run's weights, from a process of its own that must print nothing else."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "XLA_"))}
    finished = subprocess.run(
        [sys.executable, "-c", TRAIN],
        env={**environment, "TFREG_PROGRAM_CACHE": str(cache)},
        capture_output=True,
        text=True,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout


def programs(cache: Path) -> dict[str, int]:
    """The number of the file (inode) of each program, without the checksum in its name."""
    return {path.name.rpartition(".")[0]: path.stat().st_ino for path in cache.glob("*/*")}


@pytest.mark.slow
def test_a_second_process_gets_the_programs_of_the_first_and_the_same_bits(tmp_path: Path) -> None:
    without = train("off")
    assert train(tmp_path) == without
    kept = programs(tmp_path)
    assert kept and all(name.startswith("xla_compile_cache") for name in kept)
    assert train(tmp_path) == without
    assert programs(tmp_path) == kept


@pytest.mark.slow
def test_damaged_programs_are_made_again(tmp_path: Path) -> None:
    first = train(tmp_path)
    kept = programs(tmp_path)
    for number, path in enumerate(sorted(tmp_path.glob("*/*"))):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content) if number % 2 else b"")
    assert train(tmp_path) == first
    assert programs(tmp_path).keys() == kept.keys()


@pytest.mark.slow
def test_a_cache_that_cannot_be_had_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert train(tmp_path / "file") == train("off")


def test_only_sound_and_recent_programs_are_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, own, later = (tmp_path / name for name in ("shared", "own", "later"))
    for folder in (shared, own, later):
        folder.mkdir()
    for number, name in enumerate(("old", "damaged", "twice", "twice", "new")):
        (own / name).write_bytes(bytes([number]) * 100)
        publish(own, shared)
        for kept in shared.glob(f"{name}.*"):
            os.utime(kept, (number, number))
    next(shared.glob("damaged.*")).write_bytes(b"\1" * 99 + b"\0")
    monkeypatch.setattr("tfreg.process.program_cache._LIMIT", 450)
    link_sound(shared, later)
    assert sorted(path.name for path in later.iterdir()) == ["new", "twice"]
    assert sorted(path.name.partition(".")[0] for path in shared.iterdir()) == ["new", "twice"]
    publish(later, shared)
    assert len(list(shared.iterdir())) == 2


def test_a_process_that_was_given_a_folder_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = f"--tf_xla_persistent_cache_directory={tmp_path / 'given'}"
    monkeypatch.setenv("TF_XLA_FLAGS", given)
    monkeypatch.setenv("TFREG_PROGRAM_CACHE", str(tmp_path / "own"))
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    use_program_cache()
    assert os.environ["TF_XLA_FLAGS"] == given
    assert not (tmp_path / "own").exists()
