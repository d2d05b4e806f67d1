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

from tfreg import progress
from tfreg.errors import InputError
from tfreg.parent import end_with_parent
from tfreg.suite.job import Job
from tfreg.suite.record import ExperimentRecord
from tfreg.suite.scripts import first_on_path, load_script

_MOST_PROCESSES = 4  # each holds TensorFlow and some data, about 1 GB


def run(job: Job) -> ExperimentRecord:
    """Run an experiment, save its files, check its numbers, and return the record of it.

    Raises:
        InputError: a script that cannot be run, a folder that cannot be written to, or a mistake that it reports.
    """
    from tfreg.suite.findings import Findings

    script = job.experiment.path
    main = load_script(script).main
    began = time.perf_counter()
    with first_on_path(script.parent):
        found = main(**job.options)
    if not isinstance(found, Findings):
        raise InputError(f"{script}: expected main() to return tfreg.Findings, got {type(found).__name__}")
    from tfreg.suite.saving import save_findings  # loads Matplotlib

    return save_findings(job, found, time.perf_counter() - began)


def run_all(jobs: Sequence[Job]) -> Iterator[tuple[Job, ExperimentRecord | InputError]]:
    """Run experiments and yield each with its record, or the user's mistake in it, as it finishes, in any order.

    A single one runs in this process. Any other exception, such as Ctrl-C, ends the processes too; the experiments
    yielded so far are saved.
    """
    n_processes = min(len(jobs), _MOST_PROCESSES, os.cpu_count() or 1)
    if n_processes < 2:
        for job in jobs:
            yield job, _run_or_mistake(job)
        return
    pool = ProcessPoolExecutor(
        n_processes,
        # Not forked: TensorFlow's threads would not come along.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
    )
    try:
        futures = {pool.submit(_run_or_mistake, job): job for job in jobs}
        for future in as_completed(futures):
            yield futures[future], future.result()
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
