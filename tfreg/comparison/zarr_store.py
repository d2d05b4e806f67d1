"""The results of a comparison as they come: a Zarr group, in memory or on disk, with a mark for each finished chunk.

Conventions: a chunk is one file of each array of `zarr_layout.py`. The file that marks a chunk as done is written after
its results, and holds their checksum. Zarr gives files their names when they are complete, so after a crash, a kill or
a full disk each chunk is complete or missing, and only the missing ones are computed again. What damages files later is
seen by the checksums when the store is opened: the layout is written again as it has to be, and damaged chunks are
computed again.
"""

import json
import os
import shutil
import sys
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr
import zarr
from zarr.core.buffer import Buffer
from zarr.storage import LocalStore, MemoryStore

from tfreg.checks.errors import InputError
from tfreg.comparison.run_grid import Chunk, RunGrid
from tfreg.comparison.zarr_layout import BY_PROBLEM, DONE, lay_out, results
from tfreg.files import write_whole

_ORDER = ["reached", "status", "epochs_to_tolerance", "final_loss", "final_weights", "loss", "weights"]
_ORDER += ["minimum", "tolerance", "loss_source", "dataset", "optimizer_config"]


def open_store(path: Path | None, grid: RunGrid, labels: xr.Dataset) -> zarr.Group:
    """The group at `path`, or in memory without one: that of an earlier call, or a new one.

    Calls are the same if the attribute `fingerprint` of their labels is.

    Raises:
        InputError: the path holds something else, or cannot be written to.
    """
    layout: dict[str, Buffer] = {}
    group = lay_out(MemoryStore(layout), grid, labels)
    if path is None:
        return group
    files = {name: content.to_bytes() for name, content in layout.items()}
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            _restore(path, files, labels.attrs["fingerprint"])
        else:
            _write_new(path, files)
        return zarr.open_group(path, mode="r+")
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path | None, error: OSError) -> InputError:
    """The error for a store whose disk is full, or whose folder is not the user's."""
    return InputError(
        f"cannot write to {path}: {error.strerror or error}; what is finished is kept: make room or choose another "
        "folder, and rerun the same command"
    )


