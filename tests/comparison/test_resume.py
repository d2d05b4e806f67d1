"""A comparison that is interrupted, wherever and however, goes on where it stopped and ends with the same bits."""

import errno
import functools
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from conftest import Refused

import tfreg
from tfreg import comparison, losses, models
from tfreg.backend import keras
from tfreg.comparison import execution, run_grid, zarr_store
from tfreg.comparison.compare import IncompleteError, compare
from tfreg.datasets import bernoulli_line
from tfreg.problem.problem import Problem

N_KILLS = 20

STARTS = np.random.default_rng(0).uniform(-3, 3, (120, 2))

# Processes begin with everything imported, so that a kill falls into the computing and not into the imports.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tfreg.comparison.compare", "tfreg.losses", "tfreg.models"])


def sweep(folder: Path) -> None:
    """Forty chunks of some 10 ms each."""
    run_grid._MOST_ROWS = 12
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(2000))
    vary = {"learning_rate": [0.1, 1.0]}
    compare(
        *({"p": problem}, ["sgd", "adam"], STARTS, 300),
        vary=vary,
        record_every=50,
        trajectories=True,
        store=folder,
    )


def begin(folder: Path) -> BaseProcess:
    process = CONTEXT.Process(target=sweep, args=(folder,))
    process.start()
    return process


def finish(folder: Path) -> None:
    process = begin(folder)
    process.join(120)
    assert process.exitcode == 0


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def done_in(folder: Path) -> set[str]:
    return {path.name for path in (folder / "done" / "c").glob("[0-9]*")}


def wait_for(folder: Path, n_chunks: int, process: BaseProcess) -> None:
    """Until so many chunks are there, or the process has ended."""
    while len(done_in(folder)) < n_chunks and process.is_alive():
        time.sleep(0.001)


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    finish(tmp_path / "whole")
    whole = contents(tmp_path / "whole")
    n_chunks = len(done_in(tmp_path / "whole"))
    assert n_chunks == 40
    moments, folder, kills, ends = random.Random(0), tmp_path / "0", 0, 0
    while kills < N_KILLS:
        before = done_in(folder)
        process = begin(folder)
        # At a random moment after a random number of further chunks, or while it still compiles.
        wait_for(folder, len(before) + moments.randint(0, 6), process)
        time.sleep(moments.uniform(0, 0.03))
        process.kill()
        process.join(60)
        assert before <= done_in(folder)
        kills += process.exitcode == -signal.SIGKILL
        if len(done_in(folder)) == n_chunks:
            finish(folder)
            assert contents(folder) == whole
            ends += 1
            folder = tmp_path / str(ends)
    finish(folder)
    assert contents(folder) == whole


@pytest.mark.slow
def test_interrupted_from_the_keyboard_everything_finished_is_kept(tmp_path: Path) -> None:
    process = begin(tmp_path / "cut")
    wait_for(tmp_path / "cut", 5, process)
    os.kill(process.pid or 0, signal.SIGINT)
    process.join(60)
    before, done = contents(tmp_path / "cut"), done_in(tmp_path / "cut")
    assert 5 <= len(done) < 40
    finish(tmp_path / "cut")
    after = contents(tmp_path / "cut")
    assert all(after[f"done/c/{name}"] == before[f"done/c/{name}"] for name in done)
    finish(tmp_path / "whole")
    assert after == contents(tmp_path / "whole")


@functools.cache
def squared() -> Problem:
    """A problem that all tests share, with the programs compiled for it."""
    return Problem(models.logistic(2), lambda y, p: losses.mse(y, p), bernoulli_line(40))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A comparison of 12 chunks."""
    monkeypatch.setattr("tfreg.comparison.run_grid._MOST_ROWS", 4)
    starts = np.random.default_rng(0).normal(size=(12, 2))
    return {
        "problems": {"p": squared()},
        "optimizers": ["sgd", "lamb"],
        "starts": starts,
        "epochs": 20,
        "vary": {"learning_rate": [0.1, 1.0]},
        "minimum": {"p": 0.05},
    }


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The chunks that this process has computed, each as text."""
    seen: list[str] = []
    original = execution._here

    def watched(wanted: Any, training_of: Any) -> Iterator[Any]:
        for chunk, outcome in original(wanted, training_of):
            seen.append(str(chunk))
            yield chunk, outcome

    monkeypatch.setattr(execution, "_here", watched)
    return seen


