"""Running experiments in processes of their own, so that a run of many uses all cores.

Conventions: compiling and drawing each keep one core busy, and experiments share nothing but compiled programs; two
cores run all of them in little more than half the time. A single experiment runs in this process.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tfreg import progress
from tfreg.errors import InputError
from tfreg.suite.scripts import Experiment

Plan = tuple[Experiment, Mapping[str, Any]]  # an experiment and its options
Outcome = dict[str, Any] | InputError
_MOST_PROCESSES = 4  # each holds TensorFlow and some data, about 1 GB


def run_all(plans: Sequence[Plan], figures: Path, runs: Path, quick: bool) -> Iterator[tuple[Experiment, Outcome]]:
    """Run experiments and give each with its record, or the user's mistake in it, as it finishes, in any order.

    Whatever else ends this early, such as Ctrl-C, ends the processes too; what was given is saved.
    """
    n_processes = min(len(plans), _MOST_PROCESSES, os.cpu_count() or 1)
    if n_processes < 2:
        for plan in plans:
            yield plan[0], _outcome(plan, figures, runs, quick)
        return
    pool = ProcessPoolExecutor(
        n_processes,
        # Not forked: TensorFlow's threads would not come along.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
    )
    try:
        futures = {pool.submit(_outcome, plan, figures, runs, quick): plan[0] for plan in plans}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()


def _begin() -> None:
    # On Ctrl-C a process shall end at once and without a traceback; its parent tells the user, and shows the progress.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    progress.hide()


def _outcome(plan: Plan, figures: Path, runs: Path, quick: bool) -> Outcome:
    try:
        return _run(plan, figures, runs, quick)
    except InputError as mistake:
        return mistake


def _run(plan: Plan, figures: Path, runs: Path, quick: bool) -> dict[str, Any]:
    from tfreg.suite import runner  # loads TensorFlow

    experiment, options = plan
    return runner.run(experiment, options, figures=figures, runs=runs, quick=quick)
