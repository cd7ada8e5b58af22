"""A small int went through the parser as it was, also where text was wanted: load_from_file(5) ran."""

from __future__ import annotations

import pytest

from simulator.core.models import ModelSpec
from tests.conformance.machine import Machine, c, mdl


def test_an_int_is_no_path_however_small():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        m.session.declare_model(ModelSpec("5", latency_ns=1))
        with pytest.raises(TypeError, match="args parse failed"):
            mdl.load_from_file(5)


def test_a_null_path_of_c_is_a_code_and_no_exception():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        assert c.aclmdlLoadFromFile(None) == (0, 100000)
        assert c.aclInit(None) == 0
