"""A test that is explored and fails an assertion was told of the assertion, and not of the race behind it."""

from __future__ import annotations

import pytest

from simulator.app.kit.marked import Marked

pytest_plugins = "pytester"
# Loaded before suites run in this process: pytest forgets what they import.
LOADED = (Marked,)


def test_the_race_is_told_with_the_line_before_which_a_sync_belongs(pytester: pytest.Pytester):
    pytester.makepyfile(
        test_early="""
import pytest

@pytest.mark.aclsim(explore=True)
def test_read(acl):
    acl.rt.set_device(0)
    stream, _ = acl.rt.create_stream()
    device, _ = acl.rt.malloc(64, 0)
    host, _ = acl.rt.malloc_host(64)
    acl.rt.memset(device, 64, 7, 64)
    acl.rt.memset(host, 64, 0, 64)
    acl.rt.memcpy_async(host, 64, device, 64, 2, stream)
    answer = acl.util.ptr_to_bytes(host, 1)
    assert answer == bytes([7])
"""
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "error: thread main ended by AssertionError: *",
            "error: *: race: *; to mend: call acl.rt.synchronize_stream(stream-0.1) before test_early.py:12 *",
        ]
    )
