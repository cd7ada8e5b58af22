"""What runs inside libascendcl.so: the functions that its C side calls, and what is written at the end.

`ACLSIM_TRACE=FILE` keeps what happened, for `aclsim check`; `ACLSIM_FAULTS` declares what is to go wrong, separated
by semicolons (docs/faults.md).
"""

from __future__ import annotations

import atexit
import sys
from typing import Any, Final

from acl_api.cabi.engine import Engine
from acl_api.cabi.front import stamp
from acl_api.cabi.library import Library
from acl_api.settings import read_settings
from simulator.app.mutants.environment import apply_from_environment
from simulator.base.errors import UserError
from simulator.core.operations.devices import lose_everything

_TRACE: Final = "ACLSIM_TRACE"
_FAILED: Final = -1


class Embedded:
    """The C side's view of Python: opened once, called, and left at the end of the process."""

    def __init__(self, ffi: Any, engine: Any) -> None:  # noqa: ANN401 - cffi's objects have no types
        self._ffi = ffi
        self._engine = engine
        self.library: Library | None = None
        self._trace = ""
        self._left = False

    def __repr__(self) -> str:
        return f"<embedded {self.library!r}>"

    def open(self) -> int:
        """Open the library; 0, or -1 after a line on stderr that says why not."""
        made = bytes(self._ffi.string(self._engine.aclsim_stamp())).decode()
        try:
            _check_stamp(made)
            apply_from_environment()
            asked = read_settings()
            self.library = Library(self._ffi, self._engine, asked)
            self._trace = asked.trace
            self._ffi.def_extern("aclsim_call", error=_FAILED)(self.library.call)
        except UserError as error:
            sys.stderr.write(f"aclsim: libascendcl.so: {error}\n")
            return _FAILED
        atexit.register(self._leave_with_python)
        return 0

    def _leave_with_python(self) -> None:
        # The program is written in Python, and its interpreter ends: nobody has come through the gate.
        self._engine.aclsim_gate_enter()
        self.leave()
        self._engine.aclsim_gate_leave()

    def leave(self) -> None:
        """Write what was asked for; threads that are blocked inside stay there, the process ends around them."""
        library = self.library
        if self._left or library is None or not self._trace:
            return
        self._left = True
        session = library.session
        session.host.enter()
        lose_everything(session.runtime, "the program ended while it was pending")
        session.host.leave()
        _write_trace(self._trace, library)


def _check_stamp(made: str) -> None:
    if made != stamp():
        raise UserError("it was built for another version of aclsim: run `aclsim build-lib` again")


def _write_trace(name: str, library: Library) -> None:
    from simulator.export.tracefile import Ending, write_trace

    session = library.session
    if session.trace is None:
        return
    try:
        ending = Ending("done", session.kernel.now, "the program ended", whole=False)
        write_trace(_TRACE, name, session.trace, ending, {"soc": session.profile.key})
    except UserError as error:
        sys.stderr.write(f"aclsim: {error}\n")


def serve(ffi: Any, engine: Engine) -> None:  # noqa: ANN401 - cffi's objects have no types
    """Give the C side its functions."""
    embedded = Embedded(ffi, engine)

    ffi.def_extern("aclsim_open", error=_FAILED)(embedded.open)
    ffi.def_extern("aclsim_leave")(embedded.leave)
