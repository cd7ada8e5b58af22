"""Whether declared faults had an occasion: one whose name is wrong never strikes, and a pass is one without it."""

from __future__ import annotations

from collections.abc import Sequence

from acl_api.faults import parse_fault
from simulator.base.remarks import FaultInjected
from simulator.base.trace import Chosen
from simulator.engine.choice import First
from simulator.explore.subject import Subject


def idle_faults(subject: Subject, faults: Sequence[str]) -> tuple[str, ...]:
    """Return those of *faults* that neither strike nor could in a friendly run of *subject*."""
    if not faults:
        return ()
    seen: set[str] = set()
    trace = subject.run(First(), detail=True).trace
    for record in trace or ():
        if isinstance(record, FaultInjected):
            seen.add(record.fault)
        elif isinstance(record, Chosen) and record.kind == "fault":
            seen.update(record.among)
    specs = {fault: parse_fault(fault).spec for fault in faults}
    return tuple(fault for fault, spec in specs.items() if seen.isdisjoint((spec, fault)))
