"""Numbers of 128 bits as text, for whole columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS = 32
_PAIRS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)


def hex_texts(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> pa.StringArray:
    """Numbers as 32 lower-case hexadecimal digits.

    Args:
        high: their upper 64 bits.
        low: their lower 64 bits, as many.
    """
    import pyarrow as pa

    parts = np.stack([high, low], axis=1).astype(">u8")
    text = _PAIRS[parts.view(np.uint8)]
    offsets = np.arange(0, (len(high) + 1) * _DIGITS, _DIGITS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(high), pa.py_buffer(offsets), pa.py_buffer(text))
