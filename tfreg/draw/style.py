"""The style of each series by its label: one for each concept (loss, optimizer, data), a palette for the rest.

Conventions: widths of lines are in points. Colours follow Okabe and Ito (2008), whose palette colour-blind readers can
tell apart. A concept has one colour in every figure.
"""

import colorsys
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from matplotlib.colors import is_color_like, to_hex

from tfreg.checks.errors import InputError, shown
from tfreg.checks.kinds import checked, worded

PALETTE = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#0072B2", "#D55E00")


@checked
@dataclass(frozen=True)
class Style:
    """The look of a series: its colour, line, marker, and the width of its line.

    Attributes:
        colour: any colour that Matplotlib accepts.
        line: "-", "--", ":" or "-."; "" for none.
        marker: of single points, as in Matplotlib.
        width: of the line, in points; None for the figure's own.

    Example:
        >>> draw.data(dataset, {"before": fit}, styles={"before": draw.Style("#999999", line=":")})
    """

    colour: str
    line: str = "-"
    marker: str = "o"
    width: float | None = None


DATA, TRUTH = Style("#7F7F7F"), Style("#000000", "--")
MINIMUM, TRUE_WEIGHTS = Style("#000000", marker="X"), Style("#D7191C", marker="*")
MARKED = {"minimum": MINIMUM, "true weights": TRUE_WEIGHTS}
RIGHT, WRONG, UNDECIDED = Style("#00543D"), Style("#D6246E"), Style("#222222")
NOT_REACHED, DIVERGED = Style("#BDBDBD"), Style("#8B1A1A", marker="x")
CLASSES = (Style("#E69F00"), Style("#56B4E9", marker="s"))
STATES = {"carried over": Style("#CC79A7"), "fresh": Style("#009E73")}

LOSSES = {"bce": Style("#0072B2"), "mse": Style("#D55E00")}

# Families share a hue: plain steps are green, Adam and its kin blue, adaptive rates orange, the others purple.
OPTIMIZERS = {
    "sgd": Style("#117733"),
    "momentum": Style("#009E73"),
    "nesterov": Style("#7BC8A4"),
    "adam": Style("#0072B2"),
    "amsgrad": Style("#56B4E9"),
    "adamw": Style("#332288"),
    "adamax": Style("#88CCEE"),
    "nadam": Style("#6A8FD8"),
    "schedulefreeadamw": Style("#44AA99"),
    "rmsprop": Style("#D55E00"),
    "adagrad": Style("#E69F00"),
    "adadelta": Style("#DDCC77"),
    "adafactor": Style("#CC6677"),
    "ftrl": Style("#999933"),
    "lion": Style("#882255"),
    "lamb": Style("#CC79A7"),
    "muon": Style("#AA4499"),
}
_NAMED = OPTIMIZERS | LOSSES


_GIVEN = dict[str, Style]
Styles = Annotated[
    Mapping[str, Style],
    worded('draw.Style by name, such as {"adam:0.1": draw.Style("#0072B2")}', _GIVEN),
]


def styles_for(labels: Iterable[str], styles: Mapping[str, Style] | None = None) -> dict[str, Style]:
    """Return a style for each label, no two of the same colour unless the caller gave them.

    A label has the style given for it. Without one, a label that is the name of a loss or optimizer, in any case and up
    to a colon or comma ("BCE", "adam:0.1"), has the style of that, unless another label has its colour. All other
    labels have the next of the palette.

    Example:
        >>> [style.colour for style in styles_for(["BCE", "MSE", "BCE fit"]).values()]
        ['#0072B2', '#D55E00', '#009E73']
    """
    check_styles(styles)
    labels = list(dict.fromkeys(labels))
    chosen = {label: style for label, style in (styles or {}).items() if label in labels}
    taken = {to_hex(style.colour) for style in chosen.values()}
    # All names first: an earlier label without a name would take their colours from the palette.
    for label in labels:
        style = _NAMED.get(re.split("[:,]", label)[0].lower())
        if label not in chosen and style is not None and to_hex(style.colour) not in taken:
            chosen[label] = style
            taken.add(to_hex(style.colour))
    spare = (style for style in _spare() if to_hex(style.colour) not in taken)
    return {label: chosen.get(label) or next(spare) for label in labels}


def check_styles(styles: object) -> None:
    """Check styles that a figure was given.

    Raises:
        InputError: no mapping, something else than a `Style` in it, or no colour.
    """
    expected = 'styles: expected draw.Style by name, such as {"adam:0.1": draw.Style("#0072B2")}'
    if styles is not None and not isinstance(styles, Mapping):
        raise InputError(f"{expected}; got {shown(styles)}")
    for name, style in (styles or {}).items():
        if not isinstance(style, Style) or not is_color_like(style.colour):
            raise InputError(f"{expected}; got {shown(style)} for {shown(name)}")


def _spare() -> Iterator[Style]:
    """Endless different styles: the palette, then the optimizers' colours, then hues a golden section apart."""
    seen = set(PALETTE)
    yield from map(Style, PALETTE)
    for style in OPTIMIZERS.values():
        if style.colour not in seen:
            seen.add(style.colour)
            yield style
    number = 0
    while True:
        yield Style(to_hex(colorsys.hsv_to_rgb(0.618034 * number % 1, 0.8, 0.5 + 0.4 * (number % 2))))
        number += 1
