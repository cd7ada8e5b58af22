"""`__del__` of what lay in a program's own variables never ran under `aclsim exec`, where Python runs it at the end.

Programs in the wild release model, stream and device there (`class Net: def __del__`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exec.launch import execute, program

RELEASED = """\
import time
import acl

class Net:
    def __init__(self):
        acl.init()
        acl.rt.set_device(0)
        self.stream, _ = acl.rt.create_stream()

    def __del__(self):
        time.sleep(0.001)
        codes = acl.rt.destroy_stream(self.stream), acl.rt.reset_device(0), acl.finalize()
        print("released", codes, helper())

def helper():
    return "with its globals"

net = Net()
print("last line")
"""


@pytest.mark.parametrize("host", ["baton", "free"])
def test_what_lies_in_the_programs_variables_is_finalized_at_its_end(tmp_path: Path, host: str):
    ended = execute(tmp_path, "--host", host, program(tmp_path, RELEASED))
    assert ended.out == "last line\nreleased (0, 0, 0) with its globals\n"
    assert ended.code == 0


def test_a_finalizer_that_raises_is_shown_and_passed_over(tmp_path: Path):
    text = "import acl\nclass Net:\n    def __del__(self):\n        raise ValueError('gone')\nnet = Net()\n"
    ended = execute(tmp_path, program(tmp_path, text))
    assert "ValueError: gone" in ended.err
    assert ended.code == 0
