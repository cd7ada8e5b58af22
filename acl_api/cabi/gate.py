"""The gate that libascendcl.so keeps in front of Python, as the host sees it (`source/front.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from acl_api.cabi.engine import Engine


class EngineGate:
    """Implements `free_gate.Gate` by the C side's functions."""

    def __init__(self, engine: Engine) -> None:
        self.enter: Callable[[], None] = engine.aclsim_gate_enter
        self.leave: Callable[[], None] = engine.aclsim_gate_leave
        self.seat: Callable[[], Any] = engine.aclsim_seat_new
        self.ring: Callable[[Any], None] = engine.aclsim_seat_ring
        self.rest: Callable[[Any, int], int] = engine.aclsim_seat_rest

    def __repr__(self) -> str:
        return "<gate of the library>"
