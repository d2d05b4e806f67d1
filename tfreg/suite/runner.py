"""Running experiments: one in this process, many in processes of their own, as many at a time as there are cores.

Conventions: compiling and drawing each keep one core busy, so two cores run all of them in little more than half the
time. On Linux the processes are forked from one that has loaded everything and has a single thread. Each begins in the
same state, so an experiment gives its compiled programs the same names whatever has run before, and finds them on disk.
"""

import math
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing.context import BaseContext

from tfreg.checks.errors import InputError, shown
from tfreg.process import progress
from tfreg.process.environment import one_thread_each, prepare_tensorflow
from tfreg.process.own_code import own_code
from tfreg.process.parent import end_with_parent
from tfreg.process.threads import cores, one_core
from tfreg.suite.job import Job
from tfreg.suite.reads import files_read
from tfreg.suite.record import ExperimentRecord, read_record
from tfreg.suite.scripts import first_on_path, load_script

_MOST_PROCESSES = 4  # each holds TensorFlow and some data, about 1 GB
_FORKED = sys.platform == "linux"  # elsewhere a process that has loaded libraries of the system may not be forked
_of_this_thread = threading.local()


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
    n_processes = min(len(jobs), _MOST_PROCESSES, cores())
    if n_processes < 2:
        for job in jobs:
            yield job, _run_or_mistake(job)
        return
    one_thread_each()
    prepare_tensorflow()
    waiting = ThreadPoolExecutor(n_processes)
    futures: dict[Future[ExperimentRecord | InputError], Job] = {}
    try:
        futures |= {waiting.submit(_in_a_process, job): job for job in _longest_first(jobs)}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        waiting.shutdown(wait=False, cancel_futures=True)
        # After Ctrl-C, until none is left: one may have been about to start.
        while not all(future.done() for future in futures):
            for process in multiprocessing.active_children():
                process.terminate()
            time.sleep(0.02)


def _longest_first(jobs: Sequence[Job]) -> list[Job]:
    """Jobs by the seconds that they took last time, new ones before: a long one at the end would keep one core idle."""
    last = [read_record(job.record_path) for job in jobs]
    seconds = [math.inf if record is None else record.seconds for record in last]
    return [jobs[i] for i in sorted(range(len(jobs)), key=lambda i: -seconds[i])]


def _in_a_process(job: Job) -> ExperimentRecord | InputError:
    """The outcome of a job that runs in a process of its own, which is all that it can take with it."""
    kept = vars(_of_this_thread).pop("process", None)
    process = kept or ProcessPoolExecutor(1, mp_context=_processes(), initializer=_begin)
    try:
        outcome = process.submit(_run_or_mistake, job).result()
    except BrokenProcessPool:
        process.shutdown()
        return InputError(f"{job.experiment.path}: its process was killed, or ended itself")
    if _FORKED:
        process.shutdown()
    else:  # a new one would have to load TensorFlow again
        _of_this_thread.process = process
    return outcome


@cache
def _processes() -> BaseContext:
    if not _FORKED:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tfreg.suite.preload"])
    return context


def _begin() -> None:
    # On Ctrl-C a process must exit at once and without a traceback; its parent reports it, and shows the progress.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()
    progress.hide()


def _run_or_mistake(job: Job) -> ExperimentRecord | InputError:
    try:
        with one_core():
            return run(job)
    except InputError as mistake:
        return mistake
