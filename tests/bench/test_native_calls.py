"""What a call of the surface costs on the native backend, against a bare call through cffi in the same run."""

from __future__ import annotations

from pathlib import Path
from timeit import repeat
from typing import Any

import pytest

from acl_api.arguments import Flavour
from acl_api.backends.native.backend import NativeBackend
from acl_api.backends.recording import RecordingBackend
from acl_api.table import ROWS
from tests.cabi.building import has_compiler
from tests.native.stubs import compiled_stub

SOURCE = """\
#include <stdint.h>
int aclrtSynchronizeStream(void *stream) { return 0; }
int aclrtStreamQuery(void *stream, int *status) { *status = 1; return 0; }
"""
CALLS, ROUNDS = 20_000, 5
# Loose: what is asserted is that no call has become ten times as dear.
LIMITS = {"synchronize_stream": 4.0, "stream_query": 4.0}


def best(call: Any) -> float:
    """The best time of one call, in ns."""
    return min(repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e9


@pytest.mark.bench
@pytest.mark.skipif(not has_compiler(), reason="takes gcc")
def test_a_native_call_against_a_bare_one(tmp_path: Path):
    file = compiled_stub(tmp_path, text=SOURCE)
    from cffi import FFI

    ffi: Any = FFI()
    ffi.cdef("int aclrtSynchronizeStream(uintptr_t s); int aclrtStreamQuery(uintptr_t s, int *status);")
    library = ffi.dlopen(str(file))
    sync, query, new = library.aclrtSynchronizeStream, library.aclrtStreamQuery, ffi.new

    def bare_query() -> tuple[int, int]:
        status = new("int *")
        code = query(1, status)
        return status[0], code

    bare = {"synchronize_stream": best(lambda: sync(1)), "stream_query": best(bare_query)}
    backend = NativeBackend(file)
    for name, limit in LIMITS.items():
        row = ROWS[f"acl.rt.{name}"]
        call = backend.bind(row, Flavour.PYTHON)
        recorded = RecordingBackend(backend).bind(row, Flavour.PYTHON)
        assert call(1) == ((1, 0) if name == "stream_query" else 0)
        ours, kept = best(lambda call=call: call(1)), best(lambda call=recorded: call(1))
        print(
            f"{name}: {ours:.0f} ns, {ours / bare[name]:.2f} of a bare call's {bare[name]:.0f} ns; "
            f"recorded {kept:.0f} ns"
        )
        assert ours / bare[name] < limit
