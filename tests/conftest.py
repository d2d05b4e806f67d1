"""Fixtures that several test files share."""

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import settings

from tfreg.checks.errors import InputError

# What is tested is compiled here and now, whatever an earlier version left on disk.
os.environ["TFREG_PROGRAM_CACHE"] = "off"

# The first example may compile something, and the machine may be busy.
settings.register_profile("tfreg", deadline=None)
settings.load_profile("tfreg")


def pytest_collection_finish() -> None:
    """Keep the garbage collector from visiting all that TensorFlow's import has made, again and again."""
    gc.freeze()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name the case of a test without addresses, so that it has the same name in every process."""
    try:
        text = repr(val)
    except Exception:  # a value of the tests of what cannot be shown
        return None
    return re.sub(r" at 0x[0-9a-f]+", "", text) if " at 0x" in text else None


@pytest.fixture(autouse=True)
def compiled_anew() -> None:
    """What is tested is compiled in the test itself, not by an earlier one on a problem that is alike."""
    if programs := sys.modules.get("tfreg.problem.programs"):
        programs._kept.clear()


Refused = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def refused() -> Refused:
    """`with refused("part of the message"):` expects an `InputError` whose message is one line."""

    @contextmanager
    def expect(message: str) -> Iterator[None]:
        with pytest.raises(InputError, match=re.escape(message)) as caught:
            yield
        assert "\n" not in str(caught.value)

    return expect
