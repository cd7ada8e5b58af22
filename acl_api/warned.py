"""Warnings of the binding, as the program gets them: about its own line."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

from simulator.engine.hosts.places import is_ours


def warn_program(text: str) -> None:
    """Warn about the program's line, however many frames of ours lie in between."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - its documented name
    while frame is not None and frame.f_back is not None and is_ours(frame):
        frame = frame.f_back
    if frame is not None:
        names = frame.f_globals
        registry = names.setdefault("__warningregistry__", {})
        where = frame.f_code.co_filename
        warnings.warn_explicit(text, Warning, where, frame.f_lineno, names.get("__name__"), registry)
