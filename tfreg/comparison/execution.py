"""Sending the chunks of a comparison to whoever computes them, and keeping what comes back.

Conventions: results are saved by this process alone, as they come. What fails is told by name at the end; all else is
kept. Memory is bounded by the chunks under way, whatever the number of chunks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice

import numpy as np

from tfreg.comparison import worker as chunks
from tfreg.comparison.run_grid import Chunk
from tfreg.comparison.worker import Job

# Chunks handed to an executor at a time: enough for all its workers, and few enough for the memory.
_UNDER_WAY = 64
_BYTES_UNDER_WAY = 2**28

Results = dict[str, np.ndarray]
Outcome = tuple[Chunk, Results | Exception]


def compute(
    wanted: Iterable[Chunk],
    job_of: Callable[[Chunk], Job],
    save: Callable[[Chunk, Mapping[str, np.ndarray]], None],
    executor: Executor | None = None,
    advance: Callable[[], None] = lambda: None,
) -> dict[str, Exception]:
    """Compute chunks and save each as it is done, in this process or through an executor.

    Args:
        wanted: what to compute.
        job_of: what the runs of a chunk share.
        save: keeps a chunk's results.
        executor: any `concurrent.futures.Executor`; None for this process.
        advance: called after each chunk.

    Returns:
        The chunks that failed, in words, and why.
    """
    failures: dict[str, Exception] = {}
    outcomes = _here(wanted, job_of) if executor is None else _through(executor, wanted, job_of)
    for chunk, outcome in outcomes:
        if isinstance(outcome, Exception):
            failures[str(chunk)] = outcome
        else:
            save(chunk, outcome)
        advance()
    return failures


def _here(wanted: Iterable[Chunk], job_of: Callable[[Chunk], Job]) -> Iterator[Outcome]:
    for chunk in wanted:
        try:
            outcome: Results | Exception = chunks.train(job_of(chunk), chunk.task())
        except Exception as error:  # of the user's loss, model or optimizer: anything
            outcome = error
        yield chunk, outcome


def _through(executor: Executor, wanted: Iterable[Chunk], job_of: Callable[[Chunk], Job]) -> Iterator[Outcome]:
    packed: dict[Job, bytes] = {}
    left = iter(wanted)
    under_way: dict[Future[Results], Chunk] = {}
    room = _UNDER_WAY
    try:
        while True:
            for chunk in islice(left, max(0, room - len(under_way))):
                try:
                    job = job_of(chunk)
                    if job not in packed:
                        packed[job] = chunks.pack(job)
                        room = max(2, min(room, _BYTES_UNDER_WAY // len(packed[job])))
                    under_way[executor.submit(chunks.train_packed, packed[job], chunk.task())] = chunk
                except Exception as error:  # of the user's problem, or of an executor that has died
                    yield chunk, error
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                chunk = under_way.pop(future)
                failure = future.exception()
                yield chunk, (failure if isinstance(failure, Exception) else future.result())
    finally:
        for future in under_way:
            future.cancel()
