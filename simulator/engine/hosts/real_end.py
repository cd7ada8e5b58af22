"""The end of a program whose threads are its own business: what the interpreter does before it ends."""

from __future__ import annotations

import atexit
import threading


def end_program() -> None:
    """Shut executors down, wait for the threads that are no daemons, and run the atexit functions.

    In the interpreter's own order; a second time, at its own end, nothing is left to do.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - what Py_FinalizeEx calls
    atexit._run_exitfuncs()  # noqa: SLF001 - same
