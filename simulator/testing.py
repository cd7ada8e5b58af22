"""The kit to test with: generated programs and schedules, guarantees as assertions, mutants, a state machine.

What needs hypothesis (`programs`, `schedules`, `fault_plans`, `AclMachine`) needs the extra `test`:
`pip install aclsim[test]`. Everything is loaded on first use. The guide is docs/testing.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.app.exploring.replaying import Replayed, replay
    from simulator.app.kit.checking import assert_ordered, check_program, schedule_of
    from simulator.app.kit.faults import fault_plans
    from simulator.app.kit.machine import AclMachine
    from simulator.app.kit.oracles import ORACLES
    from simulator.app.kit.programs import Plan
    from simulator.app.kit.strategies import programs, schedules
    from simulator.app.kit.world import Outcome
    from simulator.app.kit.world import run as run_program
    from simulator.app.mutants.catalogue import CATALOGUE as MUTANTS
    from simulator.app.mutants.catalogue import mutant
    from simulator.check.ordering import GUARANTEES, check_ordering
    from simulator.explore.bounds import Bounds
    from simulator.explore.exploring import explore
    from simulator.explore.function import FunctionSubject

__all__ = [
    "GUARANTEES",
    "MUTANTS",
    "ORACLES",
    "AclMachine",
    "Bounds",
    "FunctionSubject",
    "Outcome",
    "Plan",
    "Replayed",
    "assert_ordered",
    "check_ordering",
    "check_program",
    "explore",
    "fault_plans",
    "mutant",
    "programs",
    "replay",
    "run_program",
    "schedule_of",
    "schedules",
]

_KIT: Final = "simulator.app.kit"
_EXPLORE: Final = "simulator.explore"
# Where each name is, and what it is called there.
_NAMES: Final = {
    "GUARANTEES": ("simulator.check.ordering", "GUARANTEES"),
    "check_ordering": ("simulator.check.ordering", "check_ordering"),
    "MUTANTS": ("simulator.app.mutants.catalogue", "CATALOGUE"),
    "mutant": ("simulator.app.mutants.catalogue", "mutant"),
    "ORACLES": (f"{_KIT}.oracles", "ORACLES"),
    "AclMachine": (f"{_KIT}.machine", "AclMachine"),
    "Outcome": (f"{_KIT}.world", "Outcome"),
    "run_program": (f"{_KIT}.world", "run"),
    "Plan": (f"{_KIT}.programs", "Plan"),
    "programs": (f"{_KIT}.strategies", "programs"),
    "schedules": (f"{_KIT}.strategies", "schedules"),
    "fault_plans": (f"{_KIT}.faults", "fault_plans"),
    "assert_ordered": (f"{_KIT}.checking", "assert_ordered"),
    "check_program": (f"{_KIT}.checking", "check_program"),
    "schedule_of": (f"{_KIT}.checking", "schedule_of"),
    "Bounds": (f"{_EXPLORE}.bounds", "Bounds"),
    "FunctionSubject": (f"{_EXPLORE}.function", "FunctionSubject"),
    "explore": (f"{_EXPLORE}.exploring", "explore"),
    "Replayed": ("simulator.app.exploring.replaying", "Replayed"),
    "replay": ("simulator.app.exploring.replaying", "replay"),
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        msg = f"module 'simulator.testing' has no attribute {name!r}"
        raise AttributeError(msg)
    module, attribute = _NAMES[name]
    try:
        found: object = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        msg = f"simulator.testing.{name} needs hypothesis: pip install 'aclsim[test]'"
        raise ImportError(msg) from error
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(_NAMES)
