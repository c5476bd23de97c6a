"""Starting TensorFlow without its log lines on stderr, and naming the device it computes on."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from dlx.errors import DlxError

__all__ = ["device_in_use", "fresh", "memory_errors", "start"]

#: how TensorFlow, XLA and CUDA say it where the error is not a ``ResourceExhaustedError``
_NO_MEMORY = ("RESOURCE_EXHAUSTED", "OUT_OF_MEMORY", "out of memory", "ALLOC_FAILED", "OOM when allocating")


def start(threads: int | None = None) -> None:
    """Import TensorFlow and find its devices; what its C++ part writes meanwhile is shown only if that fails.

    ``TF_CPP_MIN_LOG_LEVEL`` does not silence the lines that come before its logging is set up.

    Args:
        threads: that one operation may use, and how many may run beside one another; None for all cores. Sums are taken
            in another order with other numbers of threads, so the last digits of a fit depend on it. It can only be set
            before the first operation; later calls change nothing.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_held_back():
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        tf.config.list_physical_devices()
        tf.constant(0) + 1  # the first operation looks at the processor and says so


def fresh() -> None:
    """Let go of the models made before in this process, where a command trains several.

    TensorFlow takes them for one function that is traced again and again, and would warn at each.
    """
    start()
    import gc
    import logging

    import keras

    keras.backend.clear_session()
    gc.collect()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def device_in_use() -> str:
    """The device TensorFlow computes on, in words: ``CPU, 2 cores`` or the names of the GPUs."""
    start()
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        names = [tf.config.experimental.get_device_details(g).get("device_name", g.name) for g in gpus]
        return ", ".join(names)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"CPU, {cores} cores"


@contextlib.contextmanager
def memory_errors(rule: str, hint: str) -> Iterator[None]:
    """Turn "out of memory" of the GPU or the host into one clear message; other errors pass unchanged.

    Args:
        rule: what there was no memory for, beginning with "out of memory".
        hint: what to try.

    Raises:
        DlxError: there was not enough memory.
    """
    import tensorflow as tf

    try:
        yield
    except (tf.errors.OpError, MemoryError) as error:
        exhausted = isinstance(error, (tf.errors.ResourceExhaustedError, MemoryError))
        if not exhausted and not any(words in str(error) for words in _NO_MEMORY):
            raise
        raise DlxError(rule, where=device_in_use(), hint=hint) from error


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """C++ writes to file descriptor 2 itself, so that one is turned away, not ``sys.stderr``."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):  # no stderr at all: nothing to hold back
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
