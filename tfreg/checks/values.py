"""Checks of values that many functions share: numbers, counts, seeds, arrays, precisions, paths and folders.

Conventions: a public function checks each argument once, before any work; the functions behind it take what they are
given. The kinds of arguments are `tfreg.checks.kinds`'s.
"""

import math
import os
from pathlib import Path

import numpy as np

from tfreg.checks.errors import InputError, shown


def check_counts(**counts: object) -> None:
    """Refuse what is no whole number of 1 or more.

    Raises:
        InputError: names the first such argument.

    Example:
        >>> check_counts(epochs=435, record_every=15)
    """
    for name, value in counts.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or not 1 <= int(value) < 2**63:
            raise InputError(f"{name}: expected a whole number of 1 or more, got {shown(value)}")


def check_seed(name: str, value: object) -> None:
    """Refuse what NumPy takes for no seed: a whole number from 0 to 2**63 - 1.

    Raises:
        InputError: names the argument.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not 0 <= int(value) < 2**63:  # type: ignore[call-overload]
        raise InputError(f"{name}: expected a whole number from 0 to 2**63 - 1, got {shown(value)}")


def check_number(name: str, value: object, least: float = -math.inf) -> float:
    """A finite number of `least` or more.

    Raises:
        InputError: names the argument.

    Example:
        >>> check_number("margin", 0.15, least=0)
        0.15
    """
    plain = isinstance(value, int | float | np.number) and not isinstance(value, bool | np.complexfloating)
    number = _as_float(value) if plain else math.nan
    if not math.isfinite(number) or number < least:
        least_text = f" of {least:g} or more" if math.isfinite(least) else ""
        raise InputError(f"{name}: expected a finite number{least_text}, got {shown(value)}")
    return number


def _as_float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:  # a whole number beyond double precision
        return math.inf


def check_array(name: str, value: object, *shape: object, finite: bool = False) -> np.ndarray:
    """Numbers as a float64 array of a shape: lengths, or words for those that are free; `...` first for any before.

    Raises:
        InputError: no numbers, none at all, another shape, or (if they have to be finite) NaN or infinite ones.

    Example:
        >>> check_array("points", [(0, 1), (2, 3), (4, 5)], "n_points", 2).shape
        (3, 2)
    """
    words = f"numbers of shape ({', '.join('…' if length is ... else str(length) for length in shape)})"
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name}: expected {words}, got {shown(value)}") from None
    last = [length for length in shape if length is not ...]
    ends = array.shape[max(0, array.ndim - len(last)) :]
    deep_enough = array.ndim >= len(last) if ... in shape else array.ndim == len(last)
    if not deep_enough or not array.size or any(isinstance(a, int) and a != b for a, b in zip(last, ends, strict=True)):
        raise InputError(f"{name}: expected {words}, got shape {array.shape}")
    if finite and not np.isfinite(array).all():
        raise InputError(f"{name}: expected finite numbers, got NaN or infinite ones")
    return array


def check_precision(name: str, values: np.ndarray, dtype: str, small: bool = True) -> np.ndarray:
    """Numbers in another precision, none of them infinite by it and, unless `small` is False, none zero by it.

    Numbers that the processor would take for zero, below the smallest normal one, count as zero.

    Raises:
        InputError: names the first number that the precision does not hold.

    Example:
        >>> check_precision("start", np.array([0.1, 3]), "float32").dtype
        dtype('float32')
    """
    values = np.asarray(values)
    limits = np.finfo(dtype)
    size = np.abs(values)
    beyond = np.isfinite(values) & (size > limits.max)
    if small:
        beyond |= (size > 0) & (size < limits.smallest_normal)
    if beyond.any():
        raise InputError(
            f"{name}: expected numbers that {dtype} holds, from {limits.smallest_normal:.1e} to {limits.max:.1e} or 0, "
            f"got {values[beyond].flat[0]:g}; use other units{' or float64' if dtype == 'float32' else ''}"
        )
    return values.astype(dtype)


def check_path(name: str, value: object) -> Path:
    """A path from a text or a path.

    Raises:
        InputError: it is something else, empty, or holds a NUL character.

    Example:
        >>> check_path("store", "runs/mine").name
        'mine'
    """
    if not isinstance(value, str | os.PathLike) or isinstance(os.fspath(value), bytes):
        raise InputError(f"{name}: expected a path as text, got {shown(value)}")
    path = os.fspath(value)
    # Longer ones are no file's on any system.
    too_long = len(path) > 4095 or any(len(part) > 255 for part in Path(path).parts)
    if not path or "\0" in path or too_long:
        raise InputError(f"{name}: expected a path, got {shown(path)}{', which is too long' * too_long}")
    return Path(path)


def check_folder(folder: Path) -> None:
    """Refuse a folder that can neither be made nor written to, before the work whose result it is to take.

    Raises:
        InputError: names the folder and the reason.

    Example:
        >>> check_folder(Path("figures"))
    """
    try:
        nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        reason = "Not a directory" if not nearest.is_dir() else "Permission denied"
        if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
            return
    except OSError as error:  # a name too long, or a folder that nobody may look into
        reason = error.strerror or type(error).__name__
    raise InputError(f"cannot write to {folder}: {reason}; choose another folder")
