"""A user's table as data for a classifier.

Conventions: a table that is not fit is refused with the column and the remedy. What is left out, a column that counts
the rows or an empty one, and which of two values of the target counts as 1, are told in notes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tfreg.checks.errors import InputError, shown, unknown
from tfreg.cli.read_csv import read_csv
from tfreg.datasets import Dataset

_UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)?")  # what pandas calls a column without a name
_COUNTERS = {"id", "index", "idx", "row", "no", "no.", "nr", "#", "번호"}
_TRUE = {"yes", "y", "true", "t", "on", "positive", "pos", "예", "네", "참"}
_FALSE = {"no", "n", "false", "f", "off", "negative", "neg", "아니오", "아니요", "거짓"}
_DATE = re.compile(r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})\b.*")


@dataclass(frozen=True, eq=False)
class UserTable:
    """The data of a table, and what there is to say about how they were read, one sentence each."""

    dataset: Dataset
    notes: tuple[str, ...]


def read_table(path: Path, target: str) -> UserTable:
    """A CSV file as data for a classifier: the target column as 0 and 1, all others standardised.

    Raises:
        InputError: no such file or column, no rows, missing values, a column that is constant or holds no numbers, or a
            target of other than two values.
    """
    file = read_csv(path, target)
    table = file.columns
    if target not in table:
        raise unknown(f"column of {path}", target, [name for name in table if not _UNNAMED.fullmatch(name)])
    inputs, notes = _without_counters(path, table.drop(columns=target))
    if inputs.columns.empty or table.empty:
        raise InputError(
            f"{path}: expected rows with {shown(target)} and other columns, with commas, semicolons or tabs between "
            f"them, got {len(table)} rows and no more"
        )
    targets, told = _as_zeros_and_ones(path, target, table[target])
    standardised = np.column_stack([_standardised(path, name, inputs[name]) for name in inputs])
    return UserTable(Dataset(path.stem, standardised, targets), (*file.notes, *notes, *told))


def _without_counters(path: Path, inputs: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The columns but for those that are empty or count the rows, and a note on each of these."""
    notes, dropped = [], []
    for position, name in enumerate(inputs.columns, 1):
        column, unnamed = inputs[name], bool(_UNNAMED.fullmatch(name))
        shown_name = f"the column {shown(name)}" if not unnamed else "a column without a name"
        if unnamed and column.isna().all():
            dropped.append(name)
            notes.append(f"{path}: {shown_name} is empty and left out")
        elif (unnamed or _names_rows(name)) and _counts_rows(column):
            dropped.append(name)
            notes.append(f"{path}: {shown_name} counts the rows and is left out")
        elif unnamed:
            raise InputError(f"{path}: column {position} beside the target has no name; name it in the first line")
    return inputs.drop(columns=dropped), notes


def _names_rows(name: str) -> bool:
    return name.lower() in _COUNTERS or name.lower().endswith(("id", "number"))


def _counts_rows(column: pd.Series) -> bool:
    if not pd.api.types.is_numeric_dtype(column) or column.isna().any():
        return False
    values = column.to_numpy(float)
    return any(np.array_equal(values, np.arange(first, first + len(values))) for first in (0, 1))


def _as_zeros_and_ones(path: Path, target: str, column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The target, and a note on which value counts as 1 if it has others than 0 and 1."""
    _check_missing(path, target, column)
    plain = column if pd.api.types.is_numeric_dtype(column) else column.astype(str).str.strip()
    values = sorted(plain.unique().tolist())
    if len(values) == 1:
        raise InputError(f"{path}: the target {shown(target)} is always {values[0]}; there is nothing to learn")
    if len(values) > 2:
        some = ", ".join(map(str, values[:4])) + (", …" if len(values) > 4 else "")
        raise InputError(f"{path}: expected a target of two values, got {shown(target)} with the values {some}")
    other, one = values if _rank(values[0]) <= _rank(values[1]) else values[::-1]
    note = f"{path}: of the target {shown(target)}, {one} counts as 1 and {other} as 0"
    return (plain == one).to_numpy(float), [] if values in ([0, 1], [False, True]) else [note]


def _rank(value: object) -> int:
    """What means no stands before what says nothing, and that before what means yes."""
    word = str(value).lower()
    return (word in _TRUE) - (word in _FALSE)


def _standardised(path: Path, name: str, column: pd.Series) -> np.ndarray:
    """A column of numbers minus its mean, over its standard deviation."""
    _check_missing(path, name, column)
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        raise _no_numbers(path, name, column)
    values = column.to_numpy(float)
    if not np.isfinite(values).all():
        raise InputError(f"{path}: column {shown(name)} has infinite values; drop the rows")
    n_values = len(np.unique(values))
    if n_values == 1:
        raise InputError(f"{path}: column {shown(name)} is always {values[0]:g}; leave it out")
    largest = np.abs(values).max()
    # Squares beyond double precision would be infinite, or zero.
    values = values if 1e-100 < largest < 1e100 else values / largest
    standardised = (values - values.mean()) / values.std()
    n_left = len(np.unique(standardised.astype(np.float32)))
    if n_left <= n_values / 2:
        raise InputError(
            f"{path}: the {n_values} values of column {shown(name)} lie so unevenly that in float32 {n_left} are left; "
            "take their logarithm, or drop the rows far out"
        )
    return standardised


def _check_missing(path: Path, name: str, column: pd.Series) -> None:
    missing = int(column.isna().sum())
    if missing:
        raise InputError(f"{path}: column {shown(name)} has {missing} missing values; fill them in or drop the rows")


def _no_numbers(path: Path, name: str, column: pd.Series) -> InputError:
    """The error for a column of dates, or of other text, with the first cell that is no number."""
    texts = column.astype(str)
    first = next(text for text in _cells(texts))
    if _DATE.fullmatch(first):
        return InputError(
            f"{path}: column {shown(name)} holds dates, such as {shown(first)}; write them as numbers, such as days "
            "since the first"
        )
    return InputError(
        f"{path}: column {shown(name)} holds text, such as {shown(first)}; leave it out, or write it as numbers, "
        "such as a column of 0 and 1 for each kind"
    )


def _cells(texts: pd.Series) -> Sequence[str]:
    """The cells that are no numbers."""
    return texts[pd.to_numeric(texts, errors="coerce").isna()].tolist() or texts.tolist()
