"""Numbers from texts that people type, in plain decimal digits and finite.

Conventions: Python reads more than that, such as `nan`, `1_0` or the digits of other scripts; here it is a mistake, as
are numbers beyond the range of double precision. The caller's message says what was expected.
"""

import math
import re

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def whole_number(text: str) -> int:
    """A whole number.

    Raises:
        ValueError: the text is something else, or has more than 18 digits.

    Example:
        >>> whole_number(" 435")
        435
    """
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError(f"no whole number: {text!r}")
    return int(text)


def finite_number(text: str) -> float:
    """A finite number.

    Raises:
        ValueError: the text is something else, or a number too large or too small for double precision.

    Example:
        >>> finite_number("5e-2")
        0.05
    """
    number = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
    if not math.isfinite(number) or (number == 0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        raise ValueError(f"no finite number: {text!r}")
    return number
