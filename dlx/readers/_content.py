"""Content of examples: BLAKE2b of the raw input, numbers as float64, whatever they were stored as."""

from __future__ import annotations

import numpy as np

from dlx.dataset import content_hash

__all__ = ["hash_rows"]

#: values turned into float64 at a time, so that a large uint8 array never exists eight times larger
_CHUNK = 8_000_000


def hash_rows(numbers: np.ndarray, texts: np.ndarray | None = None) -> list[str]:
    """One hash per example.

    Args:
        numbers: (n, …) numbers of any dtype; every NaN is the same NaN and -0.0 is 0.0.
        texts: (n, k) str, or None.
    """
    n = len(numbers)
    flat = numbers.reshape(n, -1)
    step = max(1, _CHUNK // max(flat.shape[1], 1))
    hashes: list[str] = []
    for start in range(0, n, step):
        block = np.asarray(flat[start : start + step], dtype=np.float64) + 0.0  # + 0.0 turns -0.0 into 0.0
        block[np.isnan(block)] = np.nan
        if texts is None:
            hashes.extend(content_hash(row.tobytes()) for row in block)
        else:
            rows = texts[start : start + step]
            hashes.extend(
                content_hash(row.tobytes(), *(str(text).encode() for text in words))
                for row, words in zip(block, rows, strict=True)
            )
    return hashes
