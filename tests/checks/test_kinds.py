"""`checked` and the kinds that it reads from type hints."""

import inspect
import subprocess
import sys
import timeit
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import Refused

import tfreg
from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, Count, FilePath, Numbers, Seed, checked, kind_of, worded
from tfreg.checks.values import check_array

MANY = 2**70

FITS: list[tuple[Any, list[Any], list[Any]]] = [
    (int, [0, -1, np.int64(3)], [True, 1.0, "1", None, MANY, np.array(1), 1j]),
    (float, [0, 1.5, np.nan, np.inf, MANY, np.float32(1), np.array(1.0), xr.DataArray(2)], [True, "1", [1.0], 10**400]),
    (bool, [True, np.bool_(False)], [0, 1, None, "True"]),
    (str, ["", "a", np.str_("a")], [b"a", None, 3]),
    (Count, [1, np.int64(3)], [0, -1, True, 1.0, 2**63]),
    (Seed, [0, 2**63 - 1], [-1, True, 2**63]),
    (FilePath, ["a", tfreg.datasets.__file__], ["", b"a", "a\0", "x" * 5000, None]),
    (Numbers, [1, [1, 2], np.eye(2), [True, False], [MANY, 1], pd.Series([1, 2]), xr.DataArray([1])],
     [None, True, "1", [None], ["a"], [[1], [1, 2]], 1j, [1j], {1: 2}, xr.Dataset(), np.array(["2020"], "M8[Y]")]),
    (Array, [np.zeros(0), []], [object(), print, [10**400]]),
    (float | None, [None, 1.0], ["a"]),
    (Sequence[str], [[], ["a"], ("a",), np.array(["a"])], ["a", [1], None, {"a": 1}, 3, iter("a")]),
    (Iterable[int], [[1], range(3), iter([1]), {1}], ["a", 3, [1.5]]),
    (tuple[float, float], [(1, 2), [1, 2], np.zeros(2)], [(1,), "ab", {1, 2}, pd.DataFrame({1: [1, 2]})]),
    (tuple[float, ...], [(), (1,), np.zeros(3)], ["a", ("a",)]),
    (Mapping[str, int], [{}, {"a": 1}], [[], {1: 1}, {"a": "b"}, xr.Dataset()]),
    (Mapping[str, Mapping[str, int]], [{"a": {"b": 1}}], [{"a": 1}, {"a": {"b": "c"}}]),
    (xr.Dataset, [xr.Dataset()], [{}, xr.DataArray(1), None]),
    (object, [None, 3], []),
    (Any, [None, 3], []),
    (Literal["a"], ["a", 3], []),
]  # fmt: skip


@pytest.mark.parametrize(("hint", "fit", "unfit"), FITS, ids=[str(hint)[:40] for hint, *_ in FITS])
def test_a_kind_tells_what_fits(hint: Any, fit: list[Any], unfit: list[Any]) -> None:
    kind = kind_of(hint)
    assert [kind.fault(value) for value in fit] == [None] * len(fit)
    faults = [kind.fault(value) for value in unfit]
    assert all(isinstance(fault, str) and "\n" not in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("hint", "value", "says"),
    [
        (Mapping[str, int], {"a": "b"}, "expected a dict by name, each value a whole number, got 'b' for 'a'"),
        (Mapping[str, int], {5: 1}, "got the name 5"),
        (Mapping[str, int] | Sequence[str], ["a", 3], "or a list, each a text, got 3 at place 1"),
        (tuple[float, float], (1, 2, 3), "expected 2 items, each a number, got 3 items"),
        (xr.Dataset | None, "a", "value: expected an xarray.Dataset, got 'a'"),
        (tfreg.Problem, None, "value: expected a tfreg.Problem, got None"),
        (Annotated[float, worded("a share", float)], "a", "value: expected a share, got 'a'"),
    ],
)
def test_a_message_says_what_and_where(hint: Any, value: object, says: str, refused: Refused) -> None:
    def function(value: object) -> None:
        raise AssertionError("it was called")

    function.__annotations__["value"] = hint
    with refused(says):
        checked(function)(value)


@checked
def half(number: float, *others: int, twice: bool = False, **more: str) -> float:
    """Half a number."""
    return number if twice else number / 2


def test_a_checked_function_is_called_and_described_as_before() -> None:
    assert (half(3), half(number=3), half(3, twice=True), half(3, 1, 2, any="x")) == (1.5, 1.5, 3, 1.5)
    assert half.__doc__ == "Half a number." and half.__name__ == "half"
    assert str(inspect.signature(half)).startswith("(number: float, *others: int, twice: bool = False")
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'number'"):
        half()  # type: ignore[call-arg]
    for call in (lambda: half("3"), lambda: half(number="3"), lambda: half(3, twice=1)):  # type: ignore[arg-type]
        with pytest.raises(InputError, match=r"^(number|twice): expected "):
            call()


def test_a_class_is_checked_where_it_is_made() -> None:
    assert inspect.isclass(tfreg.Problem) and inspect.isclass(tfreg.draw.Style)
    with pytest.raises(InputError, match=r"^colour: expected a text, got 3"):
        tfreg.draw.Style(3)  # type: ignore[arg-type]


@pytest.mark.slow
def test_hints_that_type_checkers_alone_import_are_found() -> None:
    """Before TensorFlow is loaded, nothing can be a problem; drawing and looking at surfaces do not load it."""
    program = """
import sys, tfreg, xarray as xr
try:
    tfreg.surfaces.principal_plane(None)
except tfreg.InputError as error:
    print(error)
print("tensorflow" in sys.modules)
try:
    tfreg.loss_surface(None)
except tfreg.InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "runs: expected a run as tfreg.train returns it, or a dict of runs by name, got None",
        "False",
        "problem: expected a tfreg.Problem, got None",
    ]


def test_a_check_takes_microseconds() -> None:
    """A call of `train` takes a few thousand."""

    def work(a: float, b: Count, c: int | None = None, *, d: Mapping[str, float] | None = None) -> None:
        pass

    slow = checked(work)
    took = [min(timeit.repeat(lambda f=f: f(1.0, 3, d={"a": 1.0}), number=200, repeat=5)) / 200 for f in (slow, work)]
    assert took[0] - took[1] < 200e-6  # about 8e-6 on an idle machine


@pytest.mark.parametrize(
    ("values", "shape", "says"),
    [
        ([1, 2, 3], ("n", 2), "x: expected numbers of shape (n, 2), got shape (3,)"),
        ([[1, 2, 3]], (..., 2), "x: expected numbers of shape (…, 2), got shape (1, 3)"),
        (3, (..., 2), "got shape ()"),
        ([], ("n",), "got shape (0,)"),
        (["a"], ("n",), "x: expected numbers of shape (n), got ['a']"),
        ([np.nan], ("n",), "x: expected finite numbers"),
    ],
)
def test_numbers_of_another_shape_are_refused(values: Any, shape: tuple, says: str, refused: Refused) -> None:
    with refused(says):
        check_array("x", values, *shape, finite=True)


def test_numbers_of_the_shape_come_back() -> None:
    assert check_array("x", [[[1, 2]]], ..., 2).shape == (1, 1, 2)
    assert check_array("x", [1, 2], ..., 2).dtype == np.float64
    assert np.isnan(check_array("x", [np.nan], 1)).all()
