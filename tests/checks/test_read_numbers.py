"""Numbers that people type are read, and what is no plain finite number is refused."""

import pytest

from tfreg.checks.read_numbers import finite_number, whole_number


@pytest.mark.parametrize("text", ["0", "-3", "+5", " 7 ", "007", "9" * 18])
def test_whole_numbers(text: str) -> None:
    assert whole_number(text) == int(text)


@pytest.mark.parametrize(
    "text", ["", " ", "-", "3.0", "1e3", "1_0", "４", "٣", "nan", "0x10", "1 2", "9" * 19, "9" * 5000]
)
def test_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        whole_number(text)


@pytest.mark.parametrize("text", ["0", "0.0e-999", "-.5", "5.", "+1e-3", " 2.5E+3 ", "1e300", "5e-324"])
def test_numbers(text: str) -> None:
    assert finite_number(text) == float(text)


@pytest.mark.parametrize(
    "text", ["", ".", "e5", "nan", "inf", "-Infinity", "1e400", "1e-400", "1_0.5", "٣.٥", "1,5", "0x1p3"]
)
def test_what_is_no_finite_number(text: str) -> None:
    with pytest.raises(ValueError, match="finite number"):
        finite_number(text)
