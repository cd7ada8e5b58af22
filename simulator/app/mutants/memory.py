"""Mutants of memory and copies (rules h)."""

from __future__ import annotations

from typing import Any, Final

from simulator.app.mutants.mutant import Mutant
from simulator.app.mutants.patches import Function, Patches
from simulator.core.operations import allocations, memory
from simulator.core.streams import Stream
from simulator.core.tasks import EffectTask, SetTask

# Private names are cut where it hurts, and the model's objects go through unchanged.
# ruff: noqa: ANN401

_MS: Final = 1_000_000


def _lands_early(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def memcpy_async(rt: Any, me: Any, destination: int, source: int, count: int, *args: Any) -> object:
            result = right(rt, me, destination, source, count, *args)
            if result is None:
                memory.copy_effect(rt, destination, source, count)
            return result

        return memcpy_async

    patch.function(memory.memcpy_async, hasty)


def _lands_late(patch: Patches) -> None:
    def tardy(right: Function) -> Function:
        def land(stream: Stream) -> None:
            head = stream.queue[0] if stream.queue else None
            if not isinstance(head, SetTask):
                right(stream)
                return
            effect = head.effect
            stream.kernel.after(_MS, lambda: _do(effect))
            stream.finish()

        return land

    patch.method(Stream, "land", tardy)


def _do(effect: Function) -> None:
    effect()


def _never_lands(patch: Patches) -> None:
    def lazy(right: Function) -> Function:
        def land(stream: Stream) -> None:
            if stream.queue and isinstance(stream.queue[0], EffectTask):
                stream.finish()
            else:
                right(stream)

        return land

    patch.method(Stream, "land", lazy)


def _one_byte_less(patch: Patches) -> None:
    patch.function(
        memory.copy_effect,
        lambda right: lambda rt, destination, source, count: right(rt, destination, source, count - 1),
    )


def _leaks(patch: Patches) -> None:
    def forgetful(right: Function) -> Function:
        def free(rt: Any, address: int, place: Any) -> object:
            used = [device.memory_used for device in rt.devices]
            result = right(rt, address, place)
            for device, before in zip(rt.devices, used, strict=True):
                device.memory_used = before
            return result

        return free

    patch.function(allocations.free, forgetful)


def _copy_waits(patch: Patches) -> None:
    def patient(right: Function) -> Function:
        def memcpy(rt: Any, *args: int) -> object:
            contexts = [context for device in rt.devices for context in device.contexts]
            for stream in (stream for context in contexts for stream in context.streams):
                if not stream.idle:
                    wait = stream.wait_settled("memcpy", stream.submitted)
                    wait.then = lambda _: memcpy(rt, *args)
                    return wait
            return right(rt, *args)

        return memcpy

    patch.function(memory.memcpy, patient)


def _pageable_at_once(patch: Patches) -> None:
    patch.function(memory.after_stream, lambda _right: lambda _rt, _stream, then: then())


def _any_length(patch: Patches) -> None:
    patch.checks("acl.rt.memcpy", lambda checks: [check for check in checks if check.code != _TOO_LONG])


_TOO_LONG: Final = 107000

MUTANTS: Final = (
    Mutant("copy-lands-early", "a copy has moved its bytes before its turn", _lands_early, ("h5",)),
    Mutant("copy-never-lands", "copies move no bytes", _never_lands, ("h5",)),
    Mutant("copy-one-byte-short", "a copy leaves its last byte out", _one_byte_less, ("h5",)),
    Mutant("set-lands-late", "a set changes its bytes after it has ended", _lands_late, ("h6",)),
    Mutant("free-leaks", "freed memory stays taken", _leaks, ("h2",)),
    Mutant("copy-waits-for-streams", "memcpy waits for all streams", _copy_waits, ("h4",)),
    Mutant("pageable-copy-passes", "a copy of pageable memory does not wait", _pageable_at_once, ("h5b",)),
    Mutant("any-copy-length", "a copy may be longer than its destination", _any_length, ("h4b",)),
)
