"""Oracles of the rules about init, devices, contexts and errors (rules g and i)."""

from __future__ import annotations

from typing import Final

import acl_api as acl
from simulator.app.kit.oracles.bench import Bench, Oracle


def _second_init(bench: Bench) -> None:
    codes = [acl.init(), acl.init()]
    bench.equal("the codes of init called twice", codes, [0, 100002])


def _finalize(bench: Bench) -> None:
    codes = [acl.init(), acl.init(), acl.finalize(), acl.finalize()]
    bench.equal("the codes of two init and two finalize", codes, [0, 100002, 0, 100037])


def _finalize_reference(bench: Bench) -> None:
    codes = [acl.init(), acl.init()]
    left = [acl.finalize_reference()[0], acl.finalize_reference()[0]]
    bench.equal("what two init and two finalize_reference come to", (codes, left), ([0, 100002], [1, 0]))


def _references(bench: Bench) -> None:
    bench.equal("set_device", bench.rt.set_device(0), 0)  # the second time
    stream = bench.stream()
    bench.equal("reset_device", bench.rt.reset_device(0), 0)
    bench.sync(stream)
    bench.equal("reset_device", bench.rt.reset_device(0), 0)
    bench.equal("one reset_device too many", bench.rt.reset_device(0), 507007)


def _reset_waits(bench: Bench) -> None:
    bench.model()(bench.stream())
    bench.equal("reset_device", bench.rt.reset_device(0), 0)
    bench.equal("what the device had run when it was reset", bench.ran(), ["model1"])


def _unknown_device(bench: Bench) -> None:
    bench.equal("set_device of a device that is not there", bench.rt.set_device(2), 107001)


def _own_default_stream(bench: Bench) -> None:
    run = bench.model()
    context, code = bench.rt.create_context(0)
    bench.equal("create_context", code, 0)
    bench.equal("a launch on the default stream of a context", run(0), 0)
    bench.sync(0)
    bench.equal("destroy_context", bench.rt.destroy_context(context), 0)


def _destroyed_context(bench: Bench) -> None:
    context, _ = bench.rt.create_context(0)
    bench.equal("destroy_context", bench.rt.destroy_context(context), 0)
    bench.equal("create_stream in a destroyed context", bench.rt.create_stream(), (0, 107002))


def _context_per_thread(bench: Bench) -> None:
    bench.equal("create_stream in a new thread", bench.in_thread(bench.rt.create_stream), (0, 107002))


def _other_context(bench: Bench) -> None:
    stream, run = bench.stream(), bench.model()
    bench.rt.create_context(0)
    bench.equal("a launch on a stream of another context", run(stream), 107003)


def _last_error(bench: Bench) -> None:
    bench.rt.reset_device(1)
    peek, get = bench.rt.peek_at_last_error, bench.rt.get_last_error
    seen = [peek(0), get(0), get(0)]
    bench.equal("the last error, looked at, taken, and taken again", seen, [507007, 507007, 0])


ORACLES: Final = (
    Oracle("g1", "the second init says so", _second_init),
    Oracle("g2", "finalize ends everything, whatever the count", _finalize),
    Oracle("g2b", "finalize_reference counts down", _finalize_reference),
    Oracle("g5", "a device that is not there is refused", _unknown_device),
    Oracle("g6", "a device is counted", _references),
    Oracle("g6b", "resetting a device waits for its tasks", _reset_waits),
    Oracle("g9", "each context has a default stream of its own", _own_default_stream),
    Oracle("g10", "nobody works in a destroyed context", _destroyed_context),
    Oracle("g12", "each thread has a current context of its own", _context_per_thread),
    Oracle("a7", "a stream belongs to its context", _other_context),
    Oracle("i6", "the last error is forgotten when it was taken", _last_error),
)
