"""Compiled programs on disk, so that another process need not compile them again.

Conventions: XLA itself writes and reads the programs, one file each; it does not notice a damaged file before it fails,
or runs it. So a process works, with those that it starts, on a folder of its own: at its start it holds links to the
programs whose checksum is right, at its end the new programs are given their names, checksum included, in the folder of
all. Programs of other versions, processors, numbers of cores or flags are in other folders. `TFREG_PROGRAM_CACHE` names
another folder than the user's cache folder, or is `off`.
"""

import atexit
import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

_LIMIT = 250 * 2**20  # bytes, twice what the suite compiles; reading them all takes an eighth of a second
_DECIDE = ("XLA_FLAGS", "TF_XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
_OWN = "process-"  # begins the name of a process's own folder
_ABANDONED = 2 * 24 * 3600  # seconds after which such a folder is taken for that of a process that was killed


def use_program_cache() -> None:
    """Let XLA keep what it compiles, if a folder for it can be had; to be called before TensorFlow is loaded."""
    given = "--tf_xla_persistent_cache_directory" in os.environ.get("TF_XLA_FLAGS", "")  # by the user, or a parent's
    if given or os.environ.get("TFREG_PROGRAM_CACHE") == "off" or "tensorflow" in sys.modules:
        return
    with suppress(OSError, RuntimeError):  # no folder, or no home: everything is compiled, as without
        shared = _folder(os.environ)
        shared.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(shared)
        own = Path(tempfile.mkdtemp(prefix=_OWN, dir=shared))
        atexit.register(_leave, own, shared)
        link_sound(shared, own)
        flags = f"--tf_xla_persistent_cache_directory={own} --tf_xla_persistent_cache_device_types=CPU"
        os.environ["TF_XLA_FLAGS"] = f"{flags} {os.environ.get('TF_XLA_FLAGS', '')}".strip()


def _folder(environment: Mapping[str, str]) -> Path:
    """The folder of the programs that this process can use: everything that decides what is compiled is in its name."""
    base = environment.get("TFREG_PROGRAM_CACHE") or _user_cache(environment)
    decides = (
        version("tensorflow"),
        platform.machine(),
        _processor(),
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        [environment.get(name) for name in _DECIDE],
    )
    return Path(base).expanduser() / hashlib.sha256(repr(decides).encode()).hexdigest()[:16]


def _user_cache(environment: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA", "~")) / "tfreg" / "programs"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/tfreg/programs")
    return Path(environment.get("XDG_CACHE_HOME") or "~/.cache") / "tfreg" / "programs"


def _processor() -> str:
    """What kind of processor this is, with the instructions that it knows where the system tells them."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))
    return platform.processor()


def link_sound(shared: Path, own: Path) -> None:
    """Link the programs in `shared` into `own`; delete those with a wrong checksum, and the oldest beyond the limit."""
    entries = [path for path in shared.iterdir() if path.is_file()]
    left = _LIMIT
    for path in sorted(entries, key=lambda path: path.stat().st_mtime, reverse=True):
        name, _, checksum = path.name.rpartition(".")
        left -= path.stat().st_size
        with suppress(FileNotFoundError):  # another process was faster
            # Two processes that compiled the same at once have left it twice.
            if left < 0 or (own / name).exists() or checksum != _checksum(path):
                path.unlink()
            else:
                (own / name).hardlink_to(path)


def publish(own: Path, shared: Path) -> None:
    """Move the programs in `own` that are no links to those in `shared` there."""
    for path in own.iterdir():
        if path.stat().st_nlink == 1:
            path.replace(shared / f"{path.name}.{_checksum(path)}")


def _checksum(path: Path) -> str:
    return f"{zlib.crc32(path.read_bytes()):08x}"


def _leave(own: Path, shared: Path) -> None:
    with suppress(OSError):
        publish(own, shared)
    shutil.rmtree(own, ignore_errors=True)


def _remove_abandoned(shared: Path) -> None:
    for folder in shared.glob(f"{_OWN}*"):
        if time.time() - folder.stat().st_mtime > _ABANDONED:
            shutil.rmtree(folder, ignore_errors=True)