def _write_new(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the layout elsewhere first: a group that is there is complete."""
    path.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for name, content in files.items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).write_bytes(content)
    draft.replace(path)


def _restore(path: Path, files: Mapping[str, bytes], fingerprint: str) -> None:
    """Bring the layout of a store that is there back to what it was, and remove what a killed process left.

    Raises:
        InputError: it is no store, or that of another comparison.
    """
    try:
        held = json.loads((path / "zarr.json").read_bytes())["attributes"]["fingerprint"]
    except (OSError, KeyError, ValueError, TypeError):
        raise InputError(f"{path} is no comparison of tfreg, or a damaged one; choose another folder") from None
    if held != fingerprint:
        raise InputError(
            f"{path} holds another comparison (other problems, options or versions); delete it or choose another folder"
        )
    if not os.access(path, os.W_OK):
        raise InputError(f"cannot write to {path}: Permission denied; choose another folder")
    for left_over in path.rglob("*.partial"):
        left_over.unlink()
    damaged = [name for name, content in files.items() if _read(path / name) != content]
    for name in damaged:
        write_whole(path / name, partial(Path.write_bytes, data=files[name]))
    if damaged:
        _say(f"{path}: damaged files of its layout were written again: {', '.join(sorted(damaged))}")


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def done_chunks(group: zarr.Group, grid: RunGrid) -> np.ndarray:
    """A flag for each chunk, True if its results are there, (n_chunks,); damaged ones are removed and said."""
    if isinstance(group.store, MemoryStore):
        return np.zeros(grid.n_chunks, dtype=bool)
    done, damaged = np.zeros(grid.n_chunks, dtype=bool), 0
    for chunk, mark in zip(grid.chunks(), _marks(group), strict=True):
        done[chunk.number] = mark != 0 and mark == _checksum(group, chunk)
        if mark != 0 and not done[chunk.number]:
            damaged += 1
            for path in [*_files(group, chunk), _file(group, DONE, (chunk.number,))]:
                path.unlink(missing_ok=True)
    if damaged:
        _say(f"{_root(group)}: {damaged} of {grid.n_chunks} chunks were damaged and are computed again")
    return done


def _marks(group: zarr.Group) -> list[int]:
    """The checksum that was written with each chunk, 0 without one, -1 if it is damaged itself."""
    array = _array(group, DONE)
    try:
        return np.asarray(array[:]).tolist()
    except Exception:  # each codec raises its own
        return [_mark(array, number) for number in range(array.shape[0])]


def _mark(array: zarr.Array, number: int) -> int:
    try:
        return int(np.asarray(array[number]))
    except Exception:
        return -1


def _checksum(group: zarr.Group, chunk: Chunk) -> int:
    """The CRC-32 of the files of a chunk, and of those with the loss by which it was judged; never 0."""
    number = list(chunk.grid.problems).index(chunk.problem)
    targets = (_file(group, name, (number,)) for name in BY_PROBLEM)
    total = 1
    for path in (*_files(group, chunk), *targets):
        content = _read(path)
        total = zlib.crc32(b"missing" if content is None else b"%d %b" % (len(content), content), total)
    return total or 1


def _files(group: zarr.Group, chunk: Chunk) -> Iterator[Path]:
    """The files with the results of a chunk; those that would hold nothing but fill values do not exist."""
    grid = chunk.grid
    place = tuple(corner // grid.box[name] for name, corner in chunk.corner.items())
    for name, one in results(grid).items():
        yield _file(group, name, (*place, *(0 for _ in one.dimensions)))


def _file(group: zarr.Group, name: str, place: tuple[int, ...]) -> Path:
    return _root(group).joinpath(name, "c", *map(str, place))


def _root(group: zarr.Group) -> Path:
    assert isinstance(group.store, LocalStore)
    return group.store.root


def progress_of(path: Path) -> tuple[int, int]:
    """The number of finished chunks of the comparison at `path`, and of all its chunks; 0, 0 without one."""
    if not path.exists():
        return 0, 0
    done = np.asarray(_array(zarr.open_group(path, mode="r"), DONE)[:])
    return int((done != 0).sum()), len(done)


def read_target(group: zarr.Group, number: int) -> tuple[float, float]:
    """The minimum and the tolerance of the problem with this number, each NaN if not known, or damaged."""
    try:
        minimum, tolerance = (float(np.asarray(_array(group, name)[number])) for name in BY_PROBLEM)
    except Exception:  # each codec raises its own
        return np.nan, np.nan
    return minimum, tolerance


def write_target(group: zarr.Group, number: int, minimum: float, tolerance: float) -> None:
    """Keep the minimum and the tolerance of a problem, so that they stay the same when the comparison is resumed."""
    _array(group, "tolerance")[number] = tolerance
    _array(group, "minimum")[number] = minimum


def write(group: zarr.Group, chunk: Chunk, values: Mapping[str, np.ndarray]) -> None:
    """Save a chunk's results, and then the mark that it is done."""
    for name, rows in values.items():
        _array(group, name)[tuple(chunk.region.values())] = rows.reshape(*chunk.shape, *rows.shape[1:])
    _array(group, DONE)[chunk.number] = 1 if isinstance(group.store, MemoryStore) else _checksum(group, chunk)


def _array(group: zarr.Group, name: str) -> zarr.Array:
    array = group[name]
    assert isinstance(array, zarr.Array)
    return array


def open_result(group: zarr.Group) -> xr.Dataset:
    """The comparison that the group holds; its arrays are read when they are used."""
    result = xr.open_zarr(group.store, chunks=None, consolidated=False).drop_vars(DONE)
    result = result[[name for name in _ORDER if name in result]]
    # Text as NetCDF and figures take it.
    texts = {name: values.astype(object) for name, values in result.variables.items() if values.dtype.kind == "T"}
    coordinates = {name: texts.pop(name) for name in list(texts) if name in result.coords}
    return result.assign(texts).assign_coords(coordinates)
