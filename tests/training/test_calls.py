"""Runs cut into several calls: the same numbers, bounded memory, and Ctrl-C between them."""

import signal
import subprocess
import sys
import time
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from tfreg import losses, models
from tfreg.datasets import bernoulli_line
from tfreg.problem.problem import Problem
from tfreg.training import calls as cutting
from tfreg.training.calls import calls, first_length, most_orders, sample_order, slots
from tfreg.training.epochs import recorded_epochs
from tfreg.training.train import train

LIMITS = {"_SECONDS": 0.0, "_FIRST_ELEMENTS": 0, "_SLOT_ELEMENTS": 8, "_ORDER_ELEMENTS": 80}


@cache
def problem() -> Problem:
    return Problem(models.logistic(2), losses.bce, bernoulli_line(40))


def run(name: str, every: int, batch_size: int | None) -> tuple[np.ndarray, ...]:
    result = train(problem(), name, 30, [(-3, -1), (1, 2)], record_every=every, batch_size=batch_size, seed=3)
    return result.weights.values, result.loss.values, result.optimizer_state.values, result.epoch.values


@cache
def run_in_one_call(name: str, every: int, batch_size: int | None) -> tuple[np.ndarray, ...]:
    return run(name, every, batch_size)


SLOWLY = [pytest.param("adam:0.1", limit, 4, 16, marks=pytest.mark.slow) for limit in LIMITS]


@pytest.mark.parametrize(
    ("name", "limit", "every", "batch_size"),
    [
        ("adam:0.1", None, 4, 16),
        ("adam:0.1", None, 4, None),
        ("adam:0.1", None, 1, None),
        *SLOWLY,
        pytest.param("lamb:0.1", None, 4, 16, marks=pytest.mark.slow),
    ],
)
def test_the_cuts_change_no_bit(
    name: str, limit: str | None, every: int, batch_size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_in_one_call(name, every, batch_size)
    for one in LIMITS if limit is None else [limit]:
        monkeypatch.setattr(cutting, one, LIMITS[one])
    for cut, once in zip(run(name, every, batch_size), whole, strict=True):
        np.testing.assert_array_equal(cut, once)


@pytest.mark.parametrize("n_slots", [2, 3, 100])
@pytest.mark.parametrize("longest", [1, 7, 1000])
def test_calls_follow_one_another_and_record_what_was_asked_for(n_slots: int, longest: int) -> None:
    record_at = recorded_epochs(50, every=6)
    cut = list(calls(record_at, first=2, longest=longest, n_slots=n_slots))
    recorded = np.concatenate([(call.begin + call.stops)[call.recorded] for call in cut])
    np.testing.assert_array_equal(recorded, record_at)
    assert cut[0].begin == 0
    assert all(second.begin == first.begin + first.n_epochs for first, second in pairwise(cut))
    assert max(call.n_epochs for call in cut) <= longest
    assert max(len(call.stops) for call in cut) <= n_slots
    # The step after a recorded epoch is part of the program that records it.
    assert all((call.stops[0] == 0) == (call.begin in record_at) for call in cut)


def test_the_lecture_is_one_call_and_a_long_run_many() -> None:
    lecture = first_length(n_starts=1, n_samples=2000, n_weights=2, n_updates=1)
    assert len(list(calls(np.arange(436), lecture, 435, slots(436, 2)))) == 1
    # Some optimizers multiply matrices of the weights, a hundred of them take a second.
    assert first_length(n_starts=1, n_samples=100, n_weights=100_000, n_updates=1) < 10
    assert first_length(n_starts=512, n_samples=2000, n_weights=2, n_updates=512) < 100


@pytest.mark.slow
def test_calls_come_to_take_about_a_quarter_of_a_second() -> None:
    """An epoch of a millisecond: 250 in a call, whatever the first was."""
    for first in (1, 2):
        lengths = []
        for call in calls(np.array([0, 2000]), first, 10**9, 9):
            lengths.append(call.n_epochs)
            time.sleep(call.n_epochs / 1000)
        assert 100 < max(lengths) <= 260


def test_what_a_call_holds_does_not_grow_with_the_epochs() -> None:
    """100 000 samples and 2000 epochs were 800 MB of orders at once."""
    assert most_orders(100_000) * 100_000 * 4 < 20e6
    assert slots(10**9, 2) * 2 * 4 < 20e6
    assert recorded_epochs(10**9, every=10**8).tolist() == list(range(0, 10**9 + 1, 10**8))


def test_an_order_depends_on_seed_and_epoch_alone() -> None:
    expected = np.random.default_rng((3, 7)).permutation(40)
    np.testing.assert_array_equal(sample_order(40, seed=3, epoch=7), expected)


LONG_RUNS = {
    "epochs": "train(problem, 'adam:0.1', 10**7, (-3, -1), record_every=10**6)",
    "starts": "train(problem, 'lamb:0.1', 10**6, np.ones((512, 2)), record_every=10**5)",
    "mini-batches": "train(problem, 'sgd:0.1', 10**6, (-3, -1), batch_size=16, record_every=10**5)",
    "comparison": "compare({'p': problem}, ['adam:0.1'], np.ones((512, 2)), epochs=10**6, record_every=10**5)",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", LONG_RUNS)
def test_ctrl_c_ends_a_long_run_within_two_seconds(kind: str) -> None:
    script = f"""
import os
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import time
import numpy as np
from tfreg import Problem, compare, datasets, losses, models, train
from tfreg.training import compiled
problem = Problem(models.logistic(2), losses.bce, datasets.bernoulli_line())
whole = compiled.calls

def told(*arguments):
    for number, call in enumerate(whole(*arguments)):
        if number == 1:  # the first compiles, which cannot be interrupted
            os.write(1, b"begins\\n")  # in one piece, as several threads may say it
        yield call

compiled.calls = told
try:
    {LONG_RUNS[kind]}
except KeyboardInterrupt:
    print(time.time())
"""
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert child.stdout is not None
    assert child.stdout.readline() == "begins\n"
    time.sleep(1)
    sent = time.time()
    child.send_signal(signal.SIGINT)
    ended, _ = child.communicate(timeout=60)
    assert float(ended.split()[-1]) - sent < 2  # behind what other threads may have said
