"""The text that the commands print: a block for each experiment and claim, a line for each number.

Conventions: everything is computed from the records that runs leave, fits the width of the terminal, and can be printed
in any encoding: a character that a terminal cannot show is replaced by plain ones. Nothing heavy is imported.
"""

import codecs
import io
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tfreg.suite.record import CheckedNumber, Claim, ExperimentRecord, values_back
from tfreg.suite.scripts import Experiment

_COLOURS = {"holds": "green", "fails": "red", "depends": "yellow"}
_MARKS = {"digits match": "=", "within float rounding": "~", "does not come back": "X", "not reproducible": "-"}
_MARK_COLOURS = {"=": "green", "~": "green", "X": "red", "-": "yellow"}
_START_MARKS = {"source": "", "solved start": "s", "itself": "i"}
_PLAIN = {"–": "-", "—": "-", "−": "-", "·": "*", "×": "x", "≥": ">=", "≤": "<=", "≈": "~", "→": "->", "…": "..."}
_PLAIN |= {"‘": "'", "’": "'", "“": '"', "”": '"', "ŷ": "y^"}


def console() -> Console:
    """A console on standard output."""
    return Console(highlight=False)


def never_fail_to_print() -> None:
    """Make standard output and error replace a character that they cannot show, instead of failing."""
    codecs.register_error("tfreg.plain", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="tfreg.plain")


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(character: str) -> str:
    """The nearest ASCII: an operator's usual spelling, a letter without its accents, a Greek letter's name."""
    if character in _PLAIN:
        return _PLAIN[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK"):
        return name.split()[-1].lower()
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def listing(records: Sequence[tuple[Experiment, ExperimentRecord | None]]) -> RenderableType:
    """Name, title and time of the last run of each experiment, group by group."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("experiment", no_wrap=True)
    table.add_column("title", ratio=1)
    table.add_column("last run", no_wrap=True)
    for group, members in groupby(records, lambda one: one[0].group):
        table.add_row(f"[dim]{escape(group)}[/dim]")
        for experiment, record in members:
            when = "not yet"
            if record is not None:
                when = datetime.fromisoformat(record.when).astimezone().strftime("%Y-%m-%d %H:%M")
            table.add_row(f"  {escape(experiment.name)}", escape(experiment.title), when)
    return table


def block(record: ExperimentRecord, fresh: bool) -> RenderableType:
    """An experiment in a few lines: name and title, numbers that came back, verdicts, and the summary."""
    head = Text.assemble((record.name, "bold"), f"  {record.title}", no_wrap=True, overflow="crop")
    unchanged = [] if fresh else [Text("unchanged, not run again", "dim")]
    lines = [*unchanged, _numbers_back(record), _verdicts(record.claims), Text(record.summary)]
    return Group(head, *map(_indented, lines), "")


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2), expand=False)


def _numbers_back(record: ExperimentRecord) -> Text:
    if record.changed_options:
        return Text("printed numbers are compared with the default options only")
    if not record.checked:
        return Text("no printed numbers")
    text = Text(str(values_back(record.checked)))
    for one in record.checked:
        if one.expected and not all(one.came_back):
            text.append(f"\nnot {one.name}", "red")
    return text


def _verdicts(claims: Sequence[Claim]) -> Text:
    if not claims:
        return Text("no claims")
    text = Text("claims: ")
    for verdict, colour in _COLOURS.items():
        count = sum(claim.verdict == verdict for claim in claims)
        text.append(", " if text.plain[-2] != ":" else "").append(f"{verdict} {count}", colour if count else "")
    return text


def numbers(checked: Sequence[CheckedNumber], missing: Sequence[str], width: int) -> RenderableType:
    """A line for each number, then the meaning of the marks, the reasons with their numbers, and the totals."""
    names = [*(one.name for one in checked), *missing]
    # Between the columns one space each; five columns beside the two of values.
    room = width - max(map(len, names), default=0) - 3 - 2 - 4
    n_characters = max(6, min(14, room // 2))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    reproduced = "reproduced" if n_characters >= 10 else "ours"
    for title in ("number", "", "printed", reproduced, ""):
        table.add_column(title, no_wrap=True, justify="right" if title not in ("number", "") else "left")
    table.columns[1].justify = "right"
    for one in checked:
        table.add_row(*_number_row(one, n_characters))
    for name in missing:
        table.add_row(name, "", "", "none"[:n_characters], "[red]X[/red]")
    marks = (
        "= digits match, ~ within float rounding, X does not come back, - cannot come back; "
        "s: the start was solved for, i: compared with itself. Of several values the number and the first are shown, "
        "or the first that does not come back."
    )
    lost = [f"No experiment gives {name}." for name in missing]
    return Group(table, "", Text(marks, "dim"), "", *_reasons(checked), *map(Text, lost), Text(sums(checked)))


def _number_row(one: CheckedNumber, n_characters: int) -> tuple[str, ...]:
    shown = next((i for i, back in enumerate(one.came_back) if one.expected and not back), 0)
    mark = _MARKS[one.verdict]
    values = (_short(values[shown], n_characters) for values in (one.printed, one.reproduced))
    count = str(len(one.printed)) if len(one.printed) > 1 else ""
    coloured = f"[{_MARK_COLOURS[mark]}]{mark}[/]{_START_MARKS[one.rests_on]}"
    return (one.name, count, *values, coloured)


def _short(value: float, n_characters: int) -> str:
    """A number with as many digits as fit."""
    texts = (f"{value:.{digits}g}" for digits in range(12, 0, -1))
    return next((text for text in texts if len(text) <= n_characters), f"{value:.0e}")


def _reasons(checked: Iterable[CheckedNumber]) -> list[RenderableType]:
    names: dict[str, list[str]] = {}
    for one in checked:
        if one.why:
            names.setdefault(one.why, []).append(one.name)
    parts: list[RenderableType] = []
    for reason, belongs in names.items():
        parts += [Text(", ".join(belongs), "bold"), _indented(Text(reason)), ""]
    return parts


def sums(checked: Sequence[CheckedNumber]) -> str:
    """The number of values that came back, by what they rest on."""
    total = values_back(checked)
    back = {kind: values_back([one for one in checked if one.rests_on == kind]).back for kind in _START_MARKS}
    return (
        f"{total.back} of {total.expected} values came back: {back['source']} follow from the source alone, "
        f"{back['solved start']} rest on a start that was solved for, {back['itself']} are compared with themselves. "
        f"{total.others} others cannot come back."
    )


def claims(records: Sequence[ExperimentRecord]) -> RenderableType:
    """A block for each claim: verdict, sentence and evidence at full width; then the number of each verdict."""
    parts: list[RenderableType] = []
    for record in records:
        for claim in record.claims:
            parts += [
                Text.assemble((claim.verdict, _COLOURS[claim.verdict]), "  ", (record.name, "bold")),
                _indented(Text(claim.sentence)),
                _indented(Text(claim.evidence, "dim")),
                "",
            ]
    return Group(*parts, _verdicts([claim for record in records for claim in record.claims]))
