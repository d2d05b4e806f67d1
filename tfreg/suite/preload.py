"""All that experiments load, to be imported once for all processes that run them.

Conventions: imported for its effect, in a process of a single thread from which others are forked. What is wrong with
this installation is said by the process that first needs it.
"""

from contextlib import suppress

from tfreg.checks.errors import InputError

with suppress(InputError, ImportError):
    import scipy.optimize  # noqa: F401

    import tfreg.comparison.compare
    import tfreg.suite.saving
    import tfreg.surfaces
    import tfreg.training.train  # noqa: F401
