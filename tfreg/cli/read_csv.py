"""A CSV file as people have it, as a data frame: any usual separator, decimal comma, encoding and byte-order mark.

Conventions: what had to be guessed or left out is told in notes, one sentence each; what cannot be read is refused with
the remedy. Only text and structure are looked at here, what the columns mean is `tfreg.cli.read_table`'s.
"""

import csv
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tfreg.checks.errors import InputError, shown
from tfreg.checks.sizes import check_memory

_SEPARATORS = (",", ";", "\t", "|")
# The last one reads anything, and the one before it most of what people write in Korea.
_ENCODINGS = ("utf-8-sig", "cp949", "cp1252", "latin-1")
_DECIMAL_COMMA = r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?"
_IN_MEMORY = 10  # bytes for a byte of the file: its text, and columns of texts and of numbers


@dataclass(frozen=True, eq=False)
class Csv:
    """The columns of a file, and what there is to say about how they were read."""

    columns: pd.DataFrame
    notes: tuple[str, ...]


def read_csv(path: Path, target: str) -> Csv:
    """The columns of a CSV file; the name of one of them settles the encoding where several would do.

    Raises:
        InputError: no such file, no text, no header, columns of the same name, or rows of another length.
    """
    try:
        check_memory(f"reading {path}", path.stat().st_size * _IN_MEMORY, "take a part of its rows")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    text, encoding = _decoded(content, target)
    lines = [line for line in text.splitlines() if line.strip()]
    if "\0" in text or not lines:
        raise InputError(f"{path}: expected a CSV file with a header, got {'no text' if lines else 'an empty file'}")
    notes = [] if encoding in ("utf-8-sig", "utf-16") else [f"{path} is not in UTF-8; it was read as {encoding}"]
    if told := re.fullmatch(r"sep=(.)", lines[0].strip()):  # as Excel writes it
        separator, text = told[1], text.partition("\n")[2]
        lines = lines[1:]
    else:
        separator = _separator(lines[0], target)
    _check_names(path, _names("".join(lines[:1]), separator))
    table = _parsed(path, text, separator)
    if separator != "," and _has_decimal_commas(table):
        table = _parsed(path, text, separator, decimal=",")
        notes.append(f"{path}: the comma is read as a decimal point")
    return Csv(table, tuple(notes))


def _decoded(content: bytes, target: str) -> tuple[str, str]:
    """A text and its encoding: the first that fits and knows the target, or else the first that fits."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "utf-16"
    texts = list[tuple[str, str]]()
    for encoding in _ENCODINGS:
        try:
            texts.append((content.decode(encoding), encoding))
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8-sig":
            return texts[0]
    return next((one for one in texts if target in one[0].partition("\n")[0]), texts[0])


def _separator(header: str, target: str) -> str:
    """The one that finds the target among the names, and of these the one that finds most names."""
    found = {one: _names(header, one) for one in _SEPARATORS}
    return max(found, key=lambda one: (target in found[one], len(found[one])))


def _names(header: str, separator: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([header], delimiter=separator, skipinitialspace=True), [])]


def _check_names(path: Path, names: Sequence[str]) -> None:
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path}: two columns are called {shown(twice)}; give one of them another name")


def _parsed(path: Path, text: str, separator: str, decimal: str = ".") -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # With `index_col=False` a row that is longer than the header is no index.
            table = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                decimal=decimal,
                index_col=False,
                skipinitialspace=True,
                low_memory=False,
            )
    except pd.errors.ParserWarning:
        raise InputError(f"{path}: the rows have more columns than the header has names; name each column") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{path}: expected a CSV file with a header, got {shown(str(error))}") from None
    return table.rename(columns=lambda name: str(name).strip())


def _has_decimal_commas(table: pd.DataFrame) -> bool:
    texts = [table[name].dropna().astype(str) for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return any(len(column) and column.str.fullmatch(rf"\s*(?:{_DECIMAL_COMMA}|[+-]?\d+)\s*").all() for column in texts)
