"""Running experiments: one in this process, many in separate processes, so that they use all cores.

Conventions: compiling and drawing each keep one core busy, and experiments share little, so two cores run all of
them in little more than half the time. TensorFlow is loaded by the process that runs an experiment.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from tfreg.checks.errors import InputError, shown
from tfreg.process import progress
from tfreg.process.own_code import own_code
from tfreg.process.parent import end_with_parent
from tfreg.suite.job import Job
from tfreg.suite.reads import files_read
from tfreg.suite.record import ExperimentRecord
from tfreg.suite.scripts import first_on_path, load_script

_MOST_PROCESSES = 4  # each holds TensorFlow and some data, about 1 GB


def run(job: Job) -> ExperimentRecord:
    """Run an experiment, save its files, check its numbers, and return the record of it.

    Raises:
        InputError: a script in which something goes wrong, or a folder that cannot be written to.
    """
    from tfreg.suite.findings import Findings

    script = job.experiment.path
    with files_read(script.parent) as read, first_on_path(script.parent), own_code(script):
        module = load_script(script)
        began = time.perf_counter()
        found = module.main(**job.options)
    seconds = time.perf_counter() - began
    if not isinstance(found, Findings):
        raise InputError(f"{script}: expected main() to return tfreg.Findings, got {shown(found)}")
    from tfreg.suite.saving import save_findings  # loads Matplotlib

    with first_on_path(script.parent), own_code(script):  # drawing may call the script's own code
        return save_findings(job, found, seconds, read)


def run_all(jobs: Sequence[Job]) -> Iterator[tuple[Job, ExperimentRecord | InputError]]:
    """Run experiments and yield each with its record, or the user's mistake in it, as it finishes, in any order.

    A single one runs in this process. Ctrl-C ends the processes too; the experiments yielded so far are saved.
    """
    n_processes = min(len(jobs), _MOST_PROCESSES, os.cpu_count() or 1)
    if n_processes < 2:
        for job in jobs:
            yield job, _run_or_mistake(job)
        return
    stopped = []
    for job, outcome in _in_processes(jobs, n_processes):
        if outcome is None:
            stopped.append(job)
        else:
            yield job, outcome
    # A process that stops takes all that is under way with it. Alone, those that were not to blame come through.
    for job in stopped:
        for _, outcome in _in_processes([job], 1):
            yield job, outcome or InputError(f"{job.experiment.path}: its process was killed, or ended itself")


def _in_processes(jobs: Sequence[Job], n_processes: int) -> Iterator[tuple[Job, ExperimentRecord | InputError | None]]:
    """Each job with its outcome; None if its process stopped before there was any."""
    pool = ProcessPoolExecutor(
        n_processes,
        # Not forked: TensorFlow's threads would not come along.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
    )
    try:
        futures = {pool.submit(_run_or_mistake, job): job for job in jobs}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                yield futures[future], None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()


def _begin() -> None:
    # On Ctrl-C a process must exit at once and without a traceback; its parent reports it, and shows the progress.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()
    progress.hide()


def _run_or_mistake(job: Job) -> ExperimentRecord | InputError:
    try:
        return run(job)
    except InputError as mistake:
        return mistake
