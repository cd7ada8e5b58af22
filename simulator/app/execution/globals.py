"""The program's last objects: those in its own module, whose finalizers Python runs after the exit functions."""

from __future__ import annotations

import gc
import sys
from types import ModuleType

_MAIN = "__main__"


def let_go() -> None:
    """Drop the program's module, so that `__del__` of what lies in its variables runs, as at Python's own end.

    Programs in the wild release their device there. As with Python, the finalizers find the module's other
    names still in place, because all of it becomes garbage at once; and nothing is finalized that a thread's
    frame still reaches.
    """
    main = sys.modules.get(_MAIN)
    if main is None:
        return
    # Not emptied: a finalizer that is found by counting references would then miss its imports.
    empty = ModuleType(_MAIN)
    empty.__file__ = getattr(main, "__file__", None)
    sys.modules[_MAIN] = empty
    del main
    gc.collect()