def stopped_after(n_chunks: int, error: BaseException) -> Callable[..., None]:
    """A `zarr_store.write` that raises instead of writing its next chunk."""
    original = zarr_store.write
    left = iter(range(n_chunks))

    def write(*arguments: Any) -> None:
        if next(left, None) is None:
            raise error
        original(*arguments)

    return write


def test_only_what_is_missing_is_computed_again(
    asked: dict[str, Any], computed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compare(**asked)
    assert len(computed) == 12
    computed.clear()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(zarr_store, "write", stopped_after(5, KeyboardInterrupt()))
        compare(**asked, store=tmp_path / "s.zarr")
    first = computed.copy()
    computed.clear()
    result = compare(**asked, store=tmp_path / "s.zarr")
    assert len(computed) == 7
    assert not set(computed) & set(first[:5])
    xr.testing.assert_identical(result.load(), whole)
    computed.clear()
    compare(**asked, store=tmp_path / "s.zarr")
    assert computed == []


def test_a_full_disk_is_one_line_and_nothing_is_lost(
    asked: dict[str, Any], computed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patch, refused("No space left on device; what is finished is kept: make room"):
        patch.setattr(zarr_store, "write", stopped_after(3, full))
        compare(**asked, store=tmp_path / "s.zarr")
    computed.clear()
    compare(**asked, store=tmp_path / "s.zarr")
    assert len(computed) == 9


def test_the_minimum_that_was_found_is_kept(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine may round otherwise; the chunks that it adds are still judged by the same loss."""
    asked |= {"minimum": None, "optimizers": ["sgd"]}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(zarr_store, "write", stopped_after(2, KeyboardInterrupt()))
        compare(**asked, store=tmp_path / "s.zarr")
    found = xr.open_zarr(tmp_path / "s.zarr", chunks=None, consolidated=False).load()
    assert np.isfinite(found.minimum).all()
    monkeypatch.setattr("tfreg.comparison.compare.targets", None)  # looking for it again would raise
    result = compare(**asked, store=tmp_path / "s.zarr")
    assert (result.minimum.item(), result.tolerance.item()) == (found.minimum.item(), found.tolerance.item())


def test_progress_is_read_from_the_store(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.zarr"
    assert zarr_store.progress_of(path) == (0, 0)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(zarr_store, "write", stopped_after(5, KeyboardInterrupt()))
        compare(**asked, store=path)
    assert zarr_store.progress_of(path) == (5, 12)


def test_a_grid_of_starts_is_unstacked_from_the_store(asked: dict[str, Any], tmp_path: Path) -> None:
    starts = tfreg.grid(w0=(-1, 2, 1), w1=(0, 2, 0.5))
    result = compare(**asked | {"starts": starts}, store=tmp_path / "s.zarr")
    unstacked = comparison.unstack_starts(result)
    for name, w0 in enumerate(starts["w0"]):
        here = result.isel(start=slice(4 * name, 4 * name + 4))
        np.testing.assert_array_equal(unstacked.final_loss.sel(w0=w0), here.final_loss)
        np.testing.assert_array_equal(unstacked.reached.sel(w0=w0), here.reached)


def test_half_written_chunks_are_computed_again(asked: dict[str, Any], computed: list[str], tmp_path: Path) -> None:
    """Results without the flag that is written last, and what a killed process was writing."""
    path = tmp_path / "s.zarr"
    whole = compare(**asked, store=path).load()
    files = contents(path)
    (path / "done" / "c" / "4").unlink()
    damaged = next(iter(sorted((path / "final_loss" / "c").rglob("[0-9]"))))
    left_over = damaged.with_suffix(".abc.partial")
    left_over.write_bytes(b"half")
    computed.clear()
    xr.testing.assert_identical(compare(**asked, store=path).load(), whole)
    assert len(computed) == 1
    assert contents(path) == files


def test_a_store_of_another_comparison_is_refused(asked: dict[str, Any], tmp_path: Path, refused: Refused) -> None:
    compare(**asked, store=tmp_path / "s.zarr")
    others = {
        "epochs": 21,
        "optimizers": ["sgd", "adam"],
        "starts": np.ones((12, 2)),
        "tolerance": 0.5,
        "minimum": None,
    }
    for name, value in others.items():
        with refused("holds another comparison (other problems, options or versions); delete it or choose another"):
            compare(**asked | {name: value}, store=tmp_path / "s.zarr")
    # Another loss under the same name.
    problem = Problem(squared().model, lambda y, p: 2 * losses.mse(y, p), bernoulli_line(40))
    with refused("holds another comparison"):
        compare(**asked | {"problems": {"p": problem}}, store=tmp_path / "s.zarr")


def test_the_same_problem_made_again_is_the_same(asked: dict[str, Any], computed: list[str], tmp_path: Path) -> None:
    """Keras gives the second model of a process another name."""
    for _ in range(2):
        computed.clear()
        problem = Problem(models.logistic(2), losses.bce, bernoulli_line(40))
        compare(**asked | {"problems": {"p": problem}, "optimizers": ["sgd"]}, store=tmp_path / "s.zarr")
    assert computed == []


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_store_is_left_alone(asked: dict[str, Any], tmp_path: Path, refused: Refused, kind: str) -> None:
    path = tmp_path / "mine"
    if kind == "file":
        path.write_text("precious")
    else:
        path.mkdir()
        (path / "precious").write_text("precious")
    with refused("is no comparison of tfreg, or a damaged one; choose another folder"):
        compare(**asked, store=path)
    assert (path if kind == "file" else path / "precious").read_text() == "precious"


def test_an_unwritable_folder_is_refused(asked: dict[str, Any], tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "file").write_text("")
    with refused("cannot write to"):
        compare(**asked, store=tmp_path / "file" / "s.zarr")


# Failing chunks.


class Breaks(keras.optimizers.SGD):
    """An optimizer that fails in every program."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        raise ValueError("too many\nsteps")


@pytest.mark.parametrize("with_executor", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_what_fails_is_named_and_the_rest_is_kept(asked: dict[str, Any], tmp_path: Path, with_executor: bool) -> None:
    asked |= {"optimizers": {"bad": Breaks(0.1), "sgd": "sgd"}, "store": tmp_path / "s.zarr"}
    ask = functools.partial(compare, **asked)
    with pytest.raises(IncompleteError) as caught:
        if with_executor:
            with ThreadPoolExecutor(2) as executor:
                ask(executor=executor)
        else:
            ask()
    message = str(caught.value)
    assert "\n" not in message
    assert "6 of 12 chunks failed, all others are kept: problem p, optimizer bad" in message
    assert "ValueError" in message
    assert "too many steps" in message
    result = caught.value.result
    assert (result.status.sel(optimizer="bad") == -1).all()
    assert (result.status.sel(optimizer="sgd") >= 0).all()


# Executors.


def same(first: xr.Dataset, second: xr.Dataset) -> None:
    xr.testing.assert_identical(first.load(), second.load())


@pytest.mark.slow
def test_threads_give_the_same_bits(asked: dict[str, Any]) -> None:
    with ThreadPoolExecutor(3) as executor:
        same(compare(**asked, executor=executor), compare(**asked))


@pytest.mark.slow
def test_processes_give_the_same_bits(asked: dict[str, Any]) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        same(compare(**asked, executor=executor), compare(**asked))


def _die(*arguments: Any) -> None:
    os._exit(1)


@pytest.mark.slow
def test_an_executor_that_dies_loses_nothing(asked: dict[str, Any], tmp_path: Path) -> None:
    executor: Executor = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    with executor:
        executor.submit(_die)
        with pytest.raises(IncompleteError, match="12 of 12 chunks failed, all others are kept"):
            compare(**asked, store=tmp_path / "s.zarr", executor=executor)
    same(compare(**asked, store=tmp_path / "s.zarr"), compare(**asked))


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_bits_though_a_worker_is_killed(asked: dict[str, Any], tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    asked |= {"epochs": 4000, "starts": np.random.default_rng(0).normal(size=(60, 2))}
    here = compare(**asked)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
        ThreadPoolExecutor(1) as background,
    ):
        path = tmp_path / "s.zarr"
        future = background.submit(compare, **asked, store=path, executor=client.get_executor())
        while len(done_in(path)) < 3:
            assert not future.done()
            time.sleep(0.01)
        victim = next(iter(cluster.workers.values()))
        os.kill(victim.process.pid, signal.SIGKILL)
        killed_at = len(done_in(path))
        result = future.result(timeout=120)
    assert killed_at < len(done_in(path))
    same(result, here)


# Damage.


def flipped(content: bytes, place: int) -> bytes:
    """The content with one bit changed."""
    damaged = bytearray(content)
    damaged[place // 8] ^= 1 << place % 8
    return bytes(damaged)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a bit flipped": lambda path: path.write_bytes(flipped(path.read_bytes(), 20)),
}


@pytest.mark.parametrize(
    "name",
    [
        *("final_weights/c/0/1/0/2/0", "done/c/7"),
        *(pytest.param(f"{name}/c/0/0/1/0", marks=pytest.mark.slow) for name in ("final_loss", "status")),
    ],
)
@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_chunk_is_computed_again_and_said(
    asked: dict[str, Any],
    computed: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    how: str,
    name: str,
) -> None:
    path = tmp_path / "s.zarr"
    whole = compare(**asked, store=path).load()
    files = contents(path)
    DAMAGE[how](path / name)
    computed.clear()
    capsys.readouterr()
    xr.testing.assert_identical(compare(**asked, store=path).load(), whole)
    assert len(computed) == 1
    # Of a deleted mark nobody knows that it was there.
    told = "" if (how, name[:4]) == ("deleted", "done") else "1 of 12 chunks were damaged and are computed again\n"
    assert capsys.readouterr().err.endswith(told)
    assert contents(path) == files
    computed.clear()
    compare(**asked, store=path)
    assert computed == []


@pytest.mark.slow
def test_a_bit_flipped_anywhere_in_a_store_is_harmless(
    asked: dict[str, Any], computed: list[str], tmp_path: Path
) -> None:
    """A file of the layout, of the labels, of the minimum, of a chunk or of its mark, and the groups' own file."""
    path, random = tmp_path / "s.zarr", np.random.default_rng(0)
    asked |= {"minimum": None}
    whole = compare(**asked, store=path).load()
    files = contents(path)
    for name in random.permutation(sorted(files)):
        place = int(random.integers(8 * len(files[name])))
        (path / name).write_bytes(flipped(files[name], place))
        computed.clear()
        try:
            xr.testing.assert_identical(compare(**asked, store=path).load(), whole)
            assert contents(path) == files, name
        except tfreg.InputError as error:
            assert name == "zarr.json", (name, error)
            assert "\n" not in str(error)
            (path / name).write_bytes(files[name])
        assert len(computed) == again(name), name


def again(name: str) -> int:
    """The chunks to be computed again when a file of the store is damaged."""
    array, _, rest = name.partition("/")
    chunked = ("final_loss", "final_weights", "status", "reached", "epochs_to_tolerance", "done")
    of_all = 12 if array in ("minimum", "tolerance") else 0
    return (1 if array in chunked else of_all) if rest.startswith("c/") else 0


def test_a_folder_of_results_that_is_gone_is_made_again(asked: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    whole = compare(**asked, store=path).load()
    shutil.rmtree(path / "final_loss")
    shutil.rmtree(path / "start_weights")
    xr.testing.assert_identical(compare(**asked, store=path).load(), whole)


def test_plain_zarr_sees_a_flipped_bit(asked: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    compare(**asked, store=path)
    file = path / "final_weights" / "c" / "0" / "0" / "0" / "0" / "0"
    file.write_bytes(flipped(file.read_bytes(), 100))
    with pytest.raises(ValueError, match="checksum"):
        xr.open_zarr(path, chunks=None, consolidated=False).final_weights.load()


# Two at once.


def test_two_equal_comparisons_at_once_take_turns(
    asked: dict[str, Any], computed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = compare(**asked)
    computed.clear()
    with ThreadPoolExecutor(2) as both:
        results = [both.submit(compare, **asked, store=tmp_path / "s.zarr") for _ in range(2)]
    for result in results:
        xr.testing.assert_identical(result.result().load(), whole)
    assert len(computed) == 12  # the second found everything there
    assert "is under way in process" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["s.zarr"]


def computing_in_workers(folder: Path, told: Any) -> None:
    """A comparison of many chunks in two workers, whose numbers it tells once some chunks are there."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        original = zarr_store.write

        def write(*arguments: Any) -> None:
            original(*arguments)
            told.put(list(executor._processes))

        zarr_store.write = write
        run_grid._MOST_ROWS = 12
        problem = Problem(models.logistic(2), losses.bce, bernoulli_line(2000))
        compare({"p": problem}, ["sgd"], STARTS, 200_000, minimum={"p": 0.0}, store=folder, executor=executor)


def is_running(pid: int) -> bool:
    """True for a process that has not ended; one that nobody has waited for yet has ended."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_workers_end_with_a_comparison_that_is_killed(tmp_path: Path) -> None:
    told = CONTEXT.Queue()
    process = CONTEXT.Process(target=computing_in_workers, args=(tmp_path / "s.zarr", told))
    process.start()
    workers = told.get(timeout=300)
    assert len(workers) == 2
    assert all(map(is_running, workers))
    process.kill()
    process.join(60)
    end = time.monotonic() + 5
    while any(map(is_running, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    left = list(filter(is_running, workers))
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
