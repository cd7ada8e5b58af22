"""Exploration: a program in all orders that matter, and what that proves.

`explore(FunctionSubject(function))` runs a Python function in one order after the other; `Exploration` says whether
it holds and within which bounds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.explore.bounds import Bounds
    from simulator.explore.exploring import Progress, explore
    from simulator.explore.function import FunctionSubject
    from simulator.explore.subject import Failure, Seen, Subject
    from simulator.explore.verdict import Exploration, Verdict

__all__ = [
    "Bounds",
    "Exploration",
    "Failure",
    "FunctionSubject",
    "Progress",
    "Seen",
    "Subject",
    "Verdict",
    "explore",
]

# Loaded on first use: a token is read without the machine it speaks of.
_MODULES: Final = {
    "Bounds": "bounds",
    "Exploration": "verdict",
    "Failure": "subject",
    "FunctionSubject": "function",
    "Progress": "exploring",
    "Seen": "subject",
    "Subject": "subject",
    "Verdict": "verdict",
    "explore": "exploring",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
