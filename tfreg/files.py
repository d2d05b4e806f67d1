"""Runs to and from disk: one NetCDF file a run, written whole or not at all.

Conventions: files are NetCDF-4 (h5netcdf), so plain `xarray.open_dataset` opens them too. A file is written under a
temporary name in the same folder and renamed when it is complete; a program that is killed leaves no half file that
carries the real name. Behind the NetCDF, where all readers look for nothing, stands a checksum of the whole, so that a
damaged file is seen before it is read; a program that changes the file removes it.
"""

import os
import tempfile
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from tfreg.checks.errors import InputError, shown
from tfreg.checks.kinds import FilePath, checked

RUN_FORMAT = "tfreg-run-1"
COMPARISON_FORMAT = "tfreg-comparison-1"

# Names that mean something to NetCDF, HDF5 or xarray, which take them away or change the values by them.
_NOT_ATTRIBUTES = {
    *("_FillValue", "missing_value", "scale_factor", "add_offset", "coordinates", "calendar", "_Unsigned"),
    *("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_NCProperties"),
    *("DIMENSION_LABELS", "_nc3_strict"),
}
_NUMBERS = {"float32", "float64", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}


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
        InputError: an attribute that NetCDF does not know (it knows numbers, texts and lists of them) or whose name it
            keeps for itself, or a folder that cannot be written to.
    """
    # First to memory: on a full disk HDF5 prints pages, and may take the process down.
    try:
        content = _as_netcdf(_with_plain_attributes(run))
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"run: expected variables of numbers or of texts, as NetCDF keeps them; {error}") from None
    write_whole(Path(path), lambda temporary: temporary.write_bytes(content + _seal(content)))


def _as_netcdf(run: xr.Dataset) -> bytes:
    """The content of a file; arrays of numbers have checksums of their own, for other readers."""
    arrays = {
        name: {"fletcher32": True} for name, one in run.variables.items() if one.size and one.dtype.kind in "biuf"
    }
    return bytes(run.to_netcdf(engine="h5netcdf", encoding={name: arrays[name] for name in arrays if run[name].ndim}))


def _seal(content: bytes) -> bytes:
    """The last line of a file, after the NetCDF."""
    return b"\ntfreg crc32 %08x\n" % zlib.crc32(content)


_SEAL_LENGTH = len(_seal(b""))


def _is_damaged(content: bytes) -> bool:
    """True if a file ends with a checksum, and with another one than that of its content."""
    seal = content[-_SEAL_LENGTH:]
    return seal.startswith(_seal(b"")[:-9]) and seal != _seal(content[:-_SEAL_LENGTH])


def _with_plain_attributes(run: xr.Dataset) -> xr.Dataset:
    """The same run, its attributes and those of its variables as they are written."""
    plain = run.assign_attrs({name: _plain(name, value) for name, value in run.attrs.items()})
    for variable in plain.variables.values():
        variable.attrs = {name: _plain(name, value) for name, value in variable.attrs.items()}
    return plain


def _plain(name: object, value: object) -> object:
    """An attribute as NetCDF keeps it: a text, a number, or a list of either."""
    kept = isinstance(name, str) and name and _is_text(name) and name not in _NOT_ATTRIBUTES and len(name) <= 255
    if not kept or (name == "units" and " since " in str(value)):
        raise InputError(f"attribute {shown(name)}: expected a name that NetCDF leaves to its users; choose another")
    if isinstance(value, str) and _is_text(value):
        return str(value)
    in_a_row = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)
    parts = list(value) if in_a_row else [value]  # type: ignore[call-overload]
    if parts and all(isinstance(part, str) and _is_text(part) for part in parts):
        return [str(part) for part in parts]
    numbers = all(isinstance(part, int | float | np.number) and not isinstance(part, bool) for part in parts)
    if numbers and np.asarray(value).dtype.name in _NUMBERS:
        return value
    raise InputError(
        f"attribute {name!r}: expected a number, a text or a list of them, as NetCDF keeps, got {shown(value)}; "
        "make it a text"
    )


def _is_text(text: str) -> bool:
    """True for what UTF-8 and C, which ends a text at NUL, can hold."""
    return "\0" not in text and text.encode(errors="ignore").decode() == text


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
        damaged = _is_damaged(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    if damaged:
        raise InputError(f"cannot read {path} as NetCDF: it is damaged, its checksum says; copy or compute it again")
    try:
        with warnings.catch_warnings(action="ignore"):
            run = xr.load_dataset(path, engine="h5netcdf")
    except Exception as error:  # h5py, h5netcdf and xarray each raise their own for a damaged file
        raise InputError(
            f"cannot read {path} as NetCDF ({type(error).__name__}); it is damaged or of another kind"
        ) from None
    if run.attrs.get("format") not in (RUN_FORMAT, COMPARISON_FORMAT):
        raise InputError(f"{path} is no run of tfreg: expected format {RUN_FORMAT!r}, got {run.attrs.get('format')!r}")
    return run
