"""A user's table as data for a classifier.

Conventions: a table that is not fit is refused with the column and the remedy; nothing is filled in or left out.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from tfreg.datasets import Dataset
from tfreg.errors import InputError, unknown


def read_table(path: Path, target: str) -> Dataset:
    """A CSV file as data for a classifier: the target column as 0 and 1, all others standardised.

    Raises:
        InputError: no such file or column, no rows, missing values, a column that is constant or holds no numbers, or a
            target with other values than 0 and 1.
    """
    try:
        table = pd.read_csv(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: expected a CSV file with a header, got {' '.join(str(error).split()):.80}") from None
    if target not in table:
        raise unknown(f"column of {path}", target, map(str, table.columns))
    if len(table.columns) < 2 or table.empty:
        raise InputError(
            f"{path}: expected rows with {target!r} and other columns, got {table.shape[0]} rows and no more"
        )
    _check_columns(path, table)
    values = np.sort(table[target].astype(float).unique())
    if len(values) == 1:
        raise InputError(f"{path}: the target {target!r} is always {values[0]:g}; there is nothing to learn")
    if values.tolist() != [0, 1]:
        some = ", ".join(f"{value:g}" for value in values[:4]) + (", …" if len(values) > 4 else "")
        raise InputError(f"{path}: expected a target of 0 and 1, got {target!r} with the values {some}")
    inputs = table.drop(columns=target).astype(float)
    for name in inputs:
        if inputs[name].nunique() == 1:
            raise InputError(f"{path}: column {name!r} is always {inputs[name].iloc[0]:g}; leave it out")
    standardised = (inputs - inputs.mean()) / inputs.std(ddof=0)
    return Dataset(path.stem, standardised.to_numpy(), table[target].to_numpy(float))


def _check_columns(path: Path, table: pd.DataFrame) -> None:
    for name, column in table.items():
        missing = int(column.isna().sum())
        if missing:
            raise InputError(f"{path}: column {name!r} has {missing} missing values; fill them in or drop the rows")
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            raise InputError(
                f"{path}: column {name!r} is not of numbers, such as {str(column.iloc[0])!r:.40}; leave it out"
            )
        if not np.isfinite(column.astype(float)).all():
            raise InputError(f"{path}: column {name!r} has infinite values; drop the rows")
