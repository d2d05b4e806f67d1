"""The options of `tfreg compare` as one record, from whose fields the command line is made.

Conventions: nothing heavy is imported here, so that `tfreg --help` answers at once.
"""

import hashlib
import inspect
import json
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, TypeVar

from typer import Option

from tfreg.cli.option_kinds import folder_path, number, whole

_PROBLEM = (
    "logistic, two_relus, wide, six_pupils, rookies, clusters; or a script with a function problem() that returns a "
    "tfreg.Problem."
)
_DO_NOT_DECIDE = ("scheduler", "figures", "runs")  # where the result is computed and saved

Record = TypeVar("Record")


@dataclass(frozen=True)
class CompareOptions:
    """The options of `tfreg compare`, as they are typed."""

    problem: Annotated[str, Option(help=_PROBLEM)] = "logistic"
    loss: Annotated[str, Option(help="bce, mse, bce_clipped, several with commas; else the problem's usual.")] = ""
    data: Annotated[
        str, Option(metavar="CSV", help="Your data, in any usual form: logistic regression of --target.")
    ] = ""
    target: Annotated[str, Option(metavar="COLUMN", help="The column of --data to predict, of two values.")] = ""
    optimizer: Annotated[str, Option(help="Names with commas, such as sgd,adam; all; my.py:Class for your own.")] = (
        "sgd,adam"
    )
    learning_rate: Annotated[str, Option(help="0.1, or a list 0.01,0.1, or LOW:HIGH:COUNT in equal ratios.")] = (
        "1e-3:1e1:9"
    )
    starts: Annotated[
        str, Option(help="grid:65x55, or grid:65x55:-10,3:-1,10, or glorot:100, or weights -3,-1;-10,-1.")
    ] = ""
    epochs: Annotated[int, whole("Passes over the data.")] = 435
    batch_size: Annotated[int | None, whole("Samples per update; all if not given.")] = None
    seeds: Annotated[int | None, whole("The number of orders of the samples; with --batch-size.")] = None
    tolerance: Annotated[
        float | None,
        number("Loss above the minimum that counts as reached; else 1 % of the way down from weights of zero."),
    ] = None
    record_every: Annotated[int, whole("Look at the loss every so many epochs.")] = 10
    trajectories: Annotated[bool, Option("--trajectories", help="Keep all recorded weights and losses.")] = False
    scheduler: Annotated[str, Option(metavar="ADDRESS", help="A Dask cluster, such as tcp://host:8786.")] = ""
    figures: Annotated[Path, folder_path("Where figures and tables go, in a folder 'compare'.")] = Path("figures")
    runs: Annotated[Path, folder_path("Where every run goes, in a folder 'compare'.")] = Path("runs")

    @property
    def name(self) -> str:
        """The name of the files: the problem, and a hash of every option and file that decides the result."""
        asked = {name: value for name, value in asdict(self).items() if name not in _DO_NOT_DECIDE}
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
        for text in (self.data, self.problem, *self.optimizer.split(",")):
            path = Path(text.partition(".py:")[0] + ".py" if ".py:" in text else text)
            digest.update(path.read_bytes() if text and path.is_file() else b"")
        return f"{Path(self.data or self.problem).stem}-{digest.hexdigest()[:8]}"

    @property
    def store(self) -> Path:
        """The folder with every run, as Zarr."""
        return self.runs / "compare" / f"{self.name}.zarr"

    def command(self) -> str:
        """The command line that has these options.

        Example:
            >>> CompareOptions(optimizer="all").command()
            'tfreg compare --optimizer all'
        """
        words = ["tfreg", "compare"]
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                words.append(f"--{field.name.replace('_', '-')}")
                words += [] if value is True else [str(value)]
        return shlex.join(words)


def with_options(record: type[Record]) -> Callable[[Callable[[Record], None]], Callable[..., None]]:
    """Turn a function of a record into a command with an option for each of the record's annotated fields.

    Example:
        >>> @app.command("compare")
        ... @with_options(CompareOptions)
        ... def compare(options: CompareOptions) -> None: ...
    """

    def decorate(function: Callable[[Record], None]) -> Callable[..., None]:
        def command(**options: object) -> None:
            function(record(**options))

        command.__doc__ = function.__doc__
        command.__signature__ = inspect.signature(record)  # type: ignore[attr-defined]
        return command

    return decorate
