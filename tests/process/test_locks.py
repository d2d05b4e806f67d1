"""Two processes on one folder take turns, and a killed one stops nobody."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import Refused

from tfreg.process.locks import lock

# Each process adds 1 to a number fifty times, reading and writing it apart.
COUNTING = """
import sys, time
from pathlib import Path
from tfreg.process.locks import lock
folder = Path(sys.argv[1])
for _ in range(50):
    with lock(folder, "counting"):
        number = int(folder.read_text())
        time.sleep(0.001)
        folder.write_text(str(number + 1))
"""
HOLDING = """
import sys, time
from pathlib import Path
from tfreg.process.locks import lock
with lock(Path(sys.argv[1]), "holding"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_nothing_is_lost_between_processes(tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    processes = [
        subprocess.Popen([sys.executable, "-c", COUNTING, number], stderr=subprocess.DEVNULL) for _ in range(4)
    ]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert number.read_text() == "200"
    assert list(tmp_path.iterdir()) == [number]


def test_a_lock_of_a_killed_process_stops_nobody(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDING, tmp_path / "f"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "held\n"
        process.kill()
        process.wait(10)
    assert (tmp_path / ".f.lock").exists()
    begun = time.monotonic()
    with lock(tmp_path / "f", "the next"):
        assert time.monotonic() - begun < 1
    assert list(tmp_path.iterdir()) == []


def test_who_waits_says_for_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def second() -> None:
        with lock(tmp_path / "f", "the work"):
            order.append("second")

    thread = threading.Thread(target=second)
    with lock(tmp_path / "f", "the work"):
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    told = capsys.readouterr().err
    assert told.startswith(f"the work in {tmp_path / 'f'} is under way in process {os.getpid()} on ")
    assert told.count("\n") == 1


def test_a_folder_where_no_lock_can_be_written_is_refused(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "file").write_text("")
    with refused(f"cannot write to {tmp_path / 'file'}: "), lock(tmp_path / "file" / "f", "the work"):
        pass
