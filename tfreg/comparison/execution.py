"""Sending the chunks of a comparison to an executor, and saving the results that it returns.

Conventions: results are saved by this process alone, as they come. Chunks that fail are named at the end; all others
are kept. Memory is bounded by the chunks under way, whatever the number of chunks.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice

import numpy as np

from tfreg.comparison.run_grid import Chunk
from tfreg.comparison.worker import Training, pack, train, train_packed

# Chunks handed to an executor at a time: enough for all its workers, and few enough for the memory.
_UNDER_WAY = 64
_BYTES_UNDER_WAY = 2**28

Results = dict[str, np.ndarray]
Outcome = tuple[Chunk, Results | Exception]


def compute(
    wanted: Iterable[Chunk],
    training_of: Callable[[Chunk], Training],
    save: Callable[[Chunk, Mapping[str, np.ndarray]], None],
    executor: Executor | None = None,
    advance: Callable[[], None] = lambda: None,
) -> dict[str, Exception]:
    """Compute chunks and save each as it is done, in this process or through an executor.

    Args:
        wanted: the chunks to compute.
        training_of: the problem and the optimizer of a chunk.
        save: keeps a chunk's results.
        executor: any `concurrent.futures.Executor`; None for this process.
        advance: called after each chunk.

    Returns:
        The chunks that failed, each as text, and why.
    """
    failures: dict[str, Exception] = {}
    outcomes = _here(wanted, training_of) if executor is None else _through(executor, wanted, training_of)
    for chunk, outcome in outcomes:
        if isinstance(outcome, Exception):
            failures[str(chunk)] = outcome
        else:
            save(chunk, outcome)
        advance()
    return failures


def _here(wanted: Iterable[Chunk], training_of: Callable[[Chunk], Training]) -> Iterator[Outcome]:
    for chunk in wanted:
        try:
            outcome: Results | Exception = train(training_of(chunk), chunk.runs())
        except Exception as error:  # the user's loss, model or optimizer may raise anything
            outcome = error
        yield chunk, outcome


def _through(
    executor: Executor, wanted: Iterable[Chunk], training_of: Callable[[Chunk], Training]
) -> Iterator[Outcome]:
    packed: dict[Training, bytes] = {}
    left = iter(wanted)
    under_way: dict[Future[Results], Chunk] = {}
    room = _UNDER_WAY
    try:
        while True:
            for chunk in islice(left, max(0, room - len(under_way))):
                try:
                    training = training_of(chunk)
                    if training not in packed:
                        packed[training] = pack(training)
                        room = max(2, min(room, _BYTES_UNDER_WAY // len(packed[training])))
                    under_way[executor.submit(train_packed, packed[training], chunk.runs(), os.getpid())] = chunk
                except Exception as error:  # the user's problem cannot be pickled, or the executor has died
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
