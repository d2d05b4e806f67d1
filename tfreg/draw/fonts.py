"""Fonts for texts whose script the font of Matplotlib lacks, such as Korean.

Conventions: texts that Matplotlib's own font can write keep it, so that figures have the same bytes on every machine.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unicodedata import name as name_of

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text

_OWN = "DejaVu Sans"
_OTHERS = (
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans KR",
    "NanumGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Source Han Sans",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)


@contextmanager
def fonts_for(figure: Figure) -> Iterator[None]:
    """Give the texts that need it a further font while a figure is drawn, and warn once of a script that none has."""
    # No mathematics, which has fonts of its own, is looked at: its commands are ASCII.
    foreign = [text for text in figure.findobj(Text) if isinstance(text, Text) and not text.get_text().isascii()]
    for text in foreign:
        missing = _lacking(_OWN, text.get_text())
        fonts = [name for name in _installed() if missing and len(_lacking(name, missing)) < len(missing)]
        for name in fonts:
            missing = _lacking(name, missing)
        if fonts:
            text.set_fontfamily([_OWN, *fonts])
        for character in missing:
            _warn_of(name_of(character, "unknown").partition(" ")[0])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        yield


def _installed() -> list[str]:
    names = {entry.name for entry in fontManager.ttflist}
    return [name for name in _OTHERS if name in names]


@cache
def _characters(family: str) -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=[family]))).get_charmap())


def _lacking(family: str, text: str) -> str:
    """The visible characters of a text that a font lacks, each once."""
    return "".join(dict.fromkeys(c for c in re.sub(r"\s", "", text) if ord(c) not in _characters(family)))


@cache  # one line for each script
def _warn_of(script: str) -> None:
    warnings.warn(
        f"no font of this machine shows {script.title()} characters; install one that does, such as Noto Sans CJK",
        stacklevel=4,
    )
