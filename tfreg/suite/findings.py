"""The findings of an experiment: runs, figures, tables, printed numbers and judged claims, named one by one.

Conventions: names are short and dotted where they need parts (`mse.warm_up_loss`); they become parts of file names. The
printed counterpart of a number is the entry `<experiment>.<name>` of `experiments/published.json`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tfreg.checks.errors import InputError, shown
from tfreg.checks.kinds import checked
from tfreg.suite.record import Claim, Verdict

if TYPE_CHECKING:
    import pandas
    import xarray

_NAME = re.compile(r"\w[\w.\-]*")


@dataclass(frozen=True, eq=False)
class Captioned:
    """A figure or a table, and a sentence that describes it."""

    content: Any
    caption: str


@dataclass(frozen=True, eq=False)
class Number:
    """Computed values, and the computed reason if they cannot come back exactly."""

    values: np.ndarray
    because: str = ""


@checked
class Findings:
    """The result of an experiment's `main`, built up where each thing is known.

    Args:
        summary: the result, in a sentence or two.

    Example:
        >>> found = Findings("Half of the starts arrive.")
        >>> found.number("share", 0.5)
        >>> found.claim("most starts arrive", holds=0.5 > 0.5, because="0.5 of them do")
        >>> found.claims[0].verdict
        'fails'
    """

    def __init__(self, summary: str) -> None:
        self.summary = _text("the summary", summary)
        self.runs: dict[str, xarray.Dataset] = {}
        self.figures: dict[str, Captioned] = {}
        self.tables: dict[str, Captioned] = {}
        self.numbers: dict[str, Number] = {}
        self.claims: list[Claim] = []

    @checked
    def run(self, name: str, run: "xarray.Dataset") -> None:
        """Save a run under this name.

        Raises:
            InputError: no `xarray.Dataset`, or a name that was used before.
        """
        _check_name("run", name, self.runs)
        self.runs[name] = run

    @checked
    def figure(self, name: str, figure: Any, caption: str) -> None:
        """Show a figure, a network diagram or an animation, with a sentence that describes it.

        Raises:
            InputError: nothing that can be drawn, or a name that was used before.
        """
        from tfreg.suite.drawings import is_drawing

        _check_name("figure", name, self.figures)
        if not is_drawing(figure):
            raise InputError(
                f"figure {name!r}: expected a Matplotlib figure, a network diagram or an animation, "
                f"got {type(figure).__name__}"
            )
        self.figures[name] = Captioned(figure, _text(f"the caption of figure {name!r}", caption))

    @checked
    def table(self, name: str, table: "pandas.DataFrame", caption: str) -> None:
        """Show a data frame, with a sentence that describes it.

        Raises:
            InputError: no `pandas.DataFrame`, or a name that was used before.
        """
        _check_name("table", name, self.tables)
        self.tables[name] = Captioned(table, _text(f"the caption of table {name!r}", caption))

    @checked
    def number(self, name: str, values: Any, *, because: str = "") -> None:
        """Name a number, or an array of them; it is compared with the printed one of that name.

        Args:
            name: the part of the entry in `published.json` after the experiment's name.
            values: numbers of any shape.
            because: the computed evidence, for a number that cannot come back exactly.

        Raises:
            InputError: no numbers, or a name that was used before.
        """
        _check_name("number", name, self.numbers)
        try:
            array = np.asarray(values)
        except (ValueError, TypeError):  # rows of different lengths, or a labelled array of several variables
            array = np.asarray(None)
        if array.dtype.kind not in "biuf":
            raise InputError(f"number {name!r}: expected numbers, got {shown(values)}")
        self.numbers[name] = Number(array, _text(f"because of number {name!r}", because, empty=True))

    @checked
    def claim(self, sentence: str, *, holds: ArrayLike | Literal["depends"], because: str) -> None:
        """Judge a claim.

        Args:
            sentence: the claim, such as "from the same start MSE fits worse than BCE".
            holds: True, False (also as an array without axes, as comparing values of a run gives), or "depends".
            because: the numbers that decided, in a sentence.

        Raises:
            InputError: another verdict, or a claim that was judged before.
        """
        verdict = _verdict(holds)
        if verdict is None:
            raise InputError(f"claim {shown(sentence)}: expected holds=True, False or 'depends', got {shown(holds)}")
        if sentence in (claim.sentence for claim in self.claims):
            raise InputError(f"claim {shown(sentence)} is judged twice; judge it once, with all its evidence")
        because = _text(f"because of claim {shown(sentence)}", because)
        self.claims.append(Claim(_text("the sentence of a claim", sentence), verdict, because))

    def _repr_html_(self) -> str:
        """The findings as HTML, for a notebook."""
        from tfreg.suite.notebook import as_html

        return as_html(self.summary, self.figures.values(), self.tables.values(), self.claims)


def _check_name(kind: str, name: Any, used: Mapping[str, object]) -> None:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise InputError(f"name of a {kind}: expected letters, digits, '_', '-' and '.', got {shown(name)}")
    if name in used:
        raise InputError(f"two {kind}s are called {name!r}; choose another name for one of them")


def _verdict(holds: object) -> Verdict | None:
    """The verdict for a truth value, or None for anything else."""
    if isinstance(holds, str):
        return "depends" if holds == "depends" else None
    try:
        truth = np.asarray(holds)
    except (ValueError, TypeError):
        return None
    if truth.shape != () or truth.dtype != bool:
        return None
    return "holds" if truth else "fails"


def _text(what: str, text: Any, empty: bool = False) -> str:
    if not isinstance(text, str) or not (text.strip() or empty):
        raise InputError(f"{what}: expected a sentence, got {shown(text)}")
    return text
