"""A function of pyACL that is not modelled was "no attribute of module 'acl_api.rt'", as if it were misspelt.

Now all are there; what is misspelt still raises, and says what was meant.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from acl_api import mdl, rt
from tests.exec.launch import execute, program


@pytest.mark.parametrize(
    ("module", "name", "text"),
    [
        (rt, "creat_stream", "module 'acl.rt' has no attribute 'creat_stream': did you mean create_stream?"),
        (mdl, "malloc", "module 'acl.mdl' has no attribute 'malloc': did you mean acl.rt.malloc?"),
        (
            rt,
            "frobnicate",
            "module 'acl.rt' has no attribute 'frobnicate'; 'aclsim api acl.rt' lists what it has",
        ),
    ],
    ids=str,
)
def test_a_name_that_there_is_not_says_so(module: object, name: str, text: str):
    assert not hasattr(module, name)
    assert getattr(module, name, None) is None
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(module, name)


def test_a_program_that_needs_such_a_name_has_failed_and_not_aclsim(tmp_path: Path):
    ended = execute(
        tmp_path, program(tmp_path, "import acl\nassert not hasattr(acl, 'ops')\nacl.ops.create_attr()\n")
    )
    assert ended.code == 1
    assert "module 'acl' has no attribute 'ops': did you mean op?" in ended.err
    assert ended.closing.startswith("aclsim: failed: prog.py ended with code 1")
