"""What TensorFlow, XLA and the libraries of linear algebra read from the environment when they are loaded.

Conventions: what the user has set stays. Processes that are started later inherit all of it, the folder of compiled
programs included.
"""

import os

from tfreg.process.program_cache import use_program_cache


def prepare_tensorflow() -> None:
    """Set how TensorFlow computes and where XLA keeps its programs; to be called before TensorFlow is loaded."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # oneDNN may add in another order from one call to the next; the same machine must give the same bits.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    # XLA asks for 256-bit vectors by default; with the processor's full width exp and log take two thirds of the time.
    # A processor without AVX-512 is unaffected. Flags that the user has set come last and so win.
    width = "--xla_cpu_prefer_vector_width=512"
    if width not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{width} {os.environ.get('XLA_FLAGS', '')}".strip()
    use_program_cache()


def one_thread_each() -> None:
    """Let the processes that this one starts compute with one thread each, as there is one of them for each core."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
