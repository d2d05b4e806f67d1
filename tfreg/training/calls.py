"""How a run is cut into calls of the compiled program; no TensorFlow is needed to know it.

Conventions: epochs count from where the run begins. A call cannot be interrupted, and it holds the orders of the
samples in its epochs and a slot for each epoch that it records. So it should take a fraction of a second, and have
limited slots and orders. The cuts follow the time that calls take, and change nothing that is computed.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_SECONDS = 0.25  # of one call
# Before the first call nobody knows how fast it is. With these limits it took 0.01 to 0.5 s for every optimizer.
_FIRST_ELEMENTS, _FIRST_UPDATES = 2**26, 2**14
_SLOT_ELEMENTS = 2**22  # of the weights that one call records
_ORDER_ELEMENTS = 2**22  # of the orders that one call is given


@dataclass(frozen=True, eq=False)
class Call:
    """A stretch of a run.

    Attributes:
        begin: the epochs before it.
        stops: epochs after `begin` at which the weights are looked at, int32 (K,); the last is the stretch's end.
        recorded: the stops that are to be recorded.
    """

    begin: int
    stops: np.ndarray
    recorded: slice

    @property
    def n_epochs(self) -> int:
        """The epochs that it trains."""
        return int(self.stops[-1])


def calls(record_at: np.ndarray, first: int, longest: int, n_slots: int) -> Iterator[Call]:
    """Cut a run that is recorded at the epochs `record_at` (R,); each call is to be made before the next is asked for.

    A call that begins where the one before has recorded begins with a look at the same weights again, since the step
    after a recorded epoch is compiled together with its record.

    Args:
        record_at: rising; the run ends with the last of them.
        first: epochs of the first call.
        longest: the most epochs of a call.
        n_slots: the most stops of a call, 2 or more.

    Example:
        >>> [call.stops.tolist() for call in calls(np.array([0, 3, 4]), first=2, longest=2, n_slots=9)]
        [[0, 2], [1, 2]]
        >>> [call.stops.tolist() for call in calls(np.array([0, 2, 4]), first=2, longest=2, n_slots=9)]
        [[0, 2], [0, 2]]
    """
    begin, done, length = 0, 0, first
    while done < len(record_at):
        end = min(begin + min(length, longest), int(record_at[-1]))
        again = int(done > 0 and record_at[done - 1] == begin)
        due = record_at[done - again : done + n_slots - again]
        due = due[due <= end]
        if len(due) < n_slots and (len(due) == 0 or due[-1] < end):
            stops = np.append(due, end)
        else:
            stops, end = due, int(due[-1])
        began = time.perf_counter()
        yield Call(begin, (stops - begin).astype(np.int32), slice(again, len(due)))
        pace = max(end - begin, 1) / max(time.perf_counter() - began, 1e-6)
        length = max(1, min(int(pace * _SECONDS), 8 * length))
        begin, done = end, done + len(due) - again


def first_length(n_starts: int, n_samples: int, n_weights: int, n_updates: int) -> int:
    """The epochs of a first call that takes well under a second.

    Args:
        n_starts: trained at the same time.
        n_samples: of the data.
        n_weights: of the model.
        n_updates: that follow one another in an epoch.
    """
    # The loss and its gradient look at each weight once a sample, an update of whole tensors multiplies matrices.
    elements = n_starts * n_samples * n_weights + n_updates * n_weights**1.5
    return max(1, int(min(_FIRST_ELEMENTS / elements, _FIRST_UPDATES / n_updates)))


def slots(n_records: int, n_elements: int) -> int:
    """The most epochs that one call records, of `n_records`, if each of them has so many elements."""
    return min(n_records, max(2, _SLOT_ELEMENTS // n_elements))


def most_orders(n_samples: int) -> int:
    """The most epochs whose orders of the samples are in memory at a time."""
    return max(1, _ORDER_ELEMENTS // n_samples)


def sample_order(n_samples: int, seed: int, epoch: int) -> np.ndarray:
    """The order (n_samples,) of the samples in an epoch.

    Example:
        >>> sample_order(5, seed=0, epoch=3).tolist()
        [3, 0, 2, 1, 4]
    """
    return np.random.default_rng((seed, epoch)).permutation(n_samples)
