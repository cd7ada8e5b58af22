"""The end of a program whose threads are its own business: what the interpreter does before it ends."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread


# Where a thread is that has come to its last line and waits for the others.
AT_END: Final = "the end of the program"


def end_program(first: HostThread) -> None:
    """Shut executors down, wait for the threads that are no daemons, and run the atexit functions.

    In the interpreter's own order; a second time, at its own end, nothing is left to do. *first* is the calling
    thread: nobody sees a line of the program in it meanwhile.
    """
    first.site = AT_END
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - what Py_FinalizeEx calls
    first.site = None
    atexit._run_exitfuncs()  # noqa: SLF001 - same
