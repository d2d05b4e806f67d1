"""Float32 rounding: stalls, sums in other orders, and the lattice of random starts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfreg import losses, models, rounding
from tfreg.backend import keras
from tfreg.datasets import piecewise
from tfreg.problem.problem import Problem


@given(st.floats(-4, 4, width=32).filter(lambda w: abs(w) > 1e-3), st.floats(0.01, 0.98))
def test_a_step_below_half_an_ulp_changes_nothing(weight: float, halves: float) -> None:
    """Away from powers of two, below which the numbers lie twice as close."""
    number = np.float32(weight)
    if abs(number) == 2.0 ** np.round(np.log2(abs(number))):
        return
    step = halves * np.spacing(abs(number)) / 2
    assert rounding.in_half_ulps(step, number) < 1
    assert np.float32(float(number) - float(step)) == number
    assert np.float32(float(number) - 1.05 / halves * float(step)) != number


def test_order_scatter_is_small_in_float32_and_smaller_in_float64() -> None:
    scatter = {}
    for dtype in ("float32", "float64"):
        problem = Problem(models.relu_net(2, dtype), losses.mse, piecewise())
        start = (1.0, 0.6, 0.0, 0.0, 0.5, 0.3, 0.0)
        scatter[dtype] = rounding.order_scatter(problem, keras.optimizers.SGD(0.1), 50, start, n_orders=4)
        assert scatter[dtype].shape == (7,)
    assert 0 < scatter["float32"].max() < 1e-5
    assert scatter["float64"].max() < 1e-13


def test_what_keras_draws_lies_on_the_lattice() -> None:
    drawn = keras.initializers.GlorotUniform(seed=3)((1, 50)).numpy().ravel()
    limit = np.sqrt(6 / 51)
    nearest, uniforms, chance = rounding.glorot_lattice(drawn, limit)
    np.testing.assert_array_equal(nearest, drawn)
    assert ((uniforms >= 0) & (uniforms < 1)).all()
    assert (chance < 1).all()


def test_other_numbers_lie_on_the_lattice_by_the_chance_that_is_stated() -> None:
    other = np.random.default_rng(0).uniform(0.5, 1, 4000).astype(np.float32)
    nearest, _, chance = rounding.glorot_lattice(other, 2**0.5)
    share = (nearest == other).mean()
    assert abs(share - chance.mean()) < 4 * np.sqrt(chance.mean() / len(other))
