"""Columns of numbers from what a user gives, none of which loses its values on the way.

Conventions: rows are samples. `what` names the values in messages, such as "inputs of data set 'mine'".
"""

from decimal import Decimal
from numbers import Real

import numpy as np

from tfreg.checks.errors import InputError, shown
from tfreg.checks.values import check_precision

# What NumPy would turn into numbers without a word, by the letter of its kind, and what to do.
_NO_NUMBERS = {
    "M": ("dates", "give days or seconds since a first one"),
    "m": ("spans of time", "divide them by a unit, such as np.timedelta64(1, 'D')"),
    "c": ("complex numbers", "give real and imaginary parts as columns"),
    "U": ("text", "convert it with astype(float)"),
    "S": ("text", "convert it with astype(float)"),
    "V": ("records", "give a plain array"),
}
_ROWS_LOOKED_AT = 10_000


def as_columns(what: str, values: object) -> np.ndarray:
    """Numbers as a new read-only float64 array (n_rows, …); a vector becomes one column.

    Raises:
        InputError: some are no numbers, are masked, NaN or infinite, or merge in float64; or there are none at all.

    Example:
        >>> as_columns("targets", [0, 1, 1]).shape
        (3, 1)
    """
    array = _as_numbers(what, values)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim < 2 or array.size == 0:
        raise InputError(f"{what}: expected at least one sample in rows, got an array of shape {array.shape}")
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise InputError(f"{what}: expected finite numbers, got {bad} NaN or infinite values; drop or fill them")
    array.flags.writeable = False
    return array


def _as_numbers(what: str, values: object) -> np.ndarray:
    """Numbers as a new float64 array.

    Raises:
        InputError: some are none, are masked, or are whole numbers that float64 does not hold apart.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise InputError(f"{what}: expected plain numbers, got a masked array; drop or fill what is masked")
    try:
        given = np.asarray(values)
        kind = given.dtype.kind
        if kind == "O":  # an array of objects, which may all be numbers
            bad = [one for one in given.flat if not isinstance(one, Real | Decimal | np.bool_)]
            if bad:
                raise InputError(f"{what}: expected numbers, got {shown(bad[0])}; convert or drop what is none")
        if kind in _NO_NUMBERS:
            said, cure = _NO_NUMBERS[kind]
            raise InputError(f"{what}: expected numbers, got {said} such as {given.flat[0]!s:.20}; {cure}")
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{what}: expected numbers, got {shown(values)}") from None
    if given.dtype.kind in "iu" and given.ndim:
        _check_apart(what, given, array, "float64")
    return array


def check_held(what: str, values: np.ndarray, dtype: str) -> np.ndarray:
    """Columns in another precision.

    Raises:
        InputError: values become infinite or zero by it, or different values of a column the same.

    Example:
        >>> check_held("inputs", np.array([[0.1], [0.2]]), "float32").dtype
        dtype('float32')
    """
    if dtype == "float64":
        return values
    held = check_precision(what, values, dtype)
    _check_apart(what, values, held, dtype)
    return held


def _check_apart(what: str, given: np.ndarray, held: np.ndarray, dtype: str) -> None:
    """Refuse columns with half as many distinct values or fewer, in another precision."""
    before, after = (_n_distinct(array) for array in (given, held))
    if (merged := after * 2 <= before).any():
        column = int(np.flatnonzero(merged)[0])
        raise InputError(
            f"{what}: {before[column]} distinct values of column {column} are {after[column]} in {dtype}; subtract the "
            f"first or the mean of them{', or use a model in float64' if dtype == 'float32' else ''}"
        )


def _n_distinct(array: np.ndarray) -> np.ndarray:
    """The number of distinct values in each column, of the first rows alone."""
    columns = np.sort(array[:_ROWS_LOOKED_AT].reshape(min(len(array), _ROWS_LOOKED_AT), -1), axis=0)
    return 1 + np.count_nonzero(np.diff(columns, axis=0), axis=0)
