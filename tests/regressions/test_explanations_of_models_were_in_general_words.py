"""Two calls that inference programs make got no useful answer when they failed.

`load_from_mem` did not say where side files are looked for; asking for `ascend_mbatch_shape_data`, as programs do to
find out about gears, was explained as "an argument failed the check of the ACL layer".
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

import acl_api as acl
from simulator.core.models import ModelSpec
from tests.conformance.machine import Machine, mdl

util: Any = import_module("acl_api.util")


@pytest.fixture
def net():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        m.session.declare_model(ModelSpec("net", latency_ns=1))
        desc = mdl.create_desc()
        assert mdl.get_desc(desc, mdl.load_from_file("net.om")[0]) == 0
        yield desc


@pytest.mark.usefixtures("net")
def test_content_that_no_side_file_describes_names_the_folders_and_the_variable():
    content = b"nobody's model"
    assert mdl.load_from_mem(util.bytes_to_ptr(content), len(content)) == (0, 145006)
    text = acl.get_recent_err_msg()
    assert "the folders of ACLSIM_MODELS, the working directory and the program's folder" in text
    assert "name its folder in ACLSIM_MODELS" in text


def test_a_model_without_gears_is_no_mistake_of_the_program(net: int):
    assert mdl.get_input_index_by_name(net, "ascend_mbatch_shape_data") == (0, 100000)
    text = acl.get_recent_err_msg()
    assert "the model has no input ascend_mbatch_shape_data: it has no gears" in text
    assert "may go on" in text


def test_a_misspelled_name_is_told_with_the_call_that_lists_names(net: int):
    assert mdl.get_output_index_by_name(net, "clases") == (0, 100000)
    text = acl.get_recent_err_msg()
    assert 'no output named "clases". acl.mdl.get_output_name_by_index tells the names.' in text
