"""Exceptions of the surface itself; the runtime's own failures are integer codes, never exceptions."""

from __future__ import annotations


class DeadlockError(Exception):
    """The program can never go on; the text is the wait-for chain in sentences.

    Raised in the program's first thread when it drives the simulator itself. A run that is only observed to
    stall, or to use up its budget, raises it too: `kind` tells ("deadlock", "stalled", "inconclusive").
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class UnknownNameError(AttributeError):
    """The program asked a module of the binding for a name that it does not have; `hasattr` says so, too."""


class MissingSymbolError(AttributeError):
    """The library behind the native backend is older than the surface: it has no such function."""


class NotCallableError(AttributeError):
    """The native backend does not know how a function of the library takes what the binding's is given."""
