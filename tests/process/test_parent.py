"""Workers do not outlive the process that started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

# Two workers that would stay for a minute; each says who it is.
POOL = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from tfreg.process.parent import end_with_parent

def work(folder):
    end_with_parent()  # once more, as a task may
    open(f"{folder}/{os.getpid()}", "w").close()
    time.sleep(60)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    pool = ProcessPoolExecutor(2, mp_context=context, initializer=end_with_parent)
    list(pool.map(work, [sys.argv[2]] * 2))
"""


def running(pid: int) -> bool:
    """True for a process that has not ended; one that nobody has waited for yet has ended."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_a_parent_that_is_killed(method: str, number: signal.Signals, tmp_path: Path) -> None:
    script, told = tmp_path / "pool.py", tmp_path / "told"
    script.write_text(POOL, encoding="utf-8")
    told.mkdir()
    parent = subprocess.Popen([sys.executable, script, method, told])
    workers: list[int] = []
    try:
        assert until(lambda: len(list(told.iterdir())) == 2, 30)
        workers = [int(path.name) for path in told.iterdir()]
        assert all(map(running, workers))
        parent.send_signal(number)
        parent.wait(10)
        assert until(lambda: not any(map(running, workers)), 3)
    finally:
        for pid in filter(running, [parent.pid, *workers]):
            os.kill(pid, signal.SIGKILL)
        parent.wait(10)
