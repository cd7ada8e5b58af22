"""A host function that raised ended its callback thread, and every later one of the context hung."""

from __future__ import annotations

import pytest

from acl_api.bind import by_name
from tests.conformance.machine import ONE_OF_EACH, Machine, c, rt


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_after_a_host_function_that_raised_the_next_one_runs_and_the_failure_is_a_finding(soc):
    m = Machine(soc)
    with m.session:
        m.open()
        stream = m.stream()
        got: list[object] = []

        def raises(_data):
            raise ValueError("no such row")

        assert c.aclrtLaunchHostFunc(stream, raises, None) == 0
        assert c.aclrtLaunchHostFunc(stream, got.append, "second") == 0
        assert rt.synchronize_stream(stream) == 0
        assert got == ["second"]
        assert m.findings() == ["host-function-raised"]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_after_finalize_and_init_host_functions_get_a_thread_again(soc):
    """Finalising closed the hidden queue, and later host functions were posted into it and lost."""
    m = Machine(soc)
    with m.session:
        m.open()
        got: list[object] = []
        stream = m.stream()
        assert c.aclrtLaunchHostFunc(stream, got.append, "before") == 0
        assert rt.synchronize_stream(stream) == 0
        assert by_name("acl.finalize")() == 0
        assert by_name("acl.init")() == 0
        fresh, code = rt.create_stream()
        assert code == 0
        assert c.aclrtLaunchHostFunc(fresh, got.append, "after") == 0
        assert rt.synchronize_stream(fresh) == 0
        assert got == ["before", "after"]
