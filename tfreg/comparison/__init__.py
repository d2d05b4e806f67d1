"""Many problems, optimizers, hyper-parameters and starts at once, and how to read their results.

`compare.py` is the way in, `arguments.py` checks what it is given. `run_grid.py` lays out the runs and cuts them into
chunks, `worker.py` trains a chunk, `execution.py` sends chunks out and collects them, `zarr_store.py` keeps them with
their `labels.py` and a `fingerprint.py` of the `content.py` of everything that decides them. `analysis.py`, `race.py`,
`intervals.py` and `tables.py` read a result; their functions are here, and need no TensorFlow.
"""

from tfreg.comparison.analysis import (
    at_best_rate,
    best_rates,
    diverged,
    good_range,
    grid_of_starts,
    log_excess,
    most_reached_rates,
    unstack_starts,
)
from tfreg.comparison.intervals import share_text, shares_by_kind, wilson_interval
from tfreg.comparison.race import race, winners
from tfreg.comparison.run_grid import STATUS
from tfreg.comparison.tables import by_seed, by_start, by_status, good_rates, ranking, summary

__all__ = [
    "STATUS",
    "at_best_rate",
    "best_rates",
    "by_seed",
    "by_start",
    "by_status",
    "diverged",
    "good_range",
    "good_rates",
    "grid_of_starts",
    "log_excess",
    "most_reached_rates",
    "race",
    "ranking",
    "share_text",
    "shares_by_kind",
    "summary",
    "unstack_starts",
    "wilson_interval",
    "winners",
]
