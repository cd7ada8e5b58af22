"""Datasets, data buffers and model ids that are no such thing gave a code but no finding (rule 0.3)."""

from __future__ import annotations

import pytest

import acl_api as acl
from tests.conformance.machine import FORGED, NULL, Machine, mdl

CALLS = {
    "destroy_data_buffer": lambda: acl.destroy_data_buffer(FORGED),
    "destroy_dataset": lambda: mdl.destroy_dataset(FORGED),
    "add_dataset_buffer": lambda: mdl.add_dataset_buffer(FORGED, FORGED)[1],
    "unload": lambda: mdl.unload(FORGED),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_forged_number_is_noted(call):
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        assert call() in (100000, 145003)
        assert m.findings() == ["forged-handle"]


def test_null_is_a_code_and_no_finding():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        assert acl.destroy_data_buffer(NULL) == 100000
        assert mdl.add_dataset_buffer(NULL, NULL) == (0, 100000)
        assert m.findings() == []
