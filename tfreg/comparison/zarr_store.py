"""The results of a comparison as they come: a Zarr group, in memory or on disk, that knows which chunks it holds.

Conventions: every array is laid out and cut as the plan's grid is, so that a chunk is one file of each array. The file
that says a chunk is there is written after its results. Zarr gives files their names when they are complete; so after
a crash, a kill or a full disk each chunk is there wholly or missing, and only what is missing is computed again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.storage import LocalStore, MemoryStore

from tfreg.comparison.run_grid import STATUS, Chunk, Plan
from tfreg.errors import InputError
from tfreg.files import COMPARISON_FORMAT

_DONE = "done"  # a flag for each chunk
_MISSING = -1  # as a status
Store = LocalStore | MemoryStore


def open_store(
    path: Path | None, plan: Plan, coordinates: xr.Dataset, dtype: str, attributes: Mapping[str, Any]
) -> zarr.Group:
    """The group at `path`, or in memory without one: that of an earlier call, or a new one.

    Which calls are the same is decided by the attribute `fingerprint`.

    Raises:
        InputError: the path holds something else, or cannot be written to.
    """
    if path is None:
        return _lay_out(MemoryStore(), plan, coordinates, dtype, attributes)
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            return _existing(path, attributes["fingerprint"])
        path.mkdir(parents=True, exist_ok=True)
        # Laid out elsewhere first: a group that is there is complete.
        draft = path.with_name(f".{path.name}.draft")
        _remove(draft)
        _lay_out(LocalStore(draft), plan, coordinates, dtype, attributes)
        draft.replace(path)
        return zarr.open_group(path, mode="r+")
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path | None, error: OSError) -> InputError:
    """The error for a store whose disk is full, or whose folder is not the user's."""
    return InputError(
        f"cannot write to {path}: {error.strerror or error}; what is finished is kept: make room or choose another "
        "folder, and give the same command again"
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


def _lay_out(
    store: Store, plan: Plan, coordinates: xr.Dataset, dtype: str, attributes: Mapping[str, Any]
) -> zarr.Group:
    group = zarr.create_group(store, attributes={"format": COMPARISON_FORMAT, **attributes})
    for name, variable in coordinates.variables.items():
        values = np.asarray(variable.values)
        kind: Any = str if values.dtype.kind in "OUT" else values.dtype
        array = group.create_array(
            str(name),
            shape=values.shape,
            dtype=kind,
            dimension_names=tuple(map(str, variable.dims)),
            attributes=dict(variable.attrs),
        )
        array[...] = values
    group.attrs["coordinates"] = " ".join(map(str, set(coordinates.coords) - set(coordinates.dims)))
    flags = {"flag_values": [*range(len(STATUS)), _MISSING], "flag_meanings": " ".join([*STATUS, "missing"])}
    arrays: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
        "final_loss": (dtype, (), {}),
        "final_weights": (dtype, ("weight",), {}),
        "epochs_to_tolerance": ("float32", (), {"long_name": "epochs to tolerance"}),
        "status": ("int8", (), flags),
    }
    if plan.trajectories:
        arrays |= {"loss": (dtype, ("epoch",), {}), "weights": (dtype, ("epoch", "weight"), {})}
    for name, (kind, more, described) in arrays.items():
        tail = tuple(coordinates.sizes[dimension] for dimension in more)
        group.create_array(
            name,
            shape=(*plan.sizes.values(), *tail),
            chunks=(*plan.box.values(), *tail),
            dtype=kind,
            fill_value=_MISSING if kind == "int8" else np.nan,
            dimension_names=(*plan.sizes, *more),
            attributes=described,
        )
    group.create_array(
        _DONE, shape=(plan.n_chunks,), chunks=(1,), dtype="bool", fill_value=False, dimension_names=("chunk",)
    )
    return group


def is_done(group: zarr.Group) -> np.ndarray:
    """Which chunks are there, (n_chunks,)."""
    return np.asarray(_array(group, _DONE)[:])


def write(group: zarr.Group, chunk: Chunk, values: Mapping[str, np.ndarray]) -> None:
    """Save a chunk's results, and then that it is there."""
    for name, rows in values.items():
        _array(group, name)[tuple(chunk.region.values())] = rows.reshape(*chunk.shape, *rows.shape[1:])
    _array(group, _DONE)[chunk.number] = True


def _array(group: zarr.Group, name: str) -> zarr.Array:
    array = group[name]
    assert isinstance(array, zarr.Array)
    return array


def opened(group: zarr.Group) -> xr.Dataset:
    """What the group holds, read when it is used."""
    result = xr.open_zarr(group.store, chunks=None, consolidated=False).drop_vars(_DONE)
    # Texts as NetCDF and figures take them.
    texts = {name: values.astype(object) for name, values in result.coords.items() if values.dtype.kind == "T"}
    return result.assign_coords(texts)
