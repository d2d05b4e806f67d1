"""Runs to and from disk: one NetCDF file a run, written whole or not at all.

Conventions: files are NetCDF-4 (h5netcdf), so plain `xarray.open_dataset` opens them too. A file is written under a
temporary name in the same folder and renamed when it is complete; a program that is killed leaves no half file that
carries the real name.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from tfreg.errors import InputError
from tfreg.kinds import FilePath, checked

RUN_FORMAT = "tfreg-run-1"
COMPARISON_FORMAT = "tfreg-comparison-1"


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then give it its name in one step.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise InputError(f"cannot write to {path.parent}: {error.strerror}; choose another folder") from None
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; free some space or choose another folder"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


@checked
def save_run(run: xr.Dataset, path: FilePath) -> None:
    """Save a run, or a comparison, as NetCDF.

    Raises:
        InputError: an attribute that NetCDF does not know (it knows numbers, texts and arrays of them), or a folder
            that cannot be written to.
    """
    for name, value in run.attrs.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float | np.number | np.ndarray | list | tuple):
            raise InputError(
                f"attribute {name!r}: expected a number, a text or a list of them, as NetCDF keeps, "
                f"got {value!r:.60}; make it a text"
            )
    write_whole(Path(path), lambda temporary: run.to_netcdf(temporary, engine="h5netcdf"))


@checked
def open_run(path: FilePath) -> xr.Dataset:
    """A run, or a comparison, from its file, wholly in memory.

    Raises:
        InputError: the file is missing, is no NetCDF file or a damaged one, or was not written by `save_run`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no such run: {path}; expected a NetCDF file that tfreg wrote")
    try:
        run = xr.load_dataset(path, engine="h5netcdf")
    except Exception as error:  # h5py, h5netcdf and xarray each raise their own for a damaged file
        raise InputError(
            f"cannot read {path} as NetCDF ({type(error).__name__}); it is damaged or of another kind"
        ) from None
    if run.attrs.get("format") not in (RUN_FORMAT, COMPARISON_FORMAT):
        raise InputError(f"{path} is no run of tfreg: expected format {RUN_FORMAT!r}, got {run.attrs.get('format')!r}")
    return run
