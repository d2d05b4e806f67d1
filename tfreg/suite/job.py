"""A run of an experiment: its options, the folders of its files, and the hash by which a finished one is recognised."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tfreg.suite.record import ExperimentRecord, read_record
from tfreg.suite.scripts import PACKAGE, Experiment, modules_beside, published_path


@dataclass(frozen=True)
class Job:
    """An experiment to run.

    Attributes:
        experiment: the script.
        options: arguments of its `main` that differ from the defaults, by name.
        figures: folder for figures.
        runs: folder for runs and the record.
        quick: draw small pictures.
    """

    experiment: Experiment
    options: dict[str, Any] = field(default_factory=dict)
    figures: Path = Path("figures")
    runs: Path = Path("runs")
    quick: bool = False

    @property
    def record_path(self) -> Path:
        """The file of the record."""
        return self.experiment.record_path(self.runs)

    def fingerprint(self, read: Sequence[str] = ()) -> str:
        """A hash of everything that decides the files of the run.

        It covers the script, the modules beside it, the files that it has `read`, the package, the printed numbers,
        the options and the files that they name, the versions, the folder of figures and the size of the pictures.
        Other scripts do not count, since no script imports another.
        """
        script = self.experiment.path
        files = [script, *modules_beside(script), *sorted(PACKAGE.rglob("*.py")), published_path(self.experiment)]
        files += [Path(value) for value in self.options.values() if isinstance(value, str)]
        files += [Path(name) for name in read]
        digest = hashlib.sha256()
        for path in files:
            digest.update(path.read_bytes() if path.is_file() else b"missing")
        versions = [version(name) for name in ("tensorflow", "keras", "numpy", "matplotlib")]
        rest = [sorted(self.options.items()), versions, str(self.figures.resolve()), self.quick]
        digest.update(json.dumps(rest).encode())
        return digest.hexdigest()

    def done(self, since: float = 0.0) -> ExperimentRecord | None:
        """The record of a run with the same fingerprint and all its files, made after a time; None if there is none."""
        path = self.record_path
        record = read_record(path) if path.is_file() and path.stat().st_mtime >= since else None
        return record if record is not None and record.is_current(self.fingerprint(record.read)) else None
