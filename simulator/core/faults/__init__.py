"""Declared faults: what is to go wrong in a run, and how it does.

A plan is a tuple of `DeclaredFault`. Without a plan a run has none of this: queues and compiled calls are then the
plain ones.
"""

from __future__ import annotations

from simulator.core.faults.declared import DeclaredFault
from simulator.core.faults.kinds import RESOURCES, SHAPES, TEARDOWNS, FaultKind, Shape, Unit

__all__ = ["RESOURCES", "SHAPES", "TEARDOWNS", "DeclaredFault", "FaultKind", "Shape", "Unit"]
