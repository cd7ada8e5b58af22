"""A function of pyACL that is not modelled was "no attribute of module 'acl_api.rt'", as if it were misspelt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from acl_api import mdl, rt
from tests.exec.launch import execute, program


@pytest.mark.parametrize(
    ("module", "name", "text"),
    [
        (rt, "ipc_mem_close", "module 'acl.rt' has no attribute 'ipc_mem_close': aclsim does not model it"),
        (mdl, "get_op_attr", "module 'acl.mdl' has no attribute 'get_op_attr': aclsim does not model it"),
    ],
    ids=str,
)
def test_a_name_that_is_missing_says_so(module: object, name: str, text: str):
    assert not hasattr(module, name)
    assert getattr(module, name, None) is None
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(module, name)


def test_a_program_that_needs_such_a_name_has_failed_and_not_aclsim(tmp_path: Path):
    ended = execute(
        tmp_path, program(tmp_path, "import acl\nassert not hasattr(acl, 'op')\nacl.op.create_attr()\n")
    )
    assert ended.code == 1
    assert "module 'acl' has no attribute 'op': aclsim does not model it" in ended.err
    assert ended.closing.startswith("aclsim: failed: prog.py ended with code 1")
