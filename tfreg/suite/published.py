"""The printed numbers of the sources, and the check of computed ones against them.

Conventions: `published.json` is an object with an entry `<experiment>.<name>` for each number or table of numbers:
`printed`, the `tolerance` that its digits allow (one, or one for each value), what is `reproducible` of it, and where
needed a `rounding`, a reason `why` and what it `rests_on` (see `CheckedNumber`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from tfreg.checks.errors import InputError
from tfreg.suite.findings import Number
from tfreg.suite.record import CheckedNumber, Reproducible, RestsOn

_REQUIRED, _OPTIONAL = {"printed", "tolerance", "reproducible"}, {"why", "rounding", "rests_on"}


@dataclass(frozen=True, eq=False)
class PrintedNumber:
    """An entry of `published.json`; the arrays are flat and of one length."""

    printed: np.ndarray
    tolerance: np.ndarray
    rounding: np.ndarray
    reproducible: Reproducible
    rests_on: RestsOn = "source"
    why: str = ""


def load_published(path: Path) -> dict[str, PrintedNumber]:
    """The published numbers, by name; none if there is no such file.

    Raises:
        InputError: the file is no JSON, or an entry has unknown or missing keys or a tolerance of another shape.
    """
    if not path.exists():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected JSON, got {error}") from None
    if not isinstance(entries, dict):
        raise InputError(f"{path}: expected an object with an entry for each number, got {type(entries).__name__}")
    return {name: _printed_number(f"{path}: {name}", entry) for name, entry in entries.items()}


def check_numbers(
    experiment: str, numbers: Mapping[str, Number], published: Mapping[str, PrintedNumber]
) -> tuple[CheckedNumber, ...]:
    """Compare the numbers that have a published counterpart with it.

    Raises:
        InputError: a number has another shape than its counterpart.
    """
    return tuple(
        _checked(f"{experiment}.{name}", number, published[f"{experiment}.{name}"])
        for name, number in numbers.items()
        if f"{experiment}.{name}" in published
    )


def _checked(name: str, number: Number, entry: PrintedNumber) -> CheckedNumber:
    reproduced = number.values.ravel().astype(float)
    if reproduced.shape != entry.printed.shape:
        raise InputError(f"{name}: expected {entry.printed.size} values as published, got {reproduced.size}")
    return CheckedNumber(
        name,
        printed=tuple(entry.printed.tolist()),
        reproduced=tuple(reproduced.tolist()),
        tolerance=tuple(entry.tolerance.tolist()),
        rounding=tuple(entry.rounding.tolist()),
        reproducible=entry.reproducible,
        rests_on=entry.rests_on,
        why=number.because or entry.why,
    )


def _printed_number(where: str, entry: Any) -> PrintedNumber:
    keys = set(entry) if isinstance(entry, dict) else set()
    if missing := _REQUIRED - keys:
        raise InputError(f"{where} lacks {', '.join(sorted(missing))}")
    if extra := keys - _REQUIRED - _OPTIONAL:
        raise InputError(f"{where} has unknown keys {', '.join(sorted(extra))}")
    rests_on = entry.get("rests_on", "source")
    for key, value, choices in (
        ("reproducible", entry["reproducible"], get_args(Reproducible)),
        ("rests_on", rests_on, get_args(RestsOn)),
    ):
        if value not in choices:
            raise InputError(f"{where}.{key}: expected one of {choices}, got {value!r}")
    if entry["reproducible"] != "exact" and not entry.get("why"):
        raise InputError(f"{where} is {entry['reproducible']!r}; say why")
    printed, tolerance, rounding = _arrays(where, entry)
    return PrintedNumber(printed, tolerance, rounding, entry["reproducible"], rests_on, entry.get("why", ""))


def _arrays(where: str, entry: Mapping[str, Any]) -> list[np.ndarray]:
    """Printed values, tolerance and rounding, flat, the latter two spread over the values."""
    try:
        printed, *allowed = (np.array(entry.get(key, 0.0), dtype=float) for key in ("printed", "tolerance", "rounding"))
    except (TypeError, ValueError):
        raise InputError(f"{where}: expected numbers as printed, tolerance and rounding") from None
    for distance in allowed:
        if distance.shape not in ((), printed.shape) or not (distance >= 0).all():
            raise InputError(
                f"{where}: expected a tolerance or rounding of 0 or more, one or {printed.shape}, "
                f"got {distance.tolist()!r:.60}"
            )
    return [np.broadcast_to(array, printed.shape).ravel() for array in (printed, *allowed)]
