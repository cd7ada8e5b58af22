"""Oracles of the rules about memory (rules h)."""

from __future__ import annotations

import ctypes
from typing import Final

from simulator.app.kit.oracles.bench import D2H, H2D, MS, Bench, Oracle

_SIZE = 64
_OLD, _NEW = 0x11, 0x22
_NEW_BYTES: Final = bytes([_NEW]) * _SIZE


def _device_filled(bench: Bench) -> int:
    memory = bench.device_memory(_SIZE)
    bench.equal("memset", bench.rt.memset(memory, _SIZE, _NEW, _SIZE), 0)
    return memory


def _copy_in_its_place(bench: Bench) -> None:
    memory, host = _device_filled(bench), bench.pinned(_SIZE, _OLD)
    stream = bench.gated()
    bench.equal("memcpy_async", bench.rt.memcpy_async(host, _SIZE, memory, _SIZE, D2H, stream), 0)
    early = ctypes.string_at(host, _SIZE)
    bench.equal("the bytes that a held copy has moved", early, bytes([_OLD]) * _SIZE)
    bench.open_gate()
    bench.sync(stream)
    bench.equal("the bytes that the copy has moved", ctypes.string_at(host, _SIZE), _NEW_BYTES)


def _set_in_its_place(bench: Bench) -> None:
    memory, host = bench.device_memory(_SIZE), bench.pinned(_SIZE)
    stream = bench.stream()
    bench.equal("memset_async", bench.rt.memset_async(memory, _SIZE, _NEW, _SIZE, stream), 0)
    bench.equal("memcpy_async", bench.rt.memcpy_async(host, _SIZE, memory, _SIZE, D2H, stream), 0)
    bench.sync(stream)
    bench.equal("the bytes of a set that a copy behind it brings", ctypes.string_at(host, _SIZE), _NEW_BYTES)


def _pageable(bench: Bench) -> None:
    memory, stream = bench.device_memory(_SIZE), bench.stream()
    host = (ctypes.c_ubyte * _SIZE)()
    bench.model(3 * MS)(stream)
    code = bench.rt.memcpy_async(memory, _SIZE, ctypes.addressof(host), _SIZE, H2D, stream)
    bench.equal("memcpy_async", code, 0)
    bench.equal("the stream after a copy of pageable memory", bench.rt.stream_query(stream), (0, 0))


def _copy_of_its_own(bench: Bench) -> None:
    memory, host = _device_filled(bench), bench.pinned(_SIZE)
    bench.gated()  # a stream that goes on only when the caller polls: not what memcpy waits for
    bench.equal("memcpy", bench.rt.memcpy(host, _SIZE, memory, _SIZE, D2H), 0)
    bench.equal("the bytes that memcpy has moved", ctypes.string_at(host, _SIZE), _NEW_BYTES)


def _freed(bench: Bench) -> None:
    before = bench.rt.get_mem_info(1)
    memory = bench.device_memory(_SIZE)
    bench.equal("free", bench.rt.free(memory), 0)
    bench.equal("the memory that is left after what was taken was freed", bench.rt.get_mem_info(1), before)
    code = bench.rt.memset(memory, _SIZE, _NEW, _SIZE)
    if code == 0:
        bench.equal("memset of freed memory", code, "an error")


def _bounds(bench: Bench) -> None:
    memory, host = bench.device_memory(2 * _SIZE), bench.pinned(2 * _SIZE)
    code = bench.rt.memcpy(memory, _SIZE, host, _SIZE + 1, H2D)
    bench.equal("memcpy of more than the caller says there is room for", code, 107000)
    bench.equal("memcpy of nothing", bench.rt.memcpy(memory, _SIZE, host, 0, H2D), 0)


ORACLES: Final = (
    Oracle("h2", "what is freed is free", _freed),
    Oracle("h4", "memcpy waits for no stream", _copy_of_its_own),
    Oracle("h4b", "a copy is no longer than its destination", _bounds),
    Oracle("h5", "a copy moves its bytes in its place on the stream", _copy_in_its_place),
    Oracle("h5b", "a copy of pageable memory waits for the stream", _pageable),
    Oracle("h6", "a set has changed its bytes when the next task begins", _set_in_its_place),
)
