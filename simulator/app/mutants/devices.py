"""Mutants of init, devices, contexts and errors (rules g and i)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from acl_api.table import device as device_rows
from acl_api.table.row import Check
from simulator.app.mutants.mutant import Mutant
from simulator.app.mutants.patches import Function, Patches
from simulator.base.errors import Fault
from simulator.core.operations import devices
from simulator.core.runtime import Caller, Runtime

# Private names are cut where it hurts, and the model's objects go through unchanged.
# ruff: noqa: SLF001, ANN401


def _init_again(patch: Patches) -> None:
    def lenient(right: Function) -> Function:
        def init(rt: Any, config: str | None) -> object:
            result = right(rt, config)
            return None if result is Fault.REPEAT_INITIALIZE else result

        return init

    patch.function(devices.init, lenient)


def _finalize_counts(patch: Patches) -> None:
    def counting(right: Function) -> Function:
        def finalize(rt: Any) -> object:
            if rt.init_count > 1:
                rt.init_count -= 1
                return None
            return right(rt)

        return finalize

    patch.function(devices.finalize, counting)


def _reference_finalizes(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def finalize_reference(rt: Any) -> object:
            rt.init_count = min(rt.init_count, 1)
            return right(rt)

        return finalize_reference

    patch.function(devices.finalize_reference, hasty)


def _first_reset_counts(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def reset_device(rt: Any, device: Any) -> object:
            device.primary_refs = min(device.primary_refs, 1)
            return right(rt, device)

        return reset_device

    patch.function(devices.reset_device, hasty)


def _reset_too_often(patch: Patches) -> None:
    def lenient(right: Function) -> Function:
        def reset_device(rt: Any, device: Any) -> object:
            result = right(rt, device)
            return None if result is Fault.CONTEXT_GONE else result

        return reset_device

    patch.function(devices.reset_device, lenient)


def _reset_drops(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def tear_down(rt: Any, context: Any, *args: object) -> object:
            for stream in context.streams:
                stream.drop("its device was reset")
            return right(rt, context, *args)

        return tear_down

    patch.function(devices._tear_down, hasty)


def _device_modulo(patch: Patches) -> None:
    def anyone(me: Any, value: Any) -> object:
        return me.rt.devices[value % len(me.rt.devices)]

    def lenient(checks: list[Check]) -> list[Check]:
        return [
            check if check.lookup is None else replace(check, lookup=anyone, quick="") for check in checks
        ]

    patch.checks("acl.rt.set_device", lenient)


def _one_default_stream(patch: Patches) -> None:
    def sharing(right: Function) -> Function:
        def make_context(rt: Any, device: Any, *, primary: bool) -> Any:
            context = right(rt, device, primary=primary)
            if context is not None and not primary and device.primary is not None:
                context.default_stream = device.primary.default_stream
            return context

        return make_context

    patch.function(devices._make_context, sharing)


def _context_outlives(patch: Patches) -> None:
    patch.attribute(Caller, "live_context", property(lambda me: me.context))


def _context_for_all(patch: Patches) -> None:
    def sharing(right: Function) -> Function:
        def caller(rt: Any) -> Any:
            me = right(rt)
            me.context = me.context or rt.devices[0].primary
            return me

        return caller

    patch.method(Runtime, "caller", sharing)


def _any_context(patch: Patches) -> None:
    patch.checks(
        "acl.mdl.execute_async", lambda checks: [check for check in checks if check.code != _OTHER_CONTEXT]
    )


def _error_stays(patch: Patches) -> None:
    patch.function(device_rows._take_last_error, lambda _right: lambda _rt, me, _level: (me.last_error,))


_OTHER_CONTEXT: Final = 107003

MUTANTS: Final = (
    Mutant("second-init-accepted", "the second init returns 0", _init_again, ("g1",)),
    Mutant("finalize-counts", "finalize counts down", _finalize_counts, ("g2",)),
    Mutant("finalize-reference-ends", "finalize_reference ends everything", _reference_finalizes, ("g2b",)),
    Mutant("any-device", "devices that are not there are accepted", _device_modulo, ("g5",)),
    Mutant("references-ignored", "the first reset_device tears down", _first_reset_counts, ("g6",)),
    Mutant("reset-too-often", "one reset_device too many returns 0", _reset_too_often, ("g6",)),
    Mutant("reset-drops-tasks", "resetting a device drops its tasks", _reset_drops, ("g6b",)),
    Mutant("one-default-stream", "all contexts share a default stream", _one_default_stream, ("g9",)),
    Mutant("context-outlives", "a destroyed context can still be used", _context_outlives, ("g10",)),
    Mutant("context-for-all", "new threads have a current context", _context_for_all, ("g12",)),
    Mutant("any-context", "a stream may be used in any context", _any_context, ("a7",)),
    Mutant("last-error-stays", "taking the last error does not forget it", _error_stays, ("i6",)),
)
