"""The lectures' data come back from their seeds, and data that cannot be used are refused."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from conftest import Refused

from tfreg.datasets import Dataset, bernoulli_line, flat_noise, piecewise, sigmoid

DATASETS: list[Callable[[], Dataset]] = [piecewise, flat_noise, bernoulli_line]


def test_piecewise_is_what_the_lecture_printed() -> None:
    data = piecewise()
    # The first three, one from the middle and the last of the 100 values printed in the lecture, to 8 decimals.
    printed = {0: -0.88497385, 1: -0.65454563, 2: -0.61676249, 49: 0.37706178, 99: 3.85610433}
    for i, value in printed.items():
        assert data.targets[i, 0] == pytest.approx(value, abs=5e-9)
    assert data.inputs.shape == data.targets.shape == (100, 1)
    np.testing.assert_array_equal(data.inputs[:, 0], np.linspace(-1, 1, 100))
    assert data.expected is not None
    assert data.expected[0] == -1
    assert data.expected[-1] == 3.5


def test_bernoulli_line_has_the_lecture_s_810_ones() -> None:
    """The printed losses of the lecture's fits come back with these 2000 draws only."""
    data = bernoulli_line()
    assert data.targets.sum() == 810
    assert set(np.unique(data.targets)) == {0, 1}
    assert data.inputs.shape == (2000, 2)
    np.testing.assert_array_equal(data.inputs[:, 0], 1)
    np.testing.assert_array_equal(data.inputs[:, 1], np.linspace(-1, 1, 2000))


def test_bernoulli_line_draws_from_its_true_probabilities() -> None:
    data = bernoulli_line()
    assert data.expected is not None
    assert data.true_weights is not None
    np.testing.assert_allclose(data.expected, sigmoid(data.inputs @ data.true_weights), rtol=1e-12)
    # The number of ones has mean sum(p) and variance sum(p (1 - p)): four standard deviations hold with 99.99 %.
    spread = np.sqrt((data.expected * (1 - data.expected)).sum())
    assert abs(data.targets.sum() - data.expected.sum()) < 4 * spread


def test_bernoulli_line_without_ones_is_the_same_data() -> None:
    plain, with_ones = bernoulli_line(ones=False), bernoulli_line()
    np.testing.assert_array_equal(plain.targets, with_ones.targets)
    np.testing.assert_array_equal(plain.inputs[:, 0], with_ones.inputs[:, 1])
    # A Dense layer holds its kernel before its bias.
    assert plain.true_weights == (5, -1)
    assert with_ones.true_weights == (-1, 5)


def test_flat_noise_is_small_and_about_zero() -> None:
    data = flat_noise()
    assert data.inputs[0, 0] == 0
    assert data.inputs[-1, 0] == 1
    # 100 normals of standard deviation 0.001: the mean has 0.0001, the standard deviation about 7 % of itself.
    assert abs(data.targets.mean()) < 5e-4
    assert data.targets.std() == pytest.approx(0.001, rel=0.3)


@pytest.mark.parametrize("make", DATASETS)
def test_data_are_the_same_every_time(make: Callable[[], Dataset]) -> None:
    first = make()
    np.random.seed(1)
    second = make()
    np.testing.assert_array_equal(first.inputs, second.inputs)
    np.testing.assert_array_equal(first.targets, second.targets)


@pytest.mark.parametrize("make", DATASETS)
def test_numpy_s_global_random_state_is_left_alone(make: Callable[[], Dataset]) -> None:
    np.random.seed(0)
    expected = np.random.random_sample(3)
    np.random.seed(0)
    make()
    np.testing.assert_array_equal(np.random.random_sample(3), expected)


@pytest.mark.parametrize("make", DATASETS)
def test_data_have_a_column_for_each_feature_and_cannot_be_overwritten(make: Callable[[], Dataset]) -> None:
    data = make()
    for array in (data.inputs, data.targets):
        assert array.dtype == np.float64
        assert array.ndim == 2
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 7


def test_the_caller_s_arrays_stay_writable_and_apart() -> None:
    inputs = np.zeros((3, 1))
    data = Dataset("mine", inputs, [0, 1, 1])
    inputs[0] = 5
    assert data.inputs[0] == 0
    assert data.targets.tolist() == [[0], [1], [1]]


