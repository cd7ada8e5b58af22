"""Functions that a program has registered for the states of streams and devices (rule g15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime

STREAM_CREATED: Final = 1
STREAM_DESTROYED: Final = 2
DEVICE_SET_PRE: Final = 0
DEVICE_SET_POST: Final = 1
DEVICE_RESET_PRE: Final = 2
DEVICE_RESET_POST: Final = 3

Function = Callable[[int, int, object], object]


class StateListeners:
    """Functions by the names they were registered under, each with its argument; called in the order of the names."""

    __slots__ = ("_functions",)

    def __init__(self) -> None:
        self._functions: dict[str, tuple[Function, object]] = {}

    def __repr__(self) -> str:
        return f"<state listeners {sorted(self._functions)}>"

    def register(self, name: str, function: Function | None, argument: object) -> Fault | None:
        """Register a function, or take back that of *name* with None; PARAM_INVALID for a name that is taken."""
        if function is None:
            self._functions.pop(name, None)
            return None
        if name in self._functions:
            return Fault.PARAM_INVALID
        self._functions[name] = function, argument
        return None

    def tell(self, rt: Runtime, what: int, state: int) -> None:
        """Call them all, in the calling thread: *what* is the handle of a stream, or the number of a device.

        One that raises is said and passed over: in C there are no exceptions, and the others must hear of it.
        """
        for name, (function, argument) in sorted(self._functions.items()):
            if rt.host.monitored:
                rt.host.leave()
            try:
                function(what, state, argument)
            except Exception as error:  # noqa: BLE001 - whatever the program's function raises
                rt.note(
                    "state-callback-raised",
                    f"the function registered as {name!r} raised {type(error).__name__}: {error}",
                    "g15",
                )
            finally:
                if rt.host.monitored:
                    rt.host.enter()
