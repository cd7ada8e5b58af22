"""A thread of acl.util.start_thread kept its function and argument for good.

The function is mostly a method (`self._process_callback`), so that `del net` released nothing: `__del__` never ran.
"""

from __future__ import annotations

import gc
import weakref

from acl_api import rt, util
from tests.conformance.machine import Machine


class Net:
    """What a program passes to a thread: its own method, and an object."""

    def poll(self, _argument: object) -> None:
        rt.process_report(10)


def test_a_thread_that_has_ended_keeps_neither_its_function_nor_its_argument():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        net, argument = Net(), Net()
        kept = [weakref.ref(net), weakref.ref(argument)]
        ident, _ = util.start_thread(net.poll, argument)
        assert util.stop_thread(ident) == 0
        del net, argument
        gc.collect()
        assert [ref() for ref in kept] == [None, None]
