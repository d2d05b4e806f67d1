import numpy as np
import pandas as pd
import pytest

from tfreg.checks.errors import InputError, one_line, shown
from tfreg.checks.values import check_number, check_path, check_seed


def test_a_message_is_one_line_and_endless_names_are_cut() -> None:
    message = str(InputError("unknown\n  name " + "x" * 5000 + "\n\tchoose"))
    assert "\n" not in message and "\t" not in message and message.endswith("choose") and len(message) < 400
    assert one_line("short and whole") == "short and whole"


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": range(99)}),
        np.eye(50),
        "x" * 5000,
        pytest.param(10**5000, id="huge"),
        Unprintable(),
        "a\nb",
        print,
        int,
        [1] * 99,
    ],
)
def test_any_value_is_shown_short_and_on_one_line(value: object) -> None:
    assert "\n" not in shown(value) and 0 < len(shown(value)) <= 60


@pytest.mark.parametrize("value", [True, 1j, "3", None, np.nan, np.inf, 10**400, [1.0], -0.1])
def test_what_is_no_finite_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(InputError, match=r"^margin: expected a finite number of 0 or more, got "):
        check_number("margin", value, least=0)


@pytest.mark.parametrize("value", [b"runs", None, 3, "", "a\0b", ["a"]])
def test_what_is_no_path_is_refused_by_name(value: object) -> None:
    with pytest.raises(InputError, match=r"^store: expected a path"):
        check_path("store", value)


@pytest.mark.parametrize("value", [-1, 2**63, 1.0, True, None, "1"])
def test_what_is_no_seed_is_refused_by_name(value: object) -> None:
    with pytest.raises(InputError, match=r"^seed: expected a whole number"):
        check_seed("seed", value)