# Bad input.


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["inputs", "targets"])
def test_values_that_are_not_finite_are_refused(bad: float, where: str, refused: Refused) -> None:
    arrays = {"inputs": [[0.0], [1.0], [2.0]], "targets": [0.0, 1.0, 0.0]}
    arrays[where] = [bad, 1.0, bad]
    with refused(f"{where} of data set 'mine': expected finite numbers, got 2 NaN or infinite values"):
        Dataset("mine", **arrays)


@pytest.mark.parametrize("empty", [[], np.zeros((0, 2)), np.zeros((3, 0)), 5.0])
@pytest.mark.parametrize("where", ["inputs", "targets"])
def test_empty_data_are_refused(empty: object, where: str, refused: Refused) -> None:
    arrays = {"inputs": [0.0, 1.0, 2.0], "targets": [0.0, 1.0, 0.0]} | {where: empty}
    with refused(f"{where} of data set 'mine': expected at least one sample in rows, got an array of shape"):
        Dataset("mine", **arrays)


def test_another_number_of_targets_than_of_inputs_is_refused(refused: Refused) -> None:
    with refused("expected as many targets as inputs, got 3 inputs and 2 targets"):
        Dataset("mine", [0, 1, 2], [0, 1])


@pytest.mark.parametrize("bad", [["a", "b", "c"], [[1], [2, 3], [4]], [None, 1, 2], {1: 2}])
def test_what_is_no_number_is_refused(bad: object, refused: Refused) -> None:
    with refused("of data set 'mine': expected"):
        Dataset("mine", bad, [0, 1, 0])


@pytest.mark.parametrize("n_samples", [0, -5])
def test_bernoulli_line_needs_a_sample(n_samples: int, refused: Refused) -> None:
    with refused(f"n_samples: expected a whole number of 1 or more, got {n_samples}"):
        bernoulli_line(n_samples)


def test_expected_means_are_one_a_sample(refused: Refused) -> None:
    with refused("a mean for each of 3 samples"):
        Dataset("short", np.zeros((3, 1)), [0, 1, 1], expected=np.zeros(2))


NO_NUMBERS = {
    "masked": (np.ma.masked_array([1.0, 2, 3], [0, 1, 0]), "plain numbers, got a masked array; drop or fill"),
    "dates": (
        np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[D]"),
        "numbers, got dates such as 2024-01-01",
    ),
    "spans": (np.arange(3).astype("timedelta64[s]"), "numbers, got spans of time"),
    "complex": ([1j, 2, 3], "numbers, got complex numbers"),
    "digits": (["1", "2", "3"], "numbers, got text such as 1; convert it with astype(float)"),
    "some digits": ([1, "2", 3], "numbers, got text"),
    "objects": (np.array([1, "2", 3], dtype=object), "numbers, got '2'"),
    "none": (np.array([1, None, 3], dtype=object), "numbers, got None"),
    "series of dates": (pd.to_datetime(pd.Series(["2024-01-01"] * 3)), "numbers, got dates"),
    "frame with text": (pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}), "numbers, got 'x'"),
    "huge": ([10**400, 1, 2], "numbers"),
}


@pytest.mark.parametrize(("values", "says"), NO_NUMBERS.values(), ids=NO_NUMBERS)
@pytest.mark.parametrize("where", ["inputs", "targets"])
def test_what_numpy_would_make_numbers_of_is_refused(values: object, says: str, where: str, refused: Refused) -> None:
    arrays: dict[str, object] = {"inputs": [0.0, 1.0, 2.0], "targets": [0.0, 1.0, 0.0]} | {where: values}
    with refused(f"{where} of data set 'mine': expected {says}"):
        Dataset("mine", **arrays)


@pytest.mark.parametrize(
    "values",
    [
        [True, False, True],
        pd.Series([1, 0, 1], name="y"),
        pd.DataFrame({"y": [1, 0, 1]}),
        pd.array([1, 0, 1], dtype="Int64"),
        np.array([1, 0.0, True], dtype=object),
        np.array([1, 0, 1], dtype=np.uint8),
    ],
    ids=lambda values: type(values).__name__,
)
def test_numbers_of_every_kind_are_welcome(values: object) -> None:
    assert Dataset("mine", [0, 1, 2], values).targets.tolist() == [[1], [0], [1]]
