"""What an experiment gives back: runs, figures, printed numbers and judged claims.

Conventions: names are short and dotted where they need parts (`mse.warm_up_loss`); the published counterpart of a
number is the entry `<experiment>.<name>` of `experiments/published.json`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from tfreg.errors import InputError

VERDICTS = ("holds", "fails", "depends")
REPRODUCIBLE = ("exact", "within rounding", "not reproducible")


@dataclass(frozen=True)
class Claim:
    """A sentence and what computation says of it.

    Attributes:
        sentence: the claim, such as "from the same start MSE fits worse than BCE".
        verdict: `holds`, `fails` or `depends`.
        evidence: the numbers that decided, in a sentence.
    """

    sentence: str
    verdict: str
    evidence: str

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise InputError(f"verdict: expected 'holds', 'fails' or 'depends', got {self.verdict!r}")


@dataclass(frozen=True, eq=False)
class Findings:
    """The result of an experiment's `main`.

    Attributes:
        summary: what was found, in a sentence or two.
        runs: runs to save, by name.
        figures: Matplotlib figures, network diagrams and animations, each with a sentence of what it shows, by name.
        tables: data frames, each with a sentence of what it shows, by name.
        numbers: named values to compare with the published ones.
        evidence: for numbers that cannot be reproduced, by name, what was computed that shows why.
        claims: judged claims.
    """

    summary: str
    runs: Mapping[str, xr.Dataset] = field(default_factory=dict)
    figures: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    tables: Mapping[str, tuple[pd.DataFrame, str]] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, eq=False)
class Comparison:
    """A printed number, or a table of them, beside the reproduced one; all arrays are flat and of one length.

    Attributes:
        name: the entry of `published.json`.
        printed: what the source printed.
        reproduced: what was computed.
        tolerance: for each value, the distance that its printed digits allow.
        rounding: for each value, the distance that rounding explains where it is larger than that.
        reproducible: `exact`, `within rounding` or `not reproducible`, as expected.
        why: the reason where the digits need not be the same.
    """

    name: str
    printed: np.ndarray
    reproduced: np.ndarray
    tolerance: np.ndarray
    rounding: np.ndarray
    reproducible: str
    why: str

    @property
    def digits_match(self) -> np.ndarray:
        """For each value, whether the printed digits came back."""
        return np.abs(self.printed - self.reproduced) <= self.tolerance

    @property
    def came_back(self) -> np.ndarray:
        """For each value, whether it came back to its digits or within the stated rounding."""
        return np.abs(self.printed - self.reproduced) <= np.maximum(self.tolerance, self.rounding)


def compare(experiment: str, numbers: Mapping[str, Any], published: Mapping[str, Any]) -> list[Comparison]:
    """The numbers that have a published counterpart, beside it.

    Raises:
        InputError: a number has another shape than its counterpart.
    """
    comparisons = []
    for name, value in numbers.items():
        entry = published.get(f"{experiment}.{name}")
        if entry is None:
            continue
        printed, reproduced = np.ravel(entry["printed"]).astype(float), np.ravel(value).astype(float)
        if printed.shape != reproduced.shape:
            raise InputError(f"{experiment}.{name}: expected {printed.size} values as published, got {reproduced.size}")
        tolerance, rounding = (
            np.broadcast_to(np.ravel(entry.get(key, 0.0)).astype(float), printed.shape)
            for key in ("tolerance", "rounding")
        )
        comparisons.append(
            Comparison(
                f"{experiment}.{name}",
                printed,
                reproduced,
                tolerance,
                rounding,
                entry["reproducible"],
                entry.get("why", ""),
            )
        )
    return comparisons


def load_published(path: Path) -> dict[str, Any]:
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
    for name, entry in entries.items():
        _check_entry(path, name, entry)
    return entries


def _check_entry(path: Path, name: str, entry: Any) -> None:
    required, optional = {"printed", "tolerance", "reproducible"}, {"why", "rounding"}
    keys = set(entry) if isinstance(entry, dict) else set()
    if missing := required - keys:
        raise InputError(f"{path}: {name} lacks {', '.join(sorted(missing))}")
    if extra := keys - required - optional:
        raise InputError(f"{path}: {name} has unknown keys {', '.join(sorted(extra))}")
    if entry["reproducible"] not in REPRODUCIBLE:
        raise InputError(f"{path}: {name}.reproducible: expected one of {REPRODUCIBLE}, got {entry['reproducible']!r}")
    try:
        printed, *allowed = (np.array(entry.get(key, 0.0), dtype=float) for key in ("printed", "tolerance", "rounding"))
    except (TypeError, ValueError):
        raise InputError(f"{path}: {name}: expected numbers as printed, tolerance and rounding") from None
    for distance in allowed:
        if distance.shape not in ((), printed.shape) or not (distance >= 0).all():
            raise InputError(
                f"{path}: {name}: expected a tolerance or rounding of 0 or more, one or {printed.shape}, "
                f"got {distance.tolist()!r:.60}"
            )
    if entry["reproducible"] != "exact" and not entry.get("why"):
        raise InputError(f"{path}: {name} is {entry['reproducible']!r}; say why")
