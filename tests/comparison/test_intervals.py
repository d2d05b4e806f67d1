"""Shares and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfreg.checks.errors import InputError
from tfreg.comparison.intervals import share_text, shares_by_kind, wilson_interval


def test_a_published_interval() -> None:
    """Newcombe (1998, Statistics in Medicine 17, 857-872), table I: 81 of 263 has the interval 0.2553 to 0.3662."""
    low, high = wilson_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors(pair: tuple[int, int]) -> None:
    successes, trials = pair
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert wilson_interval(trials - successes, trials) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_solve_the_score_equation(pair: tuple[int, int]) -> None:
    """An end q of the interval is where |p - q| is exactly z standard errors of q."""
    successes, trials = pair
    for end in wilson_interval(successes, trials):
        if 0 < end < 1:
            error = (end * (1 - end) / trials) ** 0.5
            assert abs(successes / trials - end) == pytest.approx(1.96 * error, rel=1e-6)


def test_a_share_as_text() -> None:
    assert share_text(0, 100) == "0.0 % (0.0 to 3.7 %) of 100"


def test_shares_add_what_is_of_no_kind() -> None:
    values = np.array([1, 1, 1, 2])
    assert shares_by_kind({"one": values == 1, "three": values == 3}) == (
        "one 75.0 % (30.1 to 95.4 %), three 0.0 % (0.0 to 49.0 %), none of these 25.0 % (4.6 to 69.9 %)"
    )


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (3, 2), (-1, 5)])
def test_impossible_counts(successes: int, trials: int) -> None:
    with pytest.raises(InputError, match="successes"):
        wilson_interval(successes, trials)
