"""Objects that must be lists: what the binding makes of their elements, and its exceptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

Reader = Callable[[object], tuple[int, ...]]


def list_of_ints(no_list: str, misfit: str, *, bits: int, signed: bool) -> Reader:
    """Return a reader of lists of ints; ValueError says *no_list*, or *misfit* for elements of another kind or size.

    The binding asks a C function of so many bits for each element, and then cuts it to what the call takes.
    """
    smallest, largest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)

    def read(value: object) -> tuple[int, ...]:
        if not isinstance(value, list):
            raise ValueError(no_list)  # noqa: TRY004 - the binding's own
        elements = cast("Sequence[object]", value)
        if not all(isinstance(one, int) and smallest <= one <= largest for one in elements):
            raise ValueError(misfit)
        return tuple(int(cast("int", one)) for one in elements)

    return read
