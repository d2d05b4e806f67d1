"""Runs to disk and back, whole or not at all."""

import gc
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conftest import Refused

import tfreg
from tfreg.files import open_run, save_run, write_whole


@cache
def problem() -> "tfreg.Problem":
    return tfreg.Problem(tfreg.models.logistic(2), tfreg.losses.bce, tfreg.datasets.bernoulli_line(40))


@cache
def trained(n_starts: int) -> xr.Dataset:
    starts = np.random.default_rng(n_starts).normal(size=(n_starts, 2))
    return tfreg.train(problem(), "adam:0.1", 4, starts[0] if n_starts == 1 else starts)


# Round trips.


@pytest.mark.parametrize("n_starts", [1, 3])
def test_a_run_comes_back_as_it_was(n_starts: int, tmp_path: Path) -> None:
    run, path = trained(n_starts), tmp_path / "run.nc"
    save_run(run, path)
    back = open_run(path)
    xr.testing.assert_identical(back, run)
    assert {name: back[name].dtype for name in back.data_vars} == {name: run[name].dtype for name in run.data_vars}
    xr.testing.assert_identical(tfreg.open_run(str(path)), run)


def test_plain_xarray_opens_a_run(tmp_path: Path) -> None:
    save_run(trained(1), tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc") as plain:
        xr.testing.assert_identical(plain.load(), trained(1))


def test_what_is_not_finite_comes_back(tmp_path: Path) -> None:
    run = trained(1).copy(deep=True)
    run["weights"].values[-1] = np.nan, -np.inf
    save_run(run, tmp_path / "run.nc")
    np.testing.assert_array_equal(open_run(tmp_path / "run.nc").weights, run.weights)


def test_a_reopened_run_can_be_continued(tmp_path: Path) -> None:
    save_run(trained(3), tmp_path / "runs.nc")
    from_disk, from_memory = (
        tfreg.train(problem(), "adam:0.1", 4, continue_from=run) for run in (open_run(tmp_path / "runs.nc"), trained(3))
    )
    xr.testing.assert_identical(from_disk, from_memory)


def test_saving_makes_the_folder_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "run.nc"
    save_run(trained(1), path)
    save_run(trained(3), path)
    xr.testing.assert_identical(open_run(path), trained(3))
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_run_can_be_saved_where_it_was_opened(tmp_path: Path) -> None:
    """An opened run is wholly in memory and holds no file open."""
    path = tmp_path / "run.nc"
    save_run(trained(1), path)
    run = open_run(path)
    save_run(run.assign_attrs(note="seen"), path)
    assert open_run(path).attrs["note"] == "seen"


# A process that is killed.

KILLED = """
import os, signal, sys
from pathlib import Path
from tfreg import files as store

source, target, moment = sys.argv[1:]
run = store.open_run(source).assign_attrs(note="new")
write = Path.write_bytes

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

def write_half(self, content):
    write(self, content[: len(content) // 2])
    die()

if moment == "half written":
    Path.write_bytes = write_half
elif moment == "before the rename":
    os.replace = Path.replace = die
store.save_run(run, target)
"""


@pytest.mark.parametrize("moment", ["half written", "before the rename"])
@pytest.mark.parametrize("already_there", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_process_killed_while_saving_leaves_no_half_file(moment: str, already_there: bool, tmp_path: Path) -> None:
    source, target = tmp_path / "source.nc", tmp_path / "runs" / "run.nc"
    save_run(trained(1), source)
    if already_there:
        save_run(trained(3), target)
    done = subprocess.run([sys.executable, "-c", KILLED, source, target, moment], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    if already_there:
        xr.testing.assert_identical(open_run(target), trained(3))
    else:
        assert not target.exists()


SAVING = """
import sys
from tfreg import files as store
run = store.open_run(sys.argv[1])
for turn in range(10**6):
    store.save_run(run.assign_attrs(turn=turn), sys.argv[2])
    print(turn, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.003, 0.017, 0.032])
def test_a_process_killed_at_any_moment_leaves_a_whole_file(seconds: float, tmp_path: Path) -> None:
    save_run(trained(1), tmp_path / "source.nc")
    target = tmp_path / "run.nc"
    command = [sys.executable, "-c", SAVING, tmp_path / "source.nc", target]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has saved once and goes on saving
        time.sleep(seconds)
        process.kill()
        turns = process.stdout.read().split()
    last = int(turns[-1]) if turns else 0
    run = open_run(target)
    assert last <= run.attrs["turn"] <= last + 1
    xr.testing.assert_equal(run, trained(1))


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("no more ink")

    with pytest.raises(RuntimeError, match="no more ink"):
        write_whole(tmp_path / "run.nc", write)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_clear_error(tmp_path: Path, refused: Refused) -> None:
    def write(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with refused("run.nc: No space left on device; free some space or choose another folder"):
        write_whole(tmp_path / "run.nc", write)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_is_one_clear_error(tmp_path: Path, refused: Refused) -> None:
    """A regular file where a folder should be: not even root can write there."""
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with refused(f"cannot write to {folder}: "):
            save_run(trained(1), folder / "run.nc")


FULL = """
import resource, sys
from tfreg import files
run = files.open_run(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    files.save_run(run, sys.argv[2])
except files.InputError as error:
    print(error)
    sys.exit(2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files")
def test_a_run_that_outgrows_the_disk_is_one_line_whatever_hdf5_does(tmp_path: Path) -> None:
    """As on a full disk, the system takes the first few thousand bytes of the file and no more."""
    save_run(trained(3), tmp_path / "source.nc")
    target = tmp_path / "runs" / "run.nc"
    command = [sys.executable, "-c", FULL, tmp_path / "source.nc", target]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == f"cannot write {target}: File too large; free some space or choose another folder\n"
    assert done.stderr == ""
    assert list(target.parent.iterdir()) == []


# Other programs.


def with_every_kind() -> xr.Dataset:
    texts = np.array(["ŷ - 가나다", "", "w0"], dtype=object)
    variables = {"loss": ("epoch", np.float32([1, np.nan, np.inf])), "who": ("epoch", texts)}
    flags = {"reached": ("epoch", [True, False, True]), "one": ((), 3.5), "status": ("epoch", np.int8([0, 1, -1]))}
    attributes = {"format": "tfreg-run-1", "note": "{가} é", "empty": "", "names": ["a", "ŷ"], "n": 3, "x": [1, 2.5]}
    return xr.Dataset(variables | flags, {"epoch": [0, 1, 2]}, attributes)


def test_a_file_holds_only_types_that_netcdf_has(tmp_path: Path) -> None:
    """No booleans, references or opaque types of HDF5 of which C, R and Fortran know nothing."""
    h5py = pytest.importorskip("h5py")
    save_run(with_every_kind(), tmp_path / "run.nc")

    def check(name: str, one: object) -> None:
        for key, value in [("", one), *one.attrs.items()] if isinstance(one, h5py.Dataset) else one.attrs.items():
            dtype = getattr(value, "dtype", None)
            if key in ("DIMENSION_LIST", "REFERENCE_LIST") or dtype is None:
                continue
            text = h5py.check_string_dtype(dtype)
            assert h5py.check_enum_dtype(dtype) is None, (name, key)
            assert dtype.kind in "iufS" or (text is not None and text.encoding == "utf-8"), (name, key, dtype)

    with h5py.File(tmp_path / "run.nc") as file:
        check("/", file)
        file.visititems(check)
        assert file["reached"].dtype == np.int8
        assert file["loss"].fletcher32


def test_plain_netcdf4_reads_and_changes_a_run(tmp_path: Path) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    run, path = with_every_kind(), tmp_path / "run.nc"
    save_run(run, path)
    with netcdf4.Dataset(path) as file:
        assert file["who"][...].tolist() == run.who.values.tolist()
        np.testing.assert_array_equal(np.ma.getdata(file["loss"][...]), run.loss)
        np.testing.assert_array_equal(file["reached"][...], run.reached)
        found = {name: file.getncattr(name) for name in file.ncattrs()}
    assert {name: np.array(value).tolist() for name, value in found.items()} == run.attrs
    with netcdf4.Dataset(path, "a") as file:
        file.note = "changed by another program"
    xr.testing.assert_identical(open_run(path), run.assign_attrs(note="changed by another program"))


# Files that are no runs.


@pytest.mark.parametrize("kind", ["bit", "cut"])
def test_damage_anywhere_is_seen_before_the_file_is_read(kind: str, tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "run.nc"
    save_run(trained(3), path)
    content, random = path.read_bytes(), np.random.default_rng(0)
    for place in random.integers(len(content) - 30, size=300):
        damaged = bytearray(content)
        damaged[place] ^= 1 << random.integers(8)
        path.write_bytes(damaged if kind == "bit" else content[:place])
        with refused(f"cannot read {path} as NetCDF"):
            open_run(path)
    for place in range(len(content) - 30, len(content)):  # the checksum itself
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        try:
            xr.testing.assert_identical(open_run(path), trained(3))
        except tfreg.InputError as error:
            assert "it is damaged" in str(error)


def test_a_file_without_a_checksum_opens(tmp_path: Path) -> None:
    """As earlier versions wrote it."""
    trained(1).to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_identical(open_run(tmp_path / "run.nc"), trained(1))


def damaged(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        save_run(trained(1), path)
        path.write_bytes(change(path.read_bytes()))

    make.__name__ = name
    return make


def some_text(path: Path) -> None:
    path.write_text("epoch,loss\n0,0.7\n")


# h5netcdf closes a file that it could not open once more when the object goes, and fails: "Exception ignored in".
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "make",
    [
        damaged("empty", lambda content: b""),
        damaged("first half", lambda content: content[: len(content) // 2]),
        damaged("end missing", lambda content: content[:-40]),
        damaged("header overwritten", lambda content: b"\0" * 64 + content[64:]),
        damaged("zeros inside", lambda content: content[:200] + b"\0" * (len(content) - 200)),
        some_text,
    ],
    ids=lambda make: make.__name__,
)
def test_a_damaged_file_is_one_clear_error(make: Callable[[Path], None], tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "run.nc"
    make(path)
    with refused(f"cannot read {path} as NetCDF"):
        open_run(path)
    if make.__name__ == "zeros inside":
        gc.collect()  # so that what h5netcdf does then happens in this test


@pytest.mark.parametrize("attributes", [{}, {"format": "somebody-else-7"}])
def test_a_foreign_netcdf_is_one_clear_error(attributes: dict[str, str], tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "weather.nc"
    xr.Dataset({"rain": ("day", [0.0, 1.0])}, attrs=attributes).to_netcdf(path, engine="h5netcdf")
    with refused(f"{path} is no run of tfreg: expected format 'tfreg-run-1', got {attributes.get('format')!r}"):
        open_run(path)


def test_a_missing_file_is_one_clear_error(tmp_path: Path, refused: Refused) -> None:
    for path in (tmp_path / "missing.nc", tmp_path):
        with refused(f"no such run: {path}"):
            open_run(path)


UNKNOWN = [
    *(
        None,
        True,
        {"nested": 1},
        pytest.param(object(), id="object"),
        1j,
        2**70,
        b"x",
        "a\0b",
        "\ud800",
        np.float16(1),
        np.longdouble(1),
        np.eye(2),
    ),
    *([None], [True], ["a", 1], [[1], [1, 2]], [["a"]], [2**70], ["a\0b"], np.array([True]), np.array(["a", None])),
]


@pytest.mark.parametrize("value", UNKNOWN, ids=repr)
def test_an_attribute_that_netcdf_does_not_know_is_refused(value: object, tmp_path: Path, refused: Refused) -> None:
    run = xr.Dataset({"loss": ("epoch", [1.0])}, attrs={"format": "tfreg-run-1", "note": value})
    with refused("attribute 'note': expected a number, a text"):
        save_run(run, tmp_path / "run.nc")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [5, "", None, "a\0b", "x" * 300, "_FillValue", "scale_factor", "coordinates", "NAME"])
def test_an_attribute_of_a_name_that_netcdf_keeps_for_itself_is_refused(
    name: object, tmp_path: Path, refused: Refused
) -> None:
    """Under some of these names, an attribute would be lost or change the values."""
    for attributes, of_loss in (({name: 1.0}, {}), ({}, {name: 1.0})):
        run = xr.Dataset({"loss": ("epoch", [1.0], of_loss)}, attrs={"format": "tfreg-run-1", **attributes})
        with refused("expected a name that NetCDF leaves to its users"):
            save_run(run, tmp_path / "run.nc")
    assert not list(tmp_path.iterdir())


def test_units_that_would_make_dates_of_numbers_are_refused(tmp_path: Path, refused: Refused) -> None:
    run = xr.Dataset({"loss": ("epoch", [1.0], {"units": "days since 2000"})}, attrs={"format": "tfreg-run-1"})
    with refused("attribute 'units': expected a name"):
        save_run(run, tmp_path / "run.nc")


@pytest.mark.parametrize("value", ["", "é한", "x" * 70_000, np.str_("a"), 3, 1.5, np.float32(1.5), np.uint8(3), 2**63])
def test_an_attribute_comes_back_as_it_was(value: object, tmp_path: Path) -> None:
    run = xr.Dataset({"loss": ("epoch", [1.0], {"note": value})}, attrs={"format": "tfreg-run-1", "note": value})
    save_run(run, tmp_path / "run.nc")
    back = open_run(tmp_path / "run.nc")
    assert back.attrs["note"] == back.loss.attrs["note"] == value
    np.testing.assert_equal(np.asarray(back.attrs["note"]).dtype.kind, np.asarray(value).dtype.kind)


@pytest.mark.parametrize("value", [["a", "b"], np.array(["a", "b"]), [1, 2], (1.0, np.nan), np.arange(3)], ids=repr)
def test_a_list_as_an_attribute_comes_back(value: object, tmp_path: Path) -> None:
    run = xr.Dataset({"loss": ("epoch", [1.0])}, attrs={"format": "tfreg-run-1", "note": value})
    save_run(run, tmp_path / "run.nc")
    np.testing.assert_array_equal(open_run(tmp_path / "run.nc").attrs["note"], value)
    assert run.attrs["note"] is value


@pytest.mark.parametrize("values", [[{}], ["a", 1], ["a\0b"]])
def test_a_variable_that_netcdf_does_not_know_is_refused(values: list, tmp_path: Path, refused: Refused) -> None:
    run = xr.Dataset({"loss": ("epoch", np.array(values, dtype=object))}, attrs={"format": "tfreg-run-1"})
    with refused("run: expected variables of numbers or of texts"):
        save_run(run, tmp_path / "run.nc")
    assert not list(tmp_path.iterdir())


def test_a_text_that_begins_with_a_brace_comes_back_as_it_is(tmp_path: Path) -> None:
    run = xr.Dataset({"loss": ("epoch", [1.0])}, attrs={"format": "tfreg-run-1", "note": "{not json"})
    save_run(run, tmp_path / "run.nc")
    assert open_run(tmp_path / "run.nc").attrs["note"] == "{not json"
