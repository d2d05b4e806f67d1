"""Shares with their uncertainty."""

from collections.abc import Mapping
from math import sqrt

import numpy as np

from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, checked
from tfreg.checks.values import check_array


@checked
def wilson_interval(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share, 95 % for the default `z`.

    It stays inside [0, 1] and has a width even at 0 and at 1 (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212):
    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    Raises:
        InputError: no trials, or more successes than trials.

    Example:
        >>> [round(end, 3) for end in wilson_interval(0, 100)]
        [0.0, 0.037]
    """
    if not 0 <= successes <= trials or trials < 1:
        raise InputError(f"expected 0 <= successes <= trials and at least 1 trial, got {successes} of {trials}")
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At 0 and at all the ends are exact; subtraction would leave a rounding error.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return low, high


@checked
def share_text(successes: int, trials: int) -> str:
    """A share with its 95 % interval (Wilson), as text.

    Raises:
        InputError: no trials, or more successes than trials.

    Example:
        >>> share_text(120, 1000)
        '12.0 % (10.1 to 14.2 %) of 1000'
    """
    return f"{_percent(successes, trials)} of {trials}"


def _percent(successes: int, trials: int) -> str:
    low, high = wilson_interval(successes, trials)
    return f"{100 * successes / trials:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"


@checked
def shares_by_kind(kinds: Mapping[str, Array]) -> str:
    """The share of each kind among the same things, and of none of them, with 95 % intervals, as text.

    Args:
        kinds: for each kind a flag per thing (n_things,), True if it is of that kind.

    Example:
        >>> shares_by_kind({"even": np.array([True, False, False]), "negative": np.array([False, False, True])})
        'even 33.3 % (6.1 to 79.2 %), negative 33.3 % (6.1 to 79.2 %), none of these 33.3 % (6.1 to 79.2 %)'
    """
    if not kinds:
        raise InputError("kinds: expected flags for one kind or more, got none")
    n_things = np.size(next(iter(kinds.values())))
    flags = {kind: check_array(f"kinds: {kind!r}", which, n_things) != 0 for kind, which in kinds.items()}
    flags["none of these"] = ~np.any(list(flags.values()), axis=0)
    return ", ".join(f"{kind} {_percent(int(which.sum()), n_things)}" for kind, which in flags.items())
