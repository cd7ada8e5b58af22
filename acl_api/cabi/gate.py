"""The gate that libascendcl.so keeps in front of Python, as the host sees it (`source/front.c`)."""

from __future__ import annotations

from acl_api.cabi.engine import Engine


class EngineGate:
    """Implements `free_gate.Gate` by the C side's functions."""

    def __init__(self, engine: Engine) -> None:
        self.enter = engine.aclsim_gate_enter
        self.leave = engine.aclsim_gate_leave
        self.seat = engine.aclsim_seat_new
        self.ring = engine.aclsim_seat_ring
        self.rest = engine.aclsim_seat_rest

    def __repr__(self) -> str:
        return "<gate of the library>"
