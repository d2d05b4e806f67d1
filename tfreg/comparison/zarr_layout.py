"""The layout of a comparison as Zarr: its arrays, how they are cut, their checksums, and the labels.

Conventions: every array over runs is cut as the grid of runs is, so that a chunk is one file of each array.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.storage import MemoryStore

from tfreg.comparison.run_grid import STATUS, RunGrid
from tfreg.files import COMPARISON_FORMAT

DONE = "done"  # for each chunk the checksum of its files, 0 while they are not complete
BY_PROBLEM = ("minimum", "tolerance")  # found while the comparison runs, each in a separate file
_MISSING = -1  # as a status
_FLAGS = {"flag_values": [*range(len(STATUS)), _MISSING], "flag_meanings": " ".join([*STATUS, "missing"])}
_FILL = {"int8": _MISSING, "bool": False}
_CODECS = (ZstdCodec(level=0), Crc32cCodec())  # other programs, too, see a damaged file


@dataclass(frozen=True)
class Results:
    """An array over the grid of runs: its type, the dimensions behind those of the grid, and its attributes."""

    dtype: str
    dimensions: tuple[str, ...]
    attributes: Mapping[str, Any]


def results(grid: RunGrid) -> dict[str, Results]:
    """The arrays that chunks fill, by name."""
    dtype = grid.first_problem.dtype
    arrays = {
        "final_loss": Results(dtype, (), {}),
        "final_weights": Results(dtype, ("weight",), {}),
        "epochs_to_tolerance": Results("float32", (), {"long_name": "epochs to tolerance"}),
        "status": Results("int8", (), _FLAGS),
        "reached": Results("bool", (), {}),
    }
    if grid.schedule.trajectories:
        arrays["loss"] = Results(dtype, ("epoch",), {})
        arrays["weights"] = Results(dtype, ("epoch", "weight"), {})
    return arrays


def lay_out(store: MemoryStore, grid: RunGrid, labels: xr.Dataset) -> zarr.Group:
    """Write the labels, and arrays for the results without any result, the same bytes each time."""
    group = zarr.create_group(store, attributes={"format": COMPARISON_FORMAT, **labels.attrs})
    _write_labels(group, labels)
    for name, one in results(grid).items():
        tail = tuple(labels.sizes[dimension] for dimension in one.dimensions)
        group.create_array(
            name,
            shape=(*grid.sizes.values(), *tail),
            chunks=(*grid.box.values(), *tail),
            dtype=one.dtype,
            fill_value=_FILL.get(one.dtype, np.nan),
            dimension_names=(*grid.sizes, *one.dimensions),
            attributes=dict(one.attributes),
            compressors=_CODECS,
        )
    group.create_array(
        DONE,
        shape=(grid.n_chunks,),
        chunks=(1,),
        dtype="uint32",
        fill_value=0,
        dimension_names=("chunk",),
        compressors=_CODECS,
    )
    return group


def _write_labels(group: zarr.Group, labels: xr.Dataset) -> None:
    for name, variable in labels.variables.items():
        values = np.asarray(variable.values)
        array = group.create_array(
            str(name),
            shape=values.shape,
            chunks=(1,) if name in BY_PROBLEM else "auto",
            dtype=str if values.dtype.kind in "OUT" else values.dtype,
            fill_value=np.nan if name in BY_PROBLEM else None,
            compressors=_CODECS,
            dimension_names=tuple(map(str, variable.dims)),
            attributes=dict(variable.attrs),
        )
        array[...] = values
    # By this attribute xarray recognises coordinates; sorted, so that the same comparison has the same bytes.
    group.attrs["coordinates"] = " ".join(sorted(map(str, set(labels.coords) - set(labels.dims))))
