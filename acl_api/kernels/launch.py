"""What the function of a kernel is given: its arguments, how many blocks, and memory as numpy arrays."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray

    from simulator.core.kernels import KernelCall


class Launch:
    """One launch of a kernel."""

    __slots__ = ("_call",)

    def __init__(self, call: KernelCall) -> None:
        self._call = call

    def __repr__(self) -> str:
        return repr(self._call)

    @property
    def name(self) -> str:
        """The kernel's name."""
        return self._call.name

    @property
    def block_dim(self) -> int:
        """How many blocks it was launched with; the function does the work of all of them."""
        return self._call.block_dim

    @property
    def args(self) -> bytes:
        """The arguments as the kernel gets them, with the data of placeholders behind them."""
        return self._call.args

    def unpack(self, layout: str) -> tuple[int | float | bytes, ...]:
        """Return arguments by a layout as of `struct`, such as "<QQI": two addresses and a number.

        Raises struct.error where there are not so many bytes.
        """
        return struct.unpack_from(layout, self._call.args)

    def pointer(self, index: int) -> int:
        """Return argument *index* of a kernel all of whose arguments take eight bytes. Raises IndexError."""
        if not 0 <= index < len(self._call.args) // 8:
            msg = f"there are {len(self._call.args) // 8} arguments of eight bytes, and no number {index}"
            raise IndexError(msg)
        return int.from_bytes(self._call.args[8 * index : 8 * index + 8], "little")

    def array(
        self, address: int, shape: int | Sequence[int], dtype: DTypeLike = "uint8"
    ) -> NDArray[np.generic]:
        """Return memory of the device as an array to read and write, without a copy.

        Raises `BadAccessError` where the device cannot reach it, or the kernel does not say that it does.
        """
        import numpy as np

        lengths = (shape,) if isinstance(shape, int) else tuple(shape)
        kind = np.dtype(dtype)
        view = self._call.view(address, prod(lengths) * kind.itemsize)
        return np.frombuffer(view, kind).reshape(lengths)
