"""Work spread over cores: everything in order, errors passed on, nothing left running."""

import threading
import time
from threading import Event

import pytest

from tfreg.process import threads
from tfreg.process.threads import on_all_cores, one_core


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cores", lambda: 2)


def test_parts_run_at_the_same_time_and_values_come_in_order() -> None:
    both = threading.Barrier(2, timeout=10)

    def work(part: int, _: Event) -> int:
        both.wait()
        time.sleep(0.01 * (4 - part))
        return part

    assert on_all_cores(work, [0, 1, 2, 3]) == [0, 1, 2, 3]


def test_an_error_ends_what_is_under_way_and_cancels_the_rest() -> None:
    begun: list[int] = []
    stopped: list[bool] = []

    def work(part: int, stop: Event) -> None:
        begun.append(part)
        if part == 0:
            raise ValueError("zero")
        stopped.append(stop.wait(10))

    with pytest.raises(ValueError, match="zero"):
        on_all_cores(work, list(range(50)))
    assert len(begun) < 50
    assert all(stopped)


def test_one_core_stays_in_the_thread_that_asks() -> None:
    with one_core():
        assert on_all_cores(lambda part, _: threading.current_thread(), [1, 2]) == [threading.current_thread()] * 2
    assert threading.current_thread() not in on_all_cores(lambda part, _: threading.current_thread(), [1, 2])


def test_what_a_thread_spreads_itself_stays_in_it() -> None:
    """Threads that wait for threads of the same pool would wait for ever."""
    inner = on_all_cores(lambda part, _: on_all_cores(lambda one, _: one + part, [1, 2]), [10, 20])
    assert inner == [[11, 12], [21, 22]]
