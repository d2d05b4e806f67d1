"""The record of an experiment's run, its findings and its files, to and from JSON.

Conventions: a record holds plain values only, so that reading it needs no library; paths of figures and tables are
relative to the folder of figures, `files` and `read` are absolute. A file that is no record of this form counts as no
record.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

Verdict = Literal["holds", "fails", "depends"]
Reproducible = Literal["exact", "within rounding", "not reproducible"]
RestsOn = Literal["source", "solved start", "itself"]


@dataclass(frozen=True)
class Claim:
    """A sentence, the verdict of the computation on it, and the numbers that decided."""

    sentence: str
    verdict: Verdict
    evidence: str


@dataclass(frozen=True)
class SavedFigure:
    """A figure, its caption, its files (an animation has two) and its number of panels."""

    name: str
    caption: str
    files: tuple[str, ...]
    panels: int


@dataclass(frozen=True)
class SavedTable:
    """A table, its caption and its file; cells are texts, numbers, or None for a missing value."""

    name: str
    caption: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class CheckedNumber:
    """A printed number, or a table of them, beside the reproduced one; all tuples are flat and of one length.

    Attributes:
        name: the entry of `published.json`, `<experiment>.<name>`.
        printed: the values of the source.
        reproduced: the computed values.
        tolerance: for each value, the distance that its printed digits allow.
        rounding: for each value, the distance that rounding explains where it is larger than that.
        reproducible: what is expected of the number.
        rests_on: `source` if it follows from the source alone, `solved start` if the start of its run was solved for
            from printed numbers, `itself` if a constant or a value taken from the print is compared with the print.
        why: the reason why the digits may differ, as computed by the experiment, or else as `published.json` gives it.
    """

    name: str
    printed: tuple[float, ...]
    reproduced: tuple[float, ...]
    tolerance: tuple[float, ...]
    rounding: tuple[float, ...]
    reproducible: Reproducible
    rests_on: RestsOn
    why: str

    @property
    def differences(self) -> tuple[float, ...]:
        """For each value, the distance between the printed and the reproduced one."""
        return tuple(abs(a - b) for a, b in zip(self.printed, self.reproduced, strict=True))

    @property
    def digits_match(self) -> tuple[bool, ...]:
        """For each value, True if the printed digits came back."""
        return tuple(off <= allowed for off, allowed in zip(self.differences, self.tolerance, strict=True))

    @property
    def came_back(self) -> tuple[bool, ...]:
        """For each value, True if it came back to its digits or within the stated rounding."""
        allowed = map(max, self.tolerance, self.rounding)
        return tuple(off <= limit for off, limit in zip(self.differences, allowed, strict=True))

    @property
    def expected(self) -> bool:
        """True if the number is expected to come back."""
        return self.reproducible != "not reproducible"

    @property
    def verdict(self) -> str:
        """`digits match`, `within float rounding`, `does not come back` or, where expected so, `not reproducible`."""
        if not self.expected:
            return "not reproducible"
        if all(self.digits_match):
            return "digits match"
        return "within float rounding" if all(self.came_back) else "does not come back"


@dataclass(frozen=True)
class ValuesBack:
    """Numbers of printed values: those that came back, those expected to, and the others."""

    back: int
    expected: int
    others: int

    def __str__(self) -> str:
        """A sentence without a full stop: `3 of 4 printed numbers came back; 2 others cannot`."""
        if not self.expected:
            return f"{self.others} printed numbers cannot come back"
        others = f"; {self.others} others cannot" if self.others else ""
        return f"{self.back} of {self.expected} printed numbers came back{others}"


@dataclass(frozen=True)
class ExperimentRecord:
    """One finished run of an experiment.

    Attributes:
        name: the experiment.
        group: its group, the folder of its script.
        script: the file name of its script.
        title: its title.
        when: the time of its end, in ISO format.
        seconds: its duration.
        fingerprint: a hash of everything that decides the files of the run; see `tfreg.suite.job.Job.fingerprint`.
        changed_options: the arguments of `main` that differ from the defaults.
        summary: what was found, in a sentence or two.
        figures: the figures in order.
        tables: the tables in order.
        claims: the judged claims.
        checked: the numbers that have a printed counterpart, beside it.
        numbers: all numbers that the experiment named.
        files: every file of the run except the record.
        read: the data files that the script read from its folder.
    """

    name: str
    group: str
    script: str
    title: str
    when: str
    seconds: float
    fingerprint: str
    changed_options: dict[str, Any]
    summary: str
    figures: tuple[SavedFigure, ...]
    tables: tuple[SavedTable, ...]
    claims: tuple[Claim, ...]
    checked: tuple[CheckedNumber, ...]
    numbers: dict[str, Any]
    files: tuple[str, ...]
    read: tuple[str, ...]

    def is_current(self, fingerprint: str) -> bool:
        """True if the record has this fingerprint and all its files still exist."""
        return self.fingerprint == fingerprint and all(Path(name).exists() for name in self.files)


def values_back(checked: Sequence[CheckedNumber]) -> ValuesBack:
    """The numbers of values that came back, among those expected to, and of those that cannot come back."""
    expected = [one for one in checked if one.expected]
    n_expected = sum(len(one.printed) for one in expected)
    return ValuesBack(
        sum(sum(one.came_back) for one in expected), n_expected, sum(len(one.printed) for one in checked) - n_expected
    )


def to_json(record: ExperimentRecord) -> str:
    """The record as JSON text."""
    return json.dumps(asdict(record), indent=1, ensure_ascii=False)


def from_json(text: str) -> ExperimentRecord:
    """The record that a JSON text holds.

    Raises:
        ValueError: the text is no JSON, or the JSON of something else.
    """
    return _typed(ExperimentRecord, json.loads(text))


def read_record(path: Path) -> ExperimentRecord | None:
    """The record in a file; None if there is none, or something else."""
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _typed(kind: Any, value: Any) -> Any:
    """A value read from JSON as the type that an annotation names, lists as tuples."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return tuple(value) if isinstance(value, list) else value
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        if value.keys() == {part.name for part in fields(kind)}:
            return kind(**{name: _typed(hints[name], part) for name, part in value.items()})  # type: ignore[operator]
    elif origin is tuple and isinstance(value, list):
        return tuple(_typed(parts[0], part) for part in value)
    elif kind is float and type(value) is int:
        return float(value)
    elif value in parts if origin is Literal else isinstance(value, origin or kind):
        return value
    raise ValueError(f"expected {kind}, got {value!r:.60}")
