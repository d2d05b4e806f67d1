"""What cannot fit into memory is refused in one line, before it is made."""

import math
from pathlib import Path

import pytest
from conftest import Refused

from tfreg.checks import sizes


def test_what_fits_passes_and_what_does_not_is_refused(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setenv(sizes.LIMIT, "0.5")
    sizes.check_memory("this", 2**29, "ask for less")
    with refused("this needs 512 MiB of memory, and there are 512 MiB; ask for less, or set TFREG_MAX_GIB to the GiB"):
        sizes.check_memory("this", 2**29 + 1, "ask for less")


def test_the_limit_is_free_memory_and_can_be_lifted(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.delenv(sizes.LIMIT, raising=False)
    assert 2**20 < sizes.free_memory() < 2**60
    with refused("this needs 88.8 PiB of memory"):
        sizes.check_memory("this", 10**17, "ask for less")
    monkeypatch.setenv(sizes.LIMIT, "1e9")
    sizes.check_memory("this", 10**17, "ask for less")


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan"])
def test_a_limit_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setenv(sizes.LIMIT, text)
    with refused(f"TFREG_MAX_GIB: expected a number of GiB above 0, got {text!r}"):
        sizes.check_memory("this", 1, "ask for less")


def test_without_proc_all_memory_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(sizes.LIMIT, raising=False)
    free = sizes.free_memory()
    monkeypatch.setattr(sizes, "_MEMORY", tmp_path / "missing")
    assert free <= sizes.free_memory() < math.inf


def test_sizes_as_text() -> None:
    assert [sizes.as_text(n) for n in (0, 1023, 1536, 2**30, 10**13)] == [
        "0 bytes",
        "1023 bytes",
        "1.5 KiB",
        "1 GiB",
        "9.09 TiB",
    ]
    assert sizes.as_text(10**30) == "8.882e+14 PiB"


def test_a_disk_has_its_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refused: Refused) -> None:
    monkeypatch.delenv(sizes.LIMIT, raising=False)
    sizes.check_disk("this", 4096, tmp_path / "not" / "yet", "ask for less")
    with refused("this needs 88.8 PiB of disk, and there are "):
        sizes.check_disk("this", 10**17, tmp_path / "not" / "yet", "ask for less")
