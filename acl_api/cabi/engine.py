"""What the C side offers to Python: see `source/engine.c`."""

from __future__ import annotations

from typing import Any, Protocol

from acl_api.cabi.memory import Ffi


class Engine(Protocol):
    """What the C side offers (`source/engine.c`)."""

    def aclsim_invoke(self, type: int, function: int, cells: list[int]) -> int:
        """Call a function of the program's."""

    def aclsim_departures(self) -> Any:  # noqa: ANN401 - cffi's objects have no types
        """Return where it stands how many threads have ended and were not asked for yet."""

    def aclsim_gate_enter(self) -> None:
        """Come in."""

    def aclsim_gate_leave(self) -> None:
        """Let others in."""

    def aclsim_seat_new(self) -> Any:  # noqa: ANN401 - same
        """Return a new seat."""

    def aclsim_seat_ring(self, seat: Any) -> None:  # noqa: ANN401 - same
        """Wake who rests there."""

    def aclsim_seat_rest(self, seat: Any, ns: int) -> int:  # noqa: ANN401 - same
        """Rest until the seat is rung, or for so long."""

    def aclsim_departed(self, ids: Any, room: int) -> int:  # noqa: ANN401 - cffi's objects have no types
        """Take the ids of threads that have ended."""

    def aclsim_file(self, address: int, path: Any, room: int) -> int:  # noqa: ANN401 - same
        """Write the path of the file that holds an address; returns where it lies, 0 when nobody knows."""

    def aclsim_plain(self, name: bytes, text: Any, room: int) -> None:  # noqa: ANN401 - same
        """Write the name of a C++ function as it was declared."""

    def aclsim_name(self, number: int) -> Any:  # noqa: ANN401 - same
        """Return the name of the function with that number."""


def text_of(ffi: Ffi, pointer: Any) -> str:  # noqa: ANN401 - cffi's objects have no types
    """Return the characters up to NUL at a C pointer."""
    return bytes(ffi.string(pointer)).decode(errors="replace")
