"""Between the bytes of tensors and numpy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.core.tensors import Tensor

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def array_of(tensor: Tensor) -> Array:
    """Return a read-only view of a tensor; bfloat16, which numpy lacks, comes as uint16."""
    import numpy as np

    array = np.frombuffer(tensor.data, dtype_of(tensor.dtype))
    return array.reshape(tensor.shape)


def tensor_of(array: Array, dtype: str | None = None) -> Tensor:
    """Return the bytes of an array, in C order, as a tensor; *dtype* says what uint16 stands for."""
    import numpy as np

    whole = np.ascontiguousarray(array).reshape(array.shape)
    return Tensor(whole.reshape(-1).view(np.uint8).data, whole.shape, dtype or whole.dtype.name)


def dtype_of(name: str) -> str:
    """Return the numpy type in which elements of that type are shown."""
    return "uint16" if name == "bfloat16" else name
