"""The results of a comparison as they come: a Zarr group, in memory or on disk, with a flag for each finished chunk.

Conventions: every array is laid out and cut as the grid of runs is, so that a chunk is one file of each array. The file
that marks a chunk as done is written after its results. Zarr gives files their names when they are complete, so after a
crash, a kill or a full disk each chunk is complete or missing, and only the missing ones are computed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.storage import LocalStore, MemoryStore

from tfreg.comparison.run_grid import STATUS, Chunk, RunGrid
from tfreg.errors import InputError
from tfreg.files import COMPARISON_FORMAT

_DONE = "done"  # a flag for each chunk
_MISSING = -1  # as a status
_BY_PROBLEM = ("minimum", "tolerance")  # found while the comparison runs, each in a separate file
_ORDER = ["reached", "status", "epochs_to_tolerance", "final_loss", "final_weights", "loss", "weights"]
_ORDER += ["minimum", "tolerance", "loss_source", "dataset", "optimizer_config"]
_FLAGS = {"flag_values": [*range(len(STATUS)), _MISSING], "flag_meanings": " ".join([*STATUS, "missing"])}
_FILL = {"int8": _MISSING, "bool": False}
Store = LocalStore | MemoryStore


def open_store(path: Path | None, grid: RunGrid, labels: xr.Dataset) -> zarr.Group:
    """The group at `path`, or in memory without one: that of an earlier call, or a new one.

    Calls are the same if the attribute `fingerprint` of their labels is.

    Raises:
        InputError: the path holds something else, or cannot be written to.
    """
    if path is None:
        return _lay_out(MemoryStore(), grid, labels)
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            return _existing(path, labels.attrs["fingerprint"])
        path.mkdir(parents=True, exist_ok=True)
        # Laid out elsewhere first: a group that is there is complete.
        draft = path.with_name(f".{path.name}.draft")
        _remove(draft)
        _lay_out(LocalStore(draft), grid, labels)
        draft.replace(path)
        return zarr.open_group(path, mode="r+")
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path | None, error: OSError) -> InputError:
    """The error for a store whose disk is full, or whose folder is not the user's."""
    return InputError(
        f"cannot write to {path}: {error.strerror or error}; what is finished is kept: make room or choose another "
        "folder, and rerun the same command"
    )


def _existing(path: Path, fingerprint: str) -> zarr.Group:
    try:
        group = zarr.open_group(path, mode="r+")
        held = group.attrs["fingerprint"]
    except (OSError, KeyError, ValueError, TypeError):
        raise InputError(f"{path} is no comparison of tfreg; choose another folder") from None
    if held != fingerprint:
        raise InputError(
            f"{path} holds another comparison (other problems, options or versions); delete it or choose another folder"
        )
    for partial in path.rglob("*.partial"):  # of a process that was killed while it wrote
        partial.unlink()
    return group


def _remove(folder: Path) -> None:
    if folder.exists():
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


@dataclass(frozen=True)
class _Results:
    """An array over the grid of runs: its type, the dimensions behind those of the grid, and its attributes."""

    dtype: str
    dimensions: tuple[str, ...]
    attributes: Mapping[str, Any]


def _results(grid: RunGrid) -> dict[str, _Results]:
    dtype = grid.first_problem.dtype
    arrays = {
        "final_loss": _Results(dtype, (), {}),
        "final_weights": _Results(dtype, ("weight",), {}),
        "epochs_to_tolerance": _Results("float32", (), {"long_name": "epochs to tolerance"}),
        "status": _Results("int8", (), _FLAGS),
        "reached": _Results("bool", (), {}),
    }
    if grid.schedule.trajectories:
        arrays["loss"] = _Results(dtype, ("epoch",), {})
        arrays["weights"] = _Results(dtype, ("epoch", "weight"), {})
    return arrays


def _lay_out(store: Store, grid: RunGrid, labels: xr.Dataset) -> zarr.Group:
    group = zarr.create_group(store, attributes={"format": COMPARISON_FORMAT, **labels.attrs})
    _write_labels(group, labels)
    for name, results in _results(grid).items():
        tail = tuple(labels.sizes[dimension] for dimension in results.dimensions)
        group.create_array(
            name,
            shape=(*grid.sizes.values(), *tail),
            chunks=(*grid.box.values(), *tail),
            dtype=results.dtype,
            fill_value=_FILL.get(results.dtype, np.nan),
            dimension_names=(*grid.sizes, *results.dimensions),
            attributes=dict(results.attributes),
        )
    group.create_array(
        _DONE, shape=(grid.n_chunks,), chunks=(1,), dtype="bool", fill_value=False, dimension_names=("chunk",)
    )
    return group


def _write_labels(group: zarr.Group, labels: xr.Dataset) -> None:
    for name, variable in labels.variables.items():
        values = np.asarray(variable.values)
        array = group.create_array(
            str(name),
            shape=values.shape,
            chunks=(1,) if name in _BY_PROBLEM else "auto",
            dtype=str if values.dtype.kind in "OUT" else values.dtype,
            dimension_names=tuple(map(str, variable.dims)),
            attributes=dict(variable.attrs),
        )
        array[...] = values
    # By this attribute xarray recognises coordinates; sorted, so that the same comparison has the same bytes.
    group.attrs["coordinates"] = " ".join(sorted(map(str, set(labels.coords) - set(labels.dims))))


def done_chunks(group: zarr.Group) -> np.ndarray:
    """A flag for each chunk, True if its results are there, (n_chunks,)."""
    return np.asarray(_array(group, _DONE)[:])


def progress_of(path: Path) -> tuple[int, int]:
    """The number of finished chunks of the comparison at `path`, and of all its chunks; 0, 0 without one."""
    if not path.exists():
        return 0, 0
    done = done_chunks(zarr.open_group(path, mode="r"))
    return int(done.sum()), len(done)


def read_target(group: zarr.Group, number: int) -> tuple[float, float]:
    """The minimum and the tolerance of the problem with this number, each NaN if not known."""
    minimum, tolerance = (float(np.asarray(_array(group, name)[number])) for name in _BY_PROBLEM)
    return minimum, tolerance


def write_target(group: zarr.Group, number: int, minimum: float, tolerance: float) -> None:
    """Keep the minimum and the tolerance of a problem, so that they stay the same when the comparison is resumed."""
    _array(group, "tolerance")[number] = tolerance
    _array(group, "minimum")[number] = minimum


def write(group: zarr.Group, chunk: Chunk, values: Mapping[str, np.ndarray]) -> None:
    """Save a chunk's results, and then the flag that it is done."""
    for name, rows in values.items():
        _array(group, name)[tuple(chunk.region.values())] = rows.reshape(*chunk.shape, *rows.shape[1:])
    _array(group, _DONE)[chunk.number] = True


def _array(group: zarr.Group, name: str) -> zarr.Array:
    array = group[name]
    assert isinstance(array, zarr.Array)
    return array


def open_result(group: zarr.Group) -> xr.Dataset:
    """The comparison that the group holds; its arrays are read when they are used."""
    result = xr.open_zarr(group.store, chunks=None, consolidated=False).drop_vars(_DONE)
    result = result[[name for name in _ORDER if name in result]]
    # Text as NetCDF and figures take it.
    texts = {name: values.astype(object) for name, values in result.variables.items() if values.dtype.kind == "T"}
    coordinates = {name: texts.pop(name) for name in list(texts) if name in result.coords}
    return result.assign(texts).assign_coords(coordinates)
